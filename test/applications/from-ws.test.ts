// examples/from-ws: the server with `ws` and its port to wsimd do the same for the same client.
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Application, end, hostOf } from "../support/applications.js";
import { killPrograms } from "../support/program.js";
import { Inbox } from "../support/ws-inbox.js";

let application: Application;

beforeAll(async () => {
  application = await Application.build("from-ws");
});
afterEach(killPrograms);
afterAll(() => application.remove());

async function json(inbox: Inbox): Promise<unknown> {
  return JSON.parse(String(await inbox.next()));
}

test.each(["with-ws.js", "with-wsimd.js"])(
  "%s shares its list, refuses strangers and ends well",
  async (file) => {
    const program = application.node(file);
    const host = await hostOf(program);
    for (const [target, status] of [
      ["/list", "401"],
      ["/list?token=water", "401"],
      ["/elsewhere?token=milk", "404"],
    ] as const) {
      const [error]: unknown[] = await once(new WebSocket(`ws://${host}${target}`), "error");
      expect(String(error)).toContain(status);
    }
    expect((await fetch(`http://${host}/list`)).status).toBe(426);

    const ada = await Inbox.open(`ws://${host}/list?token=milk`);
    expect(await json(ada)).toEqual({ items: [] });
    ada.socket.send('{"add":"bread"}');
    const bread = { id: 1, name: "bread", by: "Ada", done: false };
    expect(await json(ada)).toEqual({ changed: bread });

    const bob = await Inbox.open(`ws://${host}/list?token=honey`);
    expect(await json(bob)).toEqual({ items: [bread] });
    bob.socket.send('{"tick":1}');
    for (const each of [ada, bob]) expect(await json(each)).toEqual({ changed: { ...bread, done: true } });
    bob.socket.send('{"tick":2}');
    expect(await json(bob)).toEqual({ error: "no such item" });
    bob.socket.send("nonsense");
    expect(await json(bob)).toEqual({ error: expect.stringContaining("JSON") });

    bob.socket.send(Uint8Array.of(1));
    expect(await bob.closed).toBe(1003);
    const eve = await Inbox.open(`ws://${host}/list?token=honey`);
    eve.socket.send(JSON.stringify({ add: "x".repeat(5000) }));
    expect(await eve.closed).toBe(1009);

    expect(await end(program)).toEqual({ code: 0, signal: null });
    expect(await ada.closed).toBe(1001);
    expect(program.stdout).toContain("Ada came from 127.0.0.1\n");
    expect(program.stdout).toContain("Bob left with 1003\n");
    expect(program.stdout).toContain("Ada left with 1001\n");
  },
);
