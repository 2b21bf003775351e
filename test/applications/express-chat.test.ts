// examples/express-chat: login by session cookie, rooms, history, refusals, and the page in a browser.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Application, end, hostOf } from "../support/applications.js";
import { launchChromium } from "../support/chromium.js";
import { killPrograms, type Program } from "../support/program.js";
import { silentConnection } from "../support/silent-connection.js";
import { Inbox } from "../support/ws-inbox.js";

let application: Application;

beforeAll(async () => {
  application = await Application.build("express-chat");
});
afterEach(killPrograms);
afterAll(() => application.remove());

async function start(
  env: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; host: string }> {
  const program = application.node("main.js", env);
  return { program, host: await hostOf(program) };
}

/** Logs in. @returns the cookie @throws Error with the status of a refusal */
async function login(host: string, name: string, password: string): Promise<string> {
  const answer = await fetch(`http://${host}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

async function join(host: string, room: string, cookie: string, origin = `http://${host}`): Promise<Inbox> {
  return await Inbox.open(`ws://${host}/chat?room=${room}`, { origin, headers: { Cookie: cookie } });
}

interface Line {
  name: string;
  text?: string;
  event?: string;
}

/** What the next message says, without its times. */
async function lines(inbox: Inbox): Promise<string[]> {
  const list: Line[] = JSON.parse(String(await inbox.next()));
  return list.map(({ name, text, event }) => `${name} ${text ?? event}`);
}

test("rooms, their history, and a logout", async () => {
  const { program, host } = await start();
  await expect(login(host, "Ada", "coffee")).rejects.toThrow("401");
  await expect(login(host, "no name", "tea")).rejects.toThrow("401");
  const [ada, bob] = [await login(host, "Ada", "tea"), await login(host, "Bob", "tea")];

  const first = await join(host, "tea", ada);
  expect([await lines(first), await lines(first)]).toEqual([[], ["Ada joined"]]);
  first.socket.send("grüß dich");
  expect(await lines(first)).toEqual(["Ada grüß dich"]);
  const elsewhere = await join(host, "coffee", bob);
  expect([await lines(elsewhere), await lines(elsewhere)]).toEqual([[], ["Bob joined"]]);
  const second = await join(host, "tea", bob);
  expect([await lines(second), await lines(second)]).toEqual([["Ada grüß dich"], ["Bob joined"]]);
  expect(await lines(first)).toEqual(["Bob joined"]);
  second.socket.send("hello");
  expect([await lines(first), await lines(second)]).toEqual([["Bob hello"], ["Bob hello"]]);

  const logout = await fetch(`http://${host}/logout`, { method: "POST", headers: { Cookie: bob } });
  expect(logout.status).toBe(204);
  expect([await second.closed, await elsewhere.closed]).toEqual([4001, 4001]);
  expect(await lines(first)).toEqual(["Bob left"]);
  await expect(join(host, "tea", bob)).rejects.toThrow("401");
  first.socket.send(Uint8Array.of(1));
  expect(await first.closed).toBe(1003);

  await silentConnection(Number(host.split(":")[1]));
  const again = await join(host, "tea", ada);
  expect(await lines(again)).toEqual(["Ada grüß dich", "Bob hello"]);
  expect(await end(program)).toEqual({ code: 0, signal: null });
  expect(await again.closed).toBe(1001);
});

/** Holds back the first session that is read from the store until one has been destroyed. */
const HELD_SESSION = `import session from "express-session";
const { get, destroy } = session.MemoryStore.prototype;
let release;
session.MemoryStore.prototype.get = function (id, done) {
  get.call(this, id, (...found) => {
    if (release !== undefined) return done(...found);
    release = () => done(...found);
    console.log("held");
  });
};
session.MemoryStore.prototype.destroy = function (id, done) {
  destroy.call(this, id, (error) => {
    done(error);
    release?.();
  });
};
`;

test("a logout during a handshake closes its connection, and nothing of it is said", async () => {
  const preload = path.join(application.folder, "held-session.mjs");
  writeFileSync(preload, HELD_SESSION);
  const { program, host } = await start({ NODE_OPTIONS: `--import=${pathToFileURL(preload)}` });
  const [ada, bob] = [await login(host, "Ada", "tea"), await login(host, "Bob", "tea")];
  const late = join(host, "tea", bob);
  await program.shows(/^held$/m);
  const logout = await fetch(`http://${host}/logout`, { method: "POST", headers: { Cookie: bob } });
  expect(logout.status).toBe(204);
  const opened = await late;
  opened.socket.send("still here?");
  expect(await opened.closed).toBe(4001);
  const first = await join(host, "tea", ada);
  expect([await lines(first), await lines(first)]).toEqual([[], ["Ada joined"]]);
  expect(await end(program)).toEqual({ code: 0, signal: null });
});

test("strangers and other sites are refused, and logged", async () => {
  const { program, host } = await start();
  const cookie = await login(host, "Ada", "tea");
  await expect(join(host, "tea", "chat=s%3Aguessed.signature")).rejects.toThrow("401");
  await expect(join(host, "tea", cookie, "http://evil.example")).rejects.toThrow("403");
  await expect(join(host, "cellar", cookie)).rejects.toThrow("400");
  await expect(Inbox.open(`ws://${host}/elsewhere`)).rejects.toThrow("404");
  // Tools send no Origin: the page has one.
  await expect(Inbox.open(`ws://${host}/chat?room=tea`, { headers: { Cookie: cookie } })).rejects.toThrow(
    "403",
  );
  await end(program);
  const refusals = program.stderr
    .split("\n")
    .map((line) => /^refused (\S+) from 127.0.0.1 .*: (\d+)/.exec(line));
  expect(refusals.flatMap((found) => (found === null ? [] : [`${found[2]} ${found[1]}`]))).toEqual([
    "401 /chat?room=tea",
    "403 /chat?room=tea",
    "400 /chat?room=cellar",
    "404 /elsewhere",
    "403 /chat?room=tea",
  ]);
});

test("the page logs in, and shows what is said", async () => {
  const { program, host } = await start();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://${host}/`);
    await page.fill("[name=name]", "Ada");
    await page.fill("[name=password]", "tea");
    await page.click("text=Log in");
    await page.getByText("* Ada joined").waitFor();
    await page.fill("[name=text]", "hello from the page");
    await page.press("[name=text]", "Enter");
    await page.getByText("Ada: hello from the page").waitFor();
    await page.click("text=Log out");
    await page.getByText("Log in").waitFor();
  } finally {
    await browser.close();
  }
  expect(await end(program)).toEqual({ code: 0, signal: null });
});
