// A server of your own: the codec and the opening handshake over node:net, with no adapter between them. It echoes. A real one
// needs time-outs as well. Run: node examples/handshake/main.js; the environment variable PORT chooses the port.
import { createServer } from "node:net";
import { Connection } from "wsimd";
import { buildAccept, buildRefusal, checkUpgrade, HeadParser } from "wsimd/handshake";

const port = Number(process.env.PORT ?? 8080);
const server = createServer((socket) => {
  const parser = new HeadParser("request");
  const connection = new Connection({ role: "server" });
  let receive = handshake;
  socket.on("data", (chunk) => receive(chunk));
  socket.on("drain", () => socket.resume()); // a client that does not read its answers had to wait
  socket.on("error", (error) => console.error(error.message));

  /** @param {Uint8Array} chunk */
  function handshake(chunk) {
    const result = parser.push(chunk);
    if (result.type === "more") return;
    const request = result.type === "head" ? checkUpgrade(result.head) : result;
    if (request.type === "upgrade") socket.write(buildAccept(request));
    else socket.end(buildRefusal(request, Date.now()));
    receive = request.type === "upgrade" ? messages : () => {};
    if (result.type === "head") receive(result.rest);
  }

  /** @param {Uint8Array} chunk */
  function messages(chunk) {
    for (const event of connection.receive(chunk)) {
      if (event.type === "text") connection.sendText(event.text);
      if (event.type === "binary") connection.sendBinary(event.payload);
    }
    for (const bytes of connection.takeOutput()) if (!socket.write(bytes)) socket.pause();
    if (connection.closeExpected) socket.end();
  }
});
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object") console.log(`listening on ws://127.0.0.1:${address?.port}`);
});
