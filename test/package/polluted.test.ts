// What others put on `Object.prototype` is no option, no handler and nothing else of wsimd's: in a process of its own each.
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { runtimeBinary } from "../support/runtimes.js";
import { runIn } from "../support/tarball.js";

const PROGRAM = fileURLToPath(new URL("programs/polluted.js", import.meta.url));
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Options of wsimd's, members of what it looks at, and options of what it calls. */
const KEYS = [
  ...[
    "borrow",
    "buffer",
    "error",
    "fd",
    "fetch",
    "get",
    "headers",
    "host",
    "kernel",
    "limits",
    "localAddress",
  ],
  ...[
    "lookup",
    "maxConnections",
    "maxMessageBytes",
    "message",
    "onread",
    "origins",
    "path",
    "fragments",
    "protocol",
  ],
  ...["set", "signal", "status", "then", "timeouts", "tls", "type", "value", "upgrade"],
];

/** Keys that break the runtime by itself, and when. */
interface Broken {
  /** Before wsimd is imported: the loader reads files with options that inherit. */
  readonly import: readonly string[];
  /** Before a server is made: the runtime accepts sockets with options that inherit, or describes properties so. */
  readonly serve: readonly string[];
  /** While it serves. */
  readonly run: readonly string[];
}

const DESCRIPTORS = ["get", "set", "value"];

const LOADER = ["buffer", "fd", "path", "signal"];
const STREAMS: Broken = { import: [...LOADER, ...DESCRIPTORS], serve: DESCRIPTORS, run: DESCRIPTORS };
const NODE: Broken = { import: LOADER, serve: ["signal"], run: [] };
const DENO: Broken = { import: ["fd", "signal"], serve: ["signal"], run: ["signal"] };
const BUN: Broken = { import: ["signal"], serve: [], run: [] };

const RUNTIMES = [
  { runtime: "Node", entry: "node", command: [process.execPath], broken: NODE },
  { runtime: "Node", entry: "streams", command: [process.execPath], broken: STREAMS },
  { runtime: "Node 26", entry: "node", command: [runtimeBinary("node-26")], broken: NODE },
  {
    runtime: "Deno",
    entry: "deno",
    command: [runtimeBinary("deno"), "run", "-A", "--quiet", "--no-config"],
    broken: DENO,
  },
  { runtime: "Bun", entry: "bun", command: [runtimeBinary("bun")], broken: BUN },
] as const;

afterEach(killPrograms);

describe.each(RUNTIMES)("wsimd/$entry on $runtime", ({ entry, command, broken }) => {
  const [binary, ...args] = command;

  test.each(["import", "serve", "run"] as const)("goes on as if it were not there: %s", async (moment) => {
    const keys = KEYS.filter((key) => !broken[moment].includes(key));
    const said = await runIn(FOLDER, binary, ...args, PROGRAM, entry, moment, ...keys);
    expect(said.trim()).toBe("ok");
  });
});
