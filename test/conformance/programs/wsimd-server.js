// This package's server, on the runtime that runs this. Stays as long as its standard input.
import process from "node:process";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
/** @type {typeof import("../../../dist/node/index.js")} */
const { serve } = await import(`../../../dist/${runtime}/index.js`);
const server = await serve(
  { host: "127.0.0.1", port: 0, backpressure: "queue", compression: true },
  {
    message(socket, data) {
      socket.send(data);
    },
    error() {
      // Clients that vanish are part of the test.
    },
  },
);
process.stdin.on("end", () => process.exit(0)).resume();
console.log(`listening ${server.port}`);
