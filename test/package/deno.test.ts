// `wsimd/deno` as users run it: with no more permissions than it needs, and never a question for one.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";

afterEach(killPrograms);

/** Serves on a port, sends one message to itself and prints how both sides read and write. */
const CODE = `
import { Socket } from "node:net";
const paths = [];
let byStreams = 0;
const { _write } = Socket.prototype;
Socket.prototype._write = function (...args) {
  byStreams++;
  _write.apply(this, args);
};
const server = await serve({ host: "127.0.0.1", port: Number(Deno.args[0]) }, {
  message(socket, data) {
    paths.push(socketInternals(socket).readPath);
    socket.send(data);
  },
});
const socket = await connect(server.url, {}, {
  message(socket, data) {
    console.log(data instanceof Uint8Array && data.constructor === Uint8Array, ...data);
    socket.close();
  },
  async close() {
    await server.close();
    console.log(paths.join(), byStreams > 0 ? "by streams" : "below streams");
  },
});
byStreams = 0;
socket.send(Uint8Array.of(1, 2, 3));
`;

/** @param before - what is done before wsimd is loaded */
async function run(port: number, permission: string, before = ""): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "wsimd-deno-"));
  try {
    const file = join(folder, "main.js");
    // An import that stands in the code needs no permission to read.
    const module = mainFile().replace(/cli\/main\.js$/, "deno/index.js");
    const imports = `import ${JSON.stringify(`data:text/javascript,${encodeURIComponent(before)}`)};
import { connect, serve, socketInternals } from ${JSON.stringify(`file://${module}`)};`;
    writeFileSync(file, `${imports}\n${CODE}`);
    const args = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", permission];
    const program = new Program(runtimeBinary("deno"), [...args, file, String(port)]);
    const { code } = await program.exit;
    expect(code, program.stderr).toBe(0);
    return program.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

describe("wsimd/deno with the permission", () => {
  test("net reads into linear memory, and gives plain arrays", async () => {
    expect(await run(0, "--allow-net")).toBe("true 1 2 3\ndirect below streams\n");
  });

  test("net leaves it to streams on a Deno that has not, or not as it should, what is below them", async () => {
    const gone = await run(0, "--allow-net", "process.binding = undefined;");
    expect(gone).toBe("true 1 2 3\ndirect by streams\n");
    const wrong = `
      const { binding } = process;
      process.binding = (name) => ({ ...binding(name), streamBaseState: new Int32Array(5) });`;
    expect(await run(0, "--allow-net", wrong)).toBe("true 1 2 3\ndirect by streams\n");
  });

  test("net for its own port only reads the public way", async () => {
    const port = await freePort();
    expect(await run(port, `--allow-net=127.0.0.1:${port}`)).toBe("true 1 2 3\nstream by streams\n");
  });
});

test("wsimd/deno on another runtime says what it needs", async () => {
  const { serve } = await import("../../src/deno/index.js");
  await expect(serve({}, {})).rejects.toThrow("wsimd/deno needs Deno");
});
