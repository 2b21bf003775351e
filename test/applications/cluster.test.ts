// examples/cluster: several workers on one port, which are replaced while clients use them, without and with PM2.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Application, end } from "../support/applications.js";
import { freePort } from "../support/free-port.js";
import { killPrograms } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

const PM2 = fileURLToPath(new URL("node_modules/pm2/bin/", import.meta.url));

let application: Application;

beforeAll(async () => {
  application = await Application.build("cluster");
});
afterEach(killPrograms);
afterAll(() => application.remove());

/** Connects, and tells which process serves. */
async function visit(port: number): Promise<{ inbox: Inbox; worker: number }> {
  const inbox = await Inbox.open(`ws://127.0.0.1:${port}/`);
  const [, worker] = /^served by (\d+)$/.exec(String(await inbox.next())) ?? [];
  return { inbox, worker: Number(worker) };
}

/** Visits again and again, and counts the visits that fail, until it is stopped. */
function visitAlways(port: number): () => Promise<{ visits: number; failures: unknown[] }> {
  const failures: unknown[] = [];
  let visits = 0;
  let stopped = false;
  const visiting = (async () => {
    while (!stopped) {
      try {
        const { inbox } = await visit(port);
        inbox.socket.close();
        await inbox.closed;
      } catch (error) {
        failures.push(error);
      }
      visits++;
    }
  })();
  return async () => {
    stopped = true;
    await visiting;
    return { visits, failures };
  };
}

test("workers share the port, a crashed one is replaced, a reload leaves no gap", async () => {
  const port = await freePort();
  const program = application.node("main.js", { PORT: String(port), WORKERS: "2" });
  await program.shows(/2 workers are ready\n/);
  const [first, second] = [await visit(port), await visit(port)];
  expect(first.worker).not.toBe(second.worker);
  first.inbox.socket.send("grüß dich");
  expect(await first.inbox.next()).toBe("grüß dich");

  process.kill(first.worker, "SIGKILL");
  expect(await first.inbox.closed).toBe(1006);
  await program.shows(/(?:listening on[\s\S]*){3}/);

  const stopVisits = visitAlways(port);
  const held = [await visit(port), await visit(port)];
  program.signal("SIGHUP");
  await program.shows(/reloaded\n/);
  const { visits, failures } = await stopVisits();
  expect(failures).toEqual([]);
  expect(visits).toBeGreaterThan(2);
  for (const { inbox } of [second, ...held]) expect(await inbox.closed).toBe(1012);

  const last = await visit(port);
  expect([second, ...held].map(({ worker }) => worker)).not.toContain(last.worker);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(await last.inbox.closed).toBe(1001);
}, 60_000);

test("PM2 runs the workers, and reloads them without a gap", async () => {
  const port = await freePort();
  const home = mkdtempSync(path.join(tmpdir(), "wsimd-pm2-"));
  // Its own watch over the machine is off.
  const env = { PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true", PORT: String(port), WORKERS: "2" };
  try {
    const program = application.run(process.execPath, [`${PM2}pm2-runtime`, "ecosystem.config.cjs"], env);
    await program.shows(/(?:listening on[\s\S]*){2}/);
    const [first, second] = [await visit(port), await visit(port)];
    expect(first.worker).not.toBe(second.worker);

    const stopVisits = visitAlways(port);
    const reload = application.run(process.execPath, [`${PM2}pm2`, "reload", "echo"], env);
    expect(await reload.exit, reload.stdout + reload.stderr).toEqual({ code: 0, signal: null });
    const { visits, failures } = await stopVisits();
    expect(failures).toEqual([]);
    expect(visits).toBeGreaterThan(2);
    for (const { inbox } of [first, second]) expect(await inbox.closed).toBe(1012);

    const last = await visit(port);
    expect([first.worker, second.worker]).not.toContain(last.worker);
    program.signal("SIGINT");
    await program.exit;
    expect(await last.inbox.closed).toBe(1012);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 60_000);
