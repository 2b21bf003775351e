// Serves once where the start is made hard, for `startup.test.ts`:
//
//     node startup.js blocked TURNS
//     node startup.js polluted-early|polluted NAME     before the import, or behind it
//     node startup.js denied
//
// Writes what came of it as JSON.
const [how, name = ""] = process.argv.slice(2);
/** @type {string[]} */
const strays = [];
process.on("uncaughtException", (error) => strays.push(String(error)));

if (how === "polluted-early") pollute();
const { connect, serve } = await import("../../../dist/node/index.js");
const { whatWorks } = await import("../../../dist/node/internals/index.js");
if (how === "polluted") pollute();

const outcomes = [];
if (how === "denied") {
  const places = [{}, { host: "127.0.0.1" }, { host: "localhost" }, { unix: "/nowhere" }];
  for (const place of places) outcomes.push(await codeOf(serve(place, {})));
  outcomes.push(await codeOf(connect("ws://127.0.0.1:1/")));
} else {
  const serving = serve({ host: "127.0.0.1" }, { message: (socket, data) => void socket.send(data) });
  if (how === "blocked") await blockTurns(Number(name));
  const server = await serving;
  outcomes.push(await echo(server.url));
  await server.close();
}
Reflect.deleteProperty(Object.prototype, name);
// Time for what is thrown late.
for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
console.log(JSON.stringify({ outcomes, strays, works: whatWorks() ?? null }));
process.exit();

function pollute() {
  const accessor = name === "get" || name === "set";
  Reflect.set(Object.prototype, name, accessor ? () => name : name);
}

/**
 * Takes all the time of that many turns of the event loop, each longer than any patience.
 *
 * @param {number} turns
 */
async function blockTurns(turns) {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < turns; i++) {
    Atomics.wait(nothing, 0, 0, 2_200);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** @param {Promise<unknown>} promise */
async function codeOf(promise) {
  return promise.then(
    () => "done",
    (error) => error.code ?? String(error),
  );
}

/**
 * @param {string} url
 * @returns {Promise<string | Uint8Array>} what came back
 */
function echo(url) {
  return new Promise((resolve, reject) => {
    /** @type {import("../../../dist/node/index.js").Handlers} */
    const handlers = {
      message(socket, data) {
        socket.terminate();
        resolve(data);
      },
    };
    connect(url, {}, handlers).then((socket) => socket.send("hello"), reject);
  });
}
