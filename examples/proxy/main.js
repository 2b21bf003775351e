// Connects each client to another server, at the pace of the slower one. Run: node examples/proxy/main.js [URL]
import { connect, serve } from "wsimd/node";

const port = Number(process.env.PORT ?? 8080);
const target = process.argv[2] ?? "ws://127.0.0.1:8081/";

/** @typedef {{ other?: import("wsimd/node").Socket<End> }} End */
/** @type {import("wsimd/node").Handlers<End>} */
const forwarding = {
  message(socket, data, type) {
    // The other side reads too slowly: read no more until `drain`, so that TCP makes the sender wait.
    if (socket.data.other?.send(data, { type }) === "buffered") socket.pause();
  },
  drain: ({ data }) => data.other?.resume(),
  close({ data: { other } }, { code, reason }) {
    if (code === 1005) other?.close();
    else if (code === 1006) other?.close(1014, "the other side broke off");
    else other?.close(code, reason);
  },
};

const server = await serve(
  { host: "127.0.0.1", port, textType: "bytes", data: () => /** @type {End} */ ({}) },
  {
    ...forwarding,
    async open(client) {
      client.pause();
      try {
        const data = () => ({ other: client });
        client.data.other = await connect(target, { textType: "bytes", data }, forwarding);
        if (client.state !== "open") client.data.other.close(1001);
      } catch {
        client.close(1014, "the server cannot be reached");
      }
      client.resume();
    },
  },
);
process.once("SIGTERM", () => server.close());
console.log(`listening on ${server.url}`);
