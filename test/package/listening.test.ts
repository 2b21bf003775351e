// What a server that owns its port has to do with its process, on each runtime.
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connect } from "../../src/node/index.js";
import { killPrograms, mainFile, Program, type ProgramOptions } from "../support/program.js";
import { DENO_ARGS, NODES, runtimeBinary } from "../support/runtimes.js";

const PROGRAM = new URL("programs/listening.js", import.meta.url).pathname;
const RUNTIMES = [
  ...NODES.map(([name, binary]) => [`Node ${name}`, "node", [binary]] as const),
  ["Deno", "deno", [runtimeBinary("deno"), ...DENO_ARGS]],
  ["Bun", "bun", [runtimeBinary("bun")]],
] as const;

afterEach(killPrograms);

function start(adapter: string, command: readonly string[], how: string, options?: ProgramOptions): Program {
  mainFile();
  const [file = "", ...args] = command;
  return new Program(file, [...args, PROGRAM, adapter, how], options);
}

describe.each(RUNTIMES)("on %s", (_, adapter, command) => {
  test("a server listens on a descriptor that its parent opened", async () => {
    const parent = createServer();
    parent.listen(0, "127.0.0.1");
    await once(parent, "listening");
    const address = parent.address();
    const fd: unknown = Reflect.get(Reflect.get(parent, "_handle"), "fd");
    if (typeof fd !== "number" || address === null || typeof address === "string") throw new Error("no TCP");
    const program = start(adapter, command, "fd", { fd });
    await program.shows(new RegExp(`^ws://127.0.0.1:${address.port}$`, "m"));
    // The child alone accepts from now on.
    parent.close();
    const answer = await new Promise((resolve, reject) => {
      const message = (_socket: unknown, data: unknown) => resolve(data);
      connect(`ws://127.0.0.1:${address.port}/`, {}, { message }).then(
        (socket) => socket.send("hello"),
        reject,
      );
    });
    expect(answer).toBe("hello");
  });

  test("unref() lets the process end, and ref() keeps it", async () => {
    const gone = start(adapter, command, "unref");
    expect(await gone.exit).toEqual({ code: 0, signal: null });
    expect(gone.stderr).toBe("");
    const kept = start(adapter, command, "ref");
    await kept.shows(/alive/);
    expect(await kept.exit).toEqual({ code: 0, signal: null });
  });
});

test("a descriptor that does not listen makes serve reject", async () => {
  const program = start("node", [process.execPath], "fd");
  expect((await program.exit).code).not.toBe(0);
});
