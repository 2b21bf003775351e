// Serves in a way of its own on any runtime, for `listening.test.ts`:
//
//     RUNTIME listening.js node|deno|bun fd|unref|ref
//
// Writes its URL. With `fd` it goes on, with `unref` it ends by itself, with `ref` it says that it did not.
const [adapter, how] = process.argv.slice(2);
/** @type {typeof import("../../../dist/node/index.js")} */
const { serve } = await import(`../../../dist/${adapter}/index.js`);
const place = how === "fd" ? { fd: 3 } : { host: "127.0.0.1" };
const server = await serve(place, { message: (socket, data) => void socket.send(data) });
console.log(server.url);
if (how === "unref") server.unref();
if (how === "ref") {
  server.unref();
  server.ref();
  // Nothing else keeps the process alive until then.
  setTimeout(async () => {
    console.log("alive");
    await server.close();
  }, 50).unref();
}
