// wsimd conforms, and the tool that says so sees what does not.
import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import { Deflater, type Direction, Inflater } from "../../conformance/deflate.js";
import { clientTarget, Program as Started, stopPrograms } from "../../conformance/program.js";
import type { Outcome } from "../../conformance/report.js";
import { type Result, RULES, runSuite } from "../../conformance/suite.js";
import { ServerTarget } from "../../conformance/target.js";
import { SUBJECTS } from "../conformance/subjects.js";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { ROOT } from "../support/root.js";

const TOOL = `${ROOT}test/conformance/run.js`;
const CARELESS_PROGRAMS = `${ROOT}conformance/careless/`;
/** So long that nothing is late on a busy machine. A conforming subject never makes the judge wait for it. */
const PATIENT = { answer: 20_000, hesitation: 20_000, timeout: 30_000 };
/** What is careless answers at once, or never. */
const HASTY = { answer: 500, hesitation: 100, timeout: 500 };
const LONG_MS = 120_000;

// Not after each: tests run side by side here.
afterAll(async () => {
  await killPrograms();
  await stopPrograms();
});

function broken(results: readonly Result[]): string[] {
  return results.filter(({ verdict }) => verdict === "breaks").map(({ title }) => title);
}

function kept(results: readonly Result[]): string[] {
  return results.filter(({ verdict }) => verdict === "conforms").map(({ title }) => title);
}

async function ended(...args: string[]): Promise<Program> {
  const program = new Program(process.execPath, [TOOL, ...args]);
  await program.exit;
  return program;
}

describe("wsimd conforms to every rule", () => {
  const ours = SUBJECTS.filter(({ name }) => name.startsWith("wsimd, Node"));

  test.concurrent.each(ours)("$name, $role", { timeout: LONG_MS }, async (subject) => {
    mainFile();
    const { target, stop } = await subject.start();
    const results = await runSuite(target, { patience: PATIENT });
    await stop();
    expect(results.filter(({ verdict }) => verdict !== "conforms")).toEqual([]);
    const { role } = subject;
    expect(results.length).toBe(RULES.filter((rule) => (rule.role ?? role) === role).length);
  });
});

/** What neither a server nor a client that checks nothing keeps. */
const CARELESS = [
  "RSV1, RSV2 or RSV3 set without an extension",
  "RSV bits of a continuation and of control frames",
  "reserved opcodes 3-7 and B-F",
  "a frame that is masked for a client, or not for a server",
  "a continuation with no message open",
  "a new message inside of an open one",
  "a control frame over 125 bytes",
  "a control frame without FIN",
  "text that is not UTF-8",
  "text in parts that is not UTF-8",
  "text fails at its first bad byte, before the message ends",
  "a Close with a body of 1 byte",
  "a Close with a code that must not be on the wire",
  "a Close whose reason is not UTF-8",
  "RSV bits where the extension gives them no meaning",
  "data that is not DEFLATE",
  "compressed text that is not UTF-8",
];
/** What neither of them keeps, and may. */
const CARELESS_DIFFERENCES = [
  "a message that ends inside of a block",
  "compressed text fails at its first bad byte, before the message ends",
  "a message of few bytes that inflates to 256 MiB",
];

describe("the tool", () => {
  test.concurrent("sees what a careless server breaks", { timeout: LONG_MS }, async () => {
    const server = new Started([process.execPath, `${CARELESS_PROGRAMS}server.js`]);
    const url = new URL(`ws://127.0.0.1:${await server.port()}/`);
    const results = await runSuite(new ServerTarget(url), { patience: HASTY });
    const handshake = [
      "a method other than GET is answered 405 with Allow",
      "HTTP/1.0 is answered 400",
      "no Host, two Hosts: 400",
      "a request line that is malformed: 400",
      "white space before a colon: 400",
      "no websocket in Upgrade: 426 with Upgrade",
      "no upgrade in Connection: 426 with Upgrade",
      "a key that is missing, twice there, or not 16 bytes in base64: 400",
      "a version that is missing or not exactly 13: 426 with Sec-WebSocket-Version",
      "Sec-WebSocket-Extensions that is malformed: 400",
      "server_no_context_takeover is confirmed",
      "server_max_window_bits is confirmed, and not raised",
      "an offer with an invalid parameter is declined",
      "behind an offer that it must decline, the next one is accepted",
    ];
    expect(broken(results)).toEqual(expect.arrayContaining([...handshake, ...CARELESS]));
    expect(kept(results).filter((title) => CARELESS_DIFFERENCES.includes(title))).toEqual([]);

    const args = ["--rule", "reserved opcodes", "--json"];
    const program = await ended(url.href, ...args);
    expect(await program.exit).toEqual({ code: 1, signal: null });
    const outcomes: Outcome[] = JSON.parse(program.stdout);
    expect(outcomes.map((each) => broken(each.results))).toEqual([["reserved opcodes 3-7 and B-F"]]);
  });

  test.concurrent("sees what a careless client breaks", { timeout: LONG_MS }, async () => {
    const command = `${process.execPath} ${CARELESS_PROGRAMS}client.js`;
    const { target, stop } = clientTarget(command.split(" "));
    const results = await runSuite(target, { patience: HASTY });
    await stop();
    const handshake = [
      "each request has a key of its own",
      "each frame has a masking key of its own",
      "a status other than 101 opens nothing",
      "an answer without the right Upgrade fails",
      "an answer without upgrade in Connection fails",
      "an answer without the right Sec-WebSocket-Accept fails",
      "an extension that was not asked for fails",
      "a subprotocol that was not asked for fails",
      "what is no HTTP/1.1 fails",
      "an answer with an invalid parameter fails",
    ];
    expect(broken(results)).toEqual(expect.arrayContaining([...handshake, ...CARELESS]));
    expect(kept(results).filter((title) => CARELESS_DIFFERENCES.includes(title))).toEqual([]);

    const program = await ended("--client", `${command} {url}`, "--rule", "each request has a key");
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.stdout).toContain("✗  each request has a key of its own (4.1)");
  });

  test("sees messages that refer to more than was agreed on", () => {
    const wide = { bits: 15, fresh: false };
    const far = randomBytes(700);
    const deflater = new Deflater(wide);
    const [once, again] = [deflater.message(far), deflater.message(far)];
    const read = (direction: Direction, ...payloads: Uint8Array[]) => {
      const inflater = new Inflater(direction);
      return payloads.map((payload) => inflater.message(payload)?.equals(far) ?? false);
    };
    expect(read(wide, once, again)).toEqual([true, true]);
    expect(read({ bits: 15, fresh: true }, once, again)).toEqual([true, false]);
    expect(read({ bits: 9, fresh: false }, once, again)).toEqual([true, false]);
    const twice = new Inflater({ bits: 9, fresh: false });
    expect(twice.message(new Deflater(wide).message(Buffer.concat([far, far])))).toBeUndefined();
  });

  test.concurrent.each([
    ["http://localhost/", "is not a ws: URL"],
    ["nonsense", "Invalid URL"],
    ["--nonsense", "Unknown option"],
    ["--only=nonsense", "nothing has"],
    ["--rule=nonsense", "no rule has"],
  ])("says what is wrong with %s", { timeout: LONG_MS }, async (argument, words) => {
    const program = await ended(argument);
    expect(await program.exit).toEqual({ code: 2, signal: null });
    expect(program.stderr).toContain(words);
  });
});
