// The codec without sockets: a client and a server in one process, joined by a loop instead of a network. A Connection begins
// after the opening handshake; examples/handshake has that, too. Run: node examples/bare-codec/main.js
import { Connection } from "wsimd";

const client = new Connection({ role: "client" });
const server = new Connection({ role: "server", limits: { maxMessageBytes: 64 * 1024 } });

/** Moves the output of each side to the other, until neither has any left. */
function exchange() {
  for (let moved = true; moved; ) {
    moved = false;
    for (const bytes of client.takeOutput()) {
      moved = true;
      for (const event of server.receive(bytes)) {
        if (event.type === "text") server.sendText(event.text.toUpperCase());
        if (event.type === "binary") server.sendBinary(event.payload);
        if (event.type === "close") console.log(`server: closed with ${event.code}`);
      }
    }
    for (const bytes of server.takeOutput()) {
      moved = true;
      for (const event of client.receive(bytes)) {
        if (event.type === "text") console.log(`client: ${event.text}`);
        if (event.type === "binary") console.log(`client: ${event.payload.length} bytes`);
        if (event.type === "close") console.log(`client: closed with ${event.code}`);
      }
    }
  }
}

client.sendText("hello");
client.sendFragment("in ", false);
client.sendFragment("parts", true);
client.sendBinary(new Uint8Array(1000));
exchange();
client.close(1000);
exchange();
