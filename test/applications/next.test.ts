// examples/next: WebSockets next to a Next.js app, in development with Next's own, and in production.
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Application, end, hostOf } from "../support/applications.js";
import { killPrograms, type Program } from "../support/program.js";
import { runIn } from "../support/tarball.js";
import { Inbox } from "../support/ws-inbox.js";

const NEXT = fileURLToPath(new URL("node_modules/next/dist/bin/next", import.meta.url));
const ENV = { NEXT_TELEMETRY_DISABLED: "1" };

let application: Application;

beforeAll(async () => {
  application = await Application.copy("next");
  await application.compile("server");
});
afterEach(killPrograms);
afterAll(() => application.remove());

/** Visits the page and its WebSocket twice. */
async function use(program: Program): Promise<{ host: string; inboxes: Inbox[] }> {
  const host = await hostOf(program);
  const page = await fetch(`http://${host}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("connecting…");
  const origin = `http://${host}`;
  const ada = await Inbox.open(`ws://${host}/live`, { origin });
  expect(await ada.next()).toBe('{"visitors":1}');
  const bob = await Inbox.open(`ws://${host}/live`, { origin });
  for (const inbox of [ada, bob]) expect(await inbox.next()).toBe('{"visitors":2}');
  ada.socket.send("hello");
  expect(await bob.next()).toBe("hello");
  await expect(Inbox.open(`ws://${host}/live`, { origin: "http://evil.example" })).rejects.toThrow("403");
  return { host, inboxes: [ada, bob] };
}

test("in development, Next's WebSocket for reloading pages goes on working", async () => {
  const program = application.node("main.js", ENV, "--dev");
  const { host, inboxes } = await use(program);
  const reloads = await Inbox.open(`ws://${host}/_next/hmr?id=test`, { origin: `http://${host}` });
  expect(String(await reloads.next())).toContain("type");
  expect(await end(program)).toEqual({ code: 0, signal: null });
  for (const { closed } of inboxes) expect(await closed).toBe(1001);
}, 90_000);

test("in production", async () => {
  await runIn(application.folder, "env", "NEXT_TELEMETRY_DISABLED=1", process.execPath, NEXT, "build");
  const program = application.node("main.js", { ...ENV, NODE_ENV: "production" });
  const { inboxes } = await use(program);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  for (const { closed } of inboxes) expect(await closed).toBe(1001);
}, 90_000);
