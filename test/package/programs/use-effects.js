// Makes a server or a client and shows, as JSON, what that began in the process, for `process-effects.test.ts`:
//
//     node use-effects.js serve|attach|upgrade|connect auto|off|default
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { createServer } from "node:http";
import net from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { attach, connect, createServer as createWebSocketServer, serve } from "wsimd/node";

const [what, choice] = process.argv.slice(2);
/** @type {import("wsimd/node").InternalsOptions} */
const options = choice === "auto" || choice === "off" ? { internals: choice } : {};
let listened = 0;
let largest = 0;
const { listen } = net.Server.prototype;
net.Server.prototype.listen = function (/** @type {any[]} */ ...args) {
  listened++;
  return Reflect.apply(listen, this, args);
};
const { allocUnsafeSlow } = Buffer;
Buffer.allocUnsafeSlow = (size) => {
  largest = Math.max(largest, size);
  return allocUnsafeSlow(size);
};

const echo = { message: (/** @type {any} */ socket, /** @type {any} */ data) => void socket.send(data) };
const [url, close] = await started();
const ours = what === "connect" ? options : { internals: /** @type {const} */ ("off") };
const answer = await new Promise((resolve, reject) => {
  connect(url, ours, {
    message(socket, data) {
      resolve(data);
      socket.close();
    },
  }).then((socket) => socket.send("hello"), reject);
});
await close();
// A trial may still be under way that nothing waited for.
for (let i = 0; i < 10_000 && left().length > 0; i++) await turn();
console.log(JSON.stringify({ answer, trials: listened - 1, largest, left: left() }));

/** What keeps the process alive, besides its output and this program's turns. */
function left() {
  return process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|Immediate)/.test(name));
}

/** @returns {Promise<[url: string, close: () => Promise<unknown>]>} */
async function started() {
  if (what === "serve" || what === "connect") {
    const server = await serve(
      { host: "127.0.0.1", ...(what === "serve" ? options : { internals: "off" }) },
      echo,
    );
    return [server.url, () => server.close()];
  }
  const http = createServer();
  if (what === "attach") attach(http, options, echo);
  else {
    const sockets = createWebSocketServer(options, echo);
    http.on("upgrade", (request, socket, head) => sockets.upgrade(request, socket, head));
  }
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return [`ws://127.0.0.1:${port}`, () => new Promise((resolve) => http.close(resolve))];
}
