// WebSockets over streams in memory: one connection with sockets, and one with pipes only.
import { CodecStreams, connect, createServer } from "wsimd/streams";

const there = new TransformStream();
const back = new TransformStream();
const server = createServer({}, { message: (socket, data) => socket.send(`${data}, too`) });
server.accept({ readable: there.readable, writable: back.writable }, { remoteAddress: "the next room" });

await new Promise((resolve) => {
  /** @type {import("wsimd/streams").Handlers} */
  const handlers = {
    open: (socket) => socket.send("hello"),
    message(socket, data) {
      console.log(`a socket: ${data}`);
      socket.close(1000);
    },
    close: resolve,
  };
  connect({ readable: back.readable, writable: there.writable }, "ws://next.room/", {}, handlers);
});

const client = new CodecStreams({ role: "client" });
const shout = new CodecStreams({ role: "server" });
const upperCase = new TransformStream({
  transform(event, controller) {
    if (event.type === "text") controller.enqueue(event.text.toUpperCase());
  },
});
client.encoder.readable
  .pipeThrough(shout.decoder)
  .pipeThrough(upperCase)
  .pipeThrough(shout.encoder)
  .pipeTo(client.decoder.writable);
const writer = client.encoder.writable.getWriter();
writer.write("through pipes");
const events = client.decoder.readable.getReader();
for (let next = await events.read(); !next.done; next = await events.read()) {
  console.log(`a pipe: ${JSON.stringify(next.value)}`);
  if (next.value.type === "text") writer.close();
}
