// Serving where the start is made hard: the trial of Node's internals must find what there is to be found, or fail in silence.
import { afterEach, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { NODES, runtimeBinary } from "../support/runtimes.js";

const PROGRAM = new URL("programs/startup.js", import.meta.url).pathname;
const ALL_WORKS = { reads: true, writes: true, handles: true };

afterEach(killPrograms);

async function start(node: string, ...args: readonly string[]): Promise<unknown> {
  mainFile();
  const program = new Program(node, [...args]);
  const [json] = await program.shows(/^{.*}$/m);
  await program.exit;
  return JSON.parse(json);
}

const ECHOED = { outcomes: ["hello"], strays: [], works: ALL_WORKS };

test.each(NODES)(
  "on Node %s, a start-up whose first turns take seconds finds all that works",
  async (_, node) => {
    expect(await start(node, PROGRAM, "blocked", "3")).toEqual(ECHOED);
  },
);

test.each(["get", "set"])("Object.prototype.%s set before the import changes nothing", async (name) => {
  expect(await start(process.execPath, PROGRAM, "polluted-early", name)).toEqual(ECHOED);
});

test.each(["get", "set", "value", "writable", "path", "host", "exclusive", "address"])(
  "Object.prototype.%s set before the start changes nothing",
  async (name) => {
    expect(await start(process.execPath, PROGRAM, "polluted", name)).toEqual(ECHOED);
  },
);

test("without the permission to use the network, serve and connect reject, and nothing is thrown elsewhere", async () => {
  const permissions = ["--permission", "--allow-fs-read=*"];
  expect(await start(runtimeBinary("node-26"), ...permissions, PROGRAM, "denied")).toEqual({
    outcomes: Array.from({ length: 5 }, () => "ERR_ACCESS_DENIED"),
    strays: [],
    works: { reads: false, writes: false, handles: false },
  });
});
