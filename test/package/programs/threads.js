// A process whose threads serve, for `threads.test.ts`:
//
//     node threads.js '{"adapter": "node", "threads": 2, "reusePort": true}'
//
// It opens a connection for each thread, and writes as JSON which thread answered, and how it reads.
import { once } from "node:events";
import process from "node:process";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** @type {import("./threads-plan.js").Plan & { port?: number, name?: string }} */
const plan = isMainThread ? JSON.parse(process.argv[2] ?? "") : workerData;
const { adapter, threads, reusePort, port = 0, name = "main" } = plan;
/** @type {typeof import("../../../dist/node/index.js")} */
const { connect, serve, socketInternals } = await import(`../../../dist/${adapter}/index.js`);

const server = await serve(
  { host: "127.0.0.1", port, ...(reusePort && { reusePort }) },
  {
    async message(socket) {
      // The next connection to this port gets another thread.
      await server.stopAccepting();
      socket.send(`${name} ${socketInternals(socket).readPath}`);
    },
  },
);
if (isMainThread) await lead();
else parentPort?.postMessage(server.url);

async function lead() {
  const urls = [server.url];
  for (let i = 1; i <= threads; i++) {
    const data = { ...plan, name: `thread ${i}`, port: reusePort ? server.port : 0 };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    const [url] = await once(worker, "message");
    urls.push(url);
  }
  const answers = [];
  for (const url of urls) answers.push(await ask(url));
  console.log(JSON.stringify(answers.sort()));
  process.exit();
}

/** @param {string} url */
function ask(url) {
  return new Promise((resolve, reject) => {
    const message = (/** @type {unknown} */ _, /** @type {unknown} */ text) => resolve(text);
    connect(url, {}, { message }).then((socket) => socket.send("who are you?"), reject);
  });
}
