// Clients on Deno with no more than a hosted platform grants: the network, or one address of it, and nothing else.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ListeningServer, serve } from "../../src/node/index.js";
import { certificate } from "../support/certificate.js";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";

const DIST = new URL("../", `file://${mainFile()}`).href;

/** Denied as well if a whole folder of the machine were granted: `--deny-…` wins. */
const NOTHING_ELSE = ["env", "read", "write", "sys", "run", "ffi"].map((name) => `--deny-${name}`);

let server: ListeningServer;
let secure: ListeningServer;
const { cert, key } = certificate();

beforeAll(async () => {
  const handlers = {
    message: (socket: { send(data: string | Uint8Array): unknown }, data: string | Uint8Array) =>
      void socket.send(data),
  };
  server = await serve({ host: "127.0.0.1" }, handlers);
  secure = await serve({ host: "127.0.0.1", tls: { cert, key } }, handlers);
});

afterEach(killPrograms);
afterAll(() => Promise.all([server.close(), secure.close()]));

async function run(code: string, port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "wsimd-deploy-"));
  try {
    const file = join(folder, "main.js");
    writeFileSync(file, code);
    const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote"];
    const net = `--allow-net=127.0.0.1:${port},localhost:${port}`;
    const program = new Program(runtimeBinary("deno"), ["run", ...flags, net, ...NOTHING_ELSE, file]);
    expect(await program.exit, program.stderr).toEqual({ code: 0, signal: null });
    expect(program.stderr).toBe("");
    return program.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Sends two messages, and prints what comes back. */
const TALK = `
const got = [];
const handlers = {
  message(socket, data) {
    got.push(typeof data === "string" ? data.length : [...data]);
    if (got.length === 2) socket.close(1000);
  },
  close(_, { code }) {
    console.log(JSON.stringify(got), code);
  },
};
function talk(socket) {
  socket.send("x".repeat(70000));
  socket.send(Uint8Array.of(1, 2, 3));
}
`;
const TOLD = "[70000,[1,2,3]] 1000\n";

describe("on Deno with the permission net alone", () => {
  test.each(["ws", "wss"])("connect of wsimd/deno works, %s:", async (scheme) => {
    const { port } = scheme === "ws" ? server : secure;
    const code = `import { connect } from "${DIST}deno/index.js";
      ${TALK}
      const options = { tls: { ca: ${JSON.stringify(cert)} } };
      talk(await connect("${scheme}://localhost:${port}/", options, handlers));`;
    expect(await run(code, port)).toBe(TOLD);
  });

  test("connect of wsimd/streams works over Deno.connect, without node:net", async () => {
    const { port } = server;
    const code = `import { connect } from "${DIST}streams/index.js";
      ${TALK}
      const streams = await Deno.connect({ hostname: "localhost", port: ${port} });
      talk(await connect(streams, "ws://localhost:${port}/", {}, handlers));`;
    expect(await run(code, port)).toBe(TOLD);
  });
});
