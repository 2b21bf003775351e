// A cluster of workers that serve, for `cluster.test.ts`:
//
//     node cluster.js '{"workers": 2, "policy": "rr", "options": {}, "clients": 0}'
//
// The primary waits until all serve, opens that many connections one after the other, keeps them, and writes what it saw as JSON. Each
// connection gets an answer to a message: how the worker reads.
import cluster from "node:cluster";
import { once } from "node:events";
import { connect, serve, socketInternals } from "../../../dist/node/index.js";
import { tryInternals } from "../../../dist/node/internals/index.js";

/** @typedef {import("node:cluster").Worker} Worker */

/** @type {import("./cluster-plan.js").Plan} */
const plan = JSON.parse(process.argv[2] ?? "");
const { worker } = cluster;
if (worker === undefined) await lead();
else await work(worker);

async function lead() {
  cluster.schedulingPolicy = plan.policy === "none" ? cluster.SCHED_NONE : cluster.SCHED_RR;
  /** @type {{ worker: number, port: number }[]} */
  const heard = [];
  cluster.on("listening", ({ id }, { port }) => heard.push({ worker: id, port }));
  // One that cannot serve has said why.
  cluster.once("exit", () => process.exit(1));
  const workers = Array.from({ length: plan.workers }, () => cluster.fork());
  const ready = await Promise.all(workers.map(message));
  const outcomes = [];
  for (let i = 0; i < (plan.clients ?? 0); i++) outcomes.push(await dial(ready[0].url));
  const sizes = Promise.all(workers.map(message));
  for (const each of workers) each.send("how many?");
  console.log(JSON.stringify({ heard, ready, outcomes, sizes: await sizes }));
  for (const each of workers) each.process.kill();
  process.exit();
}

/** @param {Worker} from */
async function message(from) {
  const [content] = await once(from, "message");
  return content;
}

/** @param {string} url */
async function dial(url) {
  try {
    const options = plan.ca === undefined ? {} : { tls: { ca: plan.ca } };
    return await new Promise((resolve, reject) => {
      const message = (/** @type {unknown} */ _, /** @type {unknown} */ text) => resolve(text);
      connect(url, options, { message }).then((socket) => socket.send("how do you read?"), reject);
    });
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
}

/** @param {Worker} self */
async function work(self) {
  const maxConnections = plan.maxConnections?.[self.id - 1];
  const server = await serve(
    { host: "127.0.0.1", ...plan.options, ...(maxConnections && { maxConnections }) },
    {
      async message(socket) {
        if (plan.oneEach) await server.stopAccepting();
        socket.send(socketInternals(socket).readPath);
      },
    },
  );
  self.on("message", () => self.send(server.connections.size));
  self.send({ url: server.url.replace("127.0.0.1", "localhost"), works: await tryInternals() });
}
