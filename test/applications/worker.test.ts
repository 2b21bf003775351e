// examples/worker: a Worker between clients and a server, run by workerd with the modules of the tarball.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { Application } from "../support/applications.js";
import { certificate } from "../support/certificate.js";
import { killPrograms } from "../support/program.js";
import { packageModules, serveWorker, workerdEntry } from "../support/workerd.js";
import { Inbox } from "../support/ws-inbox.js";

afterEach(killPrograms);

/** A server that wants a token, and echoes. */
async function upstream(): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    verifyClient: ({ req }, answer) => answer(req.headers.authorization === "Bearer secret", 401),
  });
  server.on("connection", (client) => {
    client.on("message", (data, isBinary) => client.send(data, { binary: isBinary }));
  });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `ws://127.0.0.1:${address.port}/`, server };
}

test("it joins clients to the server, asks for others, and says what is wrong", async () => {
  const application = await Application.build("worker");
  onTestFinished(() => application.remove());
  const entry = { name: "worker.js", bytes: readFileSync(path.join(application.folder, "dist/main.js")) };
  const dist = path.join(application.folder, "../node_modules/wsimd/dist/");
  const modules = [entry, ...packageModules(dist, "dist"), workerdEntry("dist")];
  const start = async (variables: Record<string, string>): Promise<string> => {
    const { port } = await serveWorker(
      application.folder,
      "2025-06-01",
      modules,
      certificate().cert,
      variables,
    );
    return `127.0.0.1:${port}`;
  };
  const { url, server } = await upstream();

  const host = await start({ UPSTREAM: url, TOKEN: "secret" });
  expect((await fetch(`http://${host}/`)).status).toBe(426);
  const asked = await fetch(`http://${host}/`, { method: "POST", body: "hello" });
  expect([asked.status, await asked.text()]).toEqual([200, "hello"]);
  const inbox = await Inbox.open(`ws://${host}/`);
  inbox.socket.send("grüß dich");
  expect(await inbox.next()).toBe("grüß dich");
  inbox.socket.send(Uint8Array.of(1, 2, 3));
  expect(await inbox.next()).toEqual(Buffer.of(1, 2, 3));
  for (const client of server.clients) client.close(4001, "enough");
  expect(await inbox.closed).toBe(4001);

  const joined = once(server, "connection");
  const second = await Inbox.open(`ws://${host}/`);
  const [far] = await joined;
  const left = once(far, "close");
  second.socket.close(4002);
  expect(await left).toEqual([1000, Buffer.of()]);

  const stranger = await start({ UPSTREAM: url, TOKEN: "guessed" });
  const refused = await fetch(`http://${stranger}/`, { method: "POST", body: "hello" });
  expect([refused.status, await refused.text()]).toEqual([502, expect.stringContaining("401")]);
});
