// The servers and clients that `npm run conformance` compares: programs that echo.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { clientTarget, Program } from "../../conformance/program.js";
import { ServerTarget } from "../../conformance/target.js";

/** @typedef {import("../../conformance/command.js").Subject} Subject */

/** @param {string} path */
const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const runtimes = file("../runtimes/node_modules");
const node = process.execPath;
const node22 = `${runtimes}/node-22/bin/node`;
const bun = `${runtimes}/bun/bin/bun`;
const deno = [`${runtimes}/deno/deno`, "run", "-A", "--quiet", "--no-lock", "--no-config", "--no-remote"];
/** Debian's, which has its packages. */
const python = "/usr/bin/python3";
const QUIET = { DENO_NO_UPDATE_CHECK: "1" };
const program = (/** @type {string} */ name) => file(`programs/${name}`);

/** @type {readonly Subject[]} */
export const SUBJECTS = [
  server("wsimd, Node", true, [node, program("wsimd-server.js")], { WSIMD_INTERNALS: "on" }),
  server("wsimd, Node, 'data' events", true, [node, program("wsimd-server.js")], { WSIMD_INTERNALS: "off" }),
  server("wsimd, Deno", true, [...deno, program("wsimd-server.js")]),
  server("wsimd, Bun", true, [bun, program("wsimd-server.js")]),
  server("ws", false, [node, program("ws-server.js")]),
  server("Bun.serve", false, [bun, program("bun-server.js")]),
  server("Deno.upgradeWebSocket", false, [...deno, program("deno-server.js")]),
  server("Python websockets", false, [python, program("server.py")]),
  client("wsimd, Node", true, [node, program("wsimd-client.js")]),
  client("wsimd, Deno", true, [...deno, program("wsimd-client.js")]),
  client("wsimd, Bun", true, [bun, program("wsimd-client.js")]),
  client("ws", false, [node, program("ws-client.js")]),
  client("Node WebSocket", false, [node22, program("web-client.js")]),
  client("Bun WebSocket", false, [bun, program("web-client.js")]),
  client("Deno WebSocket", false, [...deno, program("web-client.js")]),
  client("Python websockets", false, [python, program("client.py")]),
];

/**
 * @param {string} name
 * @param {boolean} ours
 * @param {readonly string[]} command
 * @param {Record<string, string>} [env]
 * @returns {Subject}
 */
function server(name, ours, command, env = {}) {
  const start = async () => {
    const running = new Program(command, { ...QUIET, ...env });
    const url = new URL(`ws://127.0.0.1:${await running.port()}/`);
    return { target: new ServerTarget(url), stop: () => running.stop() };
  };
  return { name, role: "server", judged: ours, version: () => versionOf(name, ours, command), start };
}

/**
 * @param {string} name
 * @param {boolean} ours
 * @param {readonly string[]} command
 * @returns {Subject}
 */
function client(name, ours, command) {
  const start = async () => clientTarget(command, QUIET);
  return { name, role: "client", judged: ours, version: () => versionOf(name, ours, command), start };
}

/**
 * The version of a program, or undefined if it is not installed.
 * @param {string} name
 * @param {boolean} ours
 * @param {readonly string[]} command
 */
function versionOf(name, ours, command) {
  const [binary = ""] = command;
  if (!existsSync(binary) || (ours && !existsSync(file(`../../dist/${runtimeOf(binary)}/index.js`))))
    return undefined;
  if (name.startsWith("Python"))
    return printed(binary, "-c", "import websockets; print(websockets.__version__)");
  const version = printed(binary, "--version");
  if (ours) return version;
  return name === "ws" ? printed(node, "-p", "require('ws/package.json').version") : version;
}

/** @param {string} binary */
function runtimeOf(binary) {
  return binary === node ? "node" : binary === bun ? "bun" : "deno";
}

/**
 * @param {string} binary
 * @param {string[]} args
 */
function printed(binary, ...args) {
  const { stdout, status } = spawnSync(binary, args, { encoding: "utf8", timeout: 10_000, cwd: file(".") });
  return status === 0 ? /\d+\.\d+(?:\.\d+)?/.exec(stdout)?.[0] : undefined;
}
