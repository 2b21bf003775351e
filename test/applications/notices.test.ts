// examples/deno and examples/bun: pages, plain requests and WebSockets on one port, run by these runtimes.
import { once } from "node:events";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { Application, end, hostOf } from "../support/applications.js";
import { killPrograms, type Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { runIn } from "../support/tarball.js";
import { Inbox } from "../support/ws-inbox.js";

afterEach(killPrograms);

async function copy(name: string): Promise<Application> {
  const application = await Application.copy(name);
  onTestFinished(() => application.remove());
  return application;
}

/** Uses the program as its README says. */
async function use(program: Program): Promise<void> {
  const host = await hostOf(program);
  const page = await fetch(`http://${host}/`);
  expect(page.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(await page.text()).toContain("new WebSocket");
  const post = async (body: string): Promise<unknown> => {
    const answer = await fetch(`http://${host}/notices`, { method: "POST", body });
    return answer.ok ? await answer.json() : answer.status;
  };
  expect(await post("tea is ready")).toEqual({ receivers: 0 });
  const origin = `http://${host}`;
  const [ada, bob] = [
    await Inbox.open(`ws://${host}/live`),
    await Inbox.open(`ws://${host}/live`, { origin }),
  ];
  for (const inbox of [ada, bob]) expect(await inbox.next()).toBe("tea is ready");
  expect(await post("so is coffee")).toEqual({ receivers: 2 });
  for (const inbox of [ada, bob]) expect(await inbox.next()).toBe("so is coffee");
  expect(await post("x".repeat(1_001))).toBe(413);
  expect(await (await fetch(`http://${host}/health`)).json()).toEqual({ connections: 2 });
  expect((await fetch(`http://${host}/live`)).status).toBe(404);

  for (const [target, from, status] of [
    ["/", origin, "404"],
    ["/live", "http://evil.example", "403"],
  ] as const) {
    const [error]: unknown[] = await once(new WebSocket(`ws://${host}${target}`, { origin: from }), "error");
    expect(String(error)).toContain(status);
  }
  bob.socket.send("not asked");
  expect(await bob.closed).toBe(1009);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(await ada.closed).toBe(1012);
  expect(program.stderr).toBe("");
}

test("deno: its types hold, and it needs the permissions of the README", async () => {
  const application = await copy("deno");
  const deno = runtimeBinary("deno");
  const offline = ["--quiet", "--no-remote", "--no-lock"];
  await runIn(application.folder, deno, "check", ...offline, "main.ts");
  const permissions = ["--no-prompt", "--allow-net", "--allow-env"];
  await use(application.run(deno, ["run", ...offline, ...permissions, "main.ts"]));
});

test("bun: its types hold, and it does the same", async () => {
  const application = await copy("bun");
  await application.compile();
  await use(application.run(runtimeBinary("bun"), ["main.ts"]));
});
