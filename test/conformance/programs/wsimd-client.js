// This package's client, on the runtime that runs this: echoes, and connects again when its connection ends.
import process from "node:process";

const runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
/** @type {typeof import("../../../dist/node/index.js")} */
const { connect } = await import(`../../../dist/${runtime}/index.js`);
const url = process.argv[2] ?? "";
process.stdin.on("end", () => process.exit(0)).resume();

for (;;) {
  await new Promise((resolve) => {
    const handlers = {
      message: (
        /** @type {import("../../../dist/node/index.js").Socket} */ socket,
        /** @type {string | Uint8Array} */ data,
      ) => {
        socket.send(data);
      },
      close: () => resolve(undefined),
      error() {},
    };
    connect(url, { backpressure: "queue", compression: true }, handlers).catch(resolve);
  });
}
