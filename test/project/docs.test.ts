// The tables of the documentation are those of the code, and the tests that it names are there.
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RULES } from "../../conformance/suite.js";
import { FAILURES } from "../../src/index.js";
import {
  type CloseEvent,
  connect,
  DEFAULT_SERVER_LIMITS,
  DEFAULT_TIMEOUTS,
  type HandshakeErrorCode,
  type Socket,
  serve,
} from "../../src/node/index.js";
import { INTRODUCTION } from "../conformance/introduction.js";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";
import { DIFFERENCES } from "../ws/differences.js";
import { namedTests, notRun } from "./named-tests.js";

function read(file: string): string {
  return readFileSync(`${ROOT}${file}`, "utf8");
}

/** Every code: the type checker sees to that. */
const HANDSHAKE_CODES: Readonly<Record<HandshakeErrorCode, true>> = {
  UNEXPECTED_STATUS: true,
  INVALID_UPGRADE: true,
  INVALID_CONNECTION: true,
  INVALID_ACCEPT: true,
  UNREQUESTED_EXTENSION: true,
  UNREQUESTED_SUBPROTOCOL: true,
  MALFORMED_RESPONSE: true,
  CONNECTION_ENDED: true,
  TIMEOUT: true,
  INVALID_REDIRECT: true,
  PROXY_REFUSED: true,
  PROXY_MALFORMED_RESPONSE: true,
  PROXY_CONNECTION_ENDED: true,
};

describe("the tables", () => {
  test("of failures are the catalogue", () => {
    const rows = tableRows(read("docs/errors.md"), "Failures");
    expect(rows.map(([code, closeCode, section]) => [code, closeCode, section])).toEqual(
      Object.entries(FAILURES).map(([code, { closeCode, section }]) => [code, String(closeCode), section]),
    );
  });

  test("of handshake errors are all there are", () => {
    const rows = tableRows(read("docs/errors.md"), "Handshake errors");
    expect(rows.map(([code]) => code).sort()).toEqual(Object.keys(HANDSHAKE_CODES).sort());
  });

  test("of reports from the field name threads, and tests that are run", async () => {
    const page = read("docs/evidence.md");
    const rows = tableRows(page, "Reports from the field");
    expect(rows.length).toBeGreaterThan(10);
    for (const [reports = "", , tests = ""] of rows) {
      for (const [report] of reports.matchAll(/\[.+?\]/g)) expect(page).toContain(`\n${report}: https://`);
      expect(namedTests(tests).length, tests).toBeGreaterThan(0);
    }
    expect(await notRun(rows.flatMap(([, , tests = ""]) => namedTests(tests)))).toEqual([]);
  });

  test("of differences from ws are those that tests show", () => {
    const rows = tableRows(read("docs/moving-from-ws.md"), "What is different");
    const shown = Object.values(DIFFERENCES).map(({ ws, wsimd, reason }) =>
      [ws, wsimd, reason].map((cell) => cell.replaceAll("`", "")),
    );
    expect(rows).toEqual(shown);
  });

  test("of conformance have every rule, and no departure of wsimd's", () => {
    const page = read("docs/conformance.md");
    expect(page.startsWith(INTRODUCTION)).toBe(true);
    for (const [heading, role] of [
      ["Servers", "server"],
      ["Clients", "client"],
    ] as const) {
      const rules = RULES.filter((rule) => (rule.role ?? role) === role);
      const titles = tableRows(page, heading).map(([, title]) => title?.replaceAll("\\_", "_"));
      expect(titles).toEqual(rules.map(({ title }) => title));
    }
    expect(page).not.toMatch(/^### .*: wsimd/m);
  });

  test.each([
    ["Limits", DEFAULT_SERVER_LIMITS],
    ["Timeouts", DEFAULT_TIMEOUTS],
  ])("of %s are the defaults", (heading, defaults) => {
    const rows = tableRows(read("docs/limits.md"), heading);
    const documented = rows.map(([name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))]);
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });
});

/** A handler `close`, and a promise of the event that it gets. */
function closing(): { promise: Promise<CloseEvent>; close: (socket: Socket, event: CloseEvent) => void } {
  const over = new EventEmitter();
  const promise = once(over, "close").then(([event]: CloseEvent[]) => {
    if (event === undefined) throw new Error("an event without a value");
    return event;
  });
  return { promise, close: (_, event) => over.emit("close", event) };
}

/** Servers that fail the connection of a client that sends a message of two fragments. */
const FAILING: Readonly<Record<string, { options: object; handlers: object }>> = {
  maxBackpressureBytes: {
    options: { limits: { maxBackpressureBytes: 1000 } },
    handlers: {
      message(socket: Socket) {
        while (socket.send(new Uint8Array(10_000)) !== "dropped");
      },
    },
  },
  "a handler threw": {
    options: {},
    handlers: {
      message() {
        throw new Error("as the page says");
      },
      error() {},
    },
  },
  maxMessageBytes: { options: { limits: { maxMessageBytes: 1 } }, handlers: {} },
  maxFragments: { options: { limits: { maxFragments: 1 } }, handlers: {} },
};

describe("the table of failures on both sides", () => {
  const rows = tableRows(read("docs/errors.md"), "A failure on both sides");

  test("has the failures of this test, and then the time-outs", () => {
    const [timeouts = "", ...failures] = rows.map(([why = ""]) => why).reverse();
    expect(failures.reverse()).toEqual(Object.keys(FAILING));
    for (const name of timeouts.split(", ")) expect(DEFAULT_TIMEOUTS).toHaveProperty(name);
  });

  test.each(rows.slice(0, -1))(
    "%s: %s here, %s, %s at the peer",
    async (why = "", here = "", reason = "", peer = "") => {
      const { options, handlers } = FAILING[why] ?? { options: {}, handlers: {} };
      const { promise: server, close: serverClose } = closing();
      const { promise: client, close } = closing();
      const listening = await serve({ host: "127.0.0.1", ...options }, { ...handlers, close: serverClose });
      const socket = await connect(listening.url, {}, { close });
      socket.sendFragment("a", false);
      socket.sendFragment("b", true);
      const [, code] = /^failure\.code is (\w+)$/.exec(reason) ?? [];
      expect(code).toBeDefined();
      expect(await server).toMatchObject({ code: Number(here), failure: { code }, wasClean: false });
      expect(await client).toMatchObject({ code: Number.parseInt(peer, 10), wasClean: true });
      await listening.close();
    },
  );
});
