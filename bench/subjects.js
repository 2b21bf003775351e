// The servers that the benchmark measures: how each is started and named.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AGAIN } from "./noise.js";

export const START_TIMEOUT_MS = 10_000;
const NODE = [process.execPath, "--expose-gc"];

/**
 * A server to measure.
 * @typedef {object} Subject
 * @property {string} name - short, without spaces
 * @property {string} label - for people
 * @property {string[] | undefined} command - undefined if it is not installed
 * @property {Record<string, string>} [env]
 * @property {readonly import("./cells.js").Cell["kind"][]} [kinds] - the only payloads that it is for
 */

/** @param {string} path - from here */
export function file(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

/** @type {Subject[]} */
export const SUBJECTS = [
  { name: "wsimd", label: "wsimd", command: [...NODE, file("servers/wsimd.js")] },
  {
    name: "wsimd-borrow",
    label: "wsimd, borrowed payloads",
    command: [...NODE, file("servers/wsimd.js")],
    env: { BENCH_BORROW: "1" },
    kinds: ["binary"],
  },
  {
    name: "wsimd-utf8",
    label: "wsimd, text as bytes",
    command: [...NODE, file("servers/wsimd.js")],
    env: { BENCH_UTF8: "1" },
    kinds: ["text", "mixed"],
  },
  {
    name: "wsimd-data",
    label: "wsimd, 'data' events",
    command: [...NODE, file("servers/wsimd.js")],
    env: { WSIMD_INTERNALS: "off" },
  },
  {
    name: "wsimd-js",
    label: "wsimd, JavaScript kernel",
    command: [...NODE, file("servers/wsimd.js")],
    env: { WSIMD_KERNEL: "js" },
  },
  { name: "ws", label: "ws + bufferutil", command: [...NODE, file("servers/ws.js")] },
  {
    name: "ws-js",
    label: "ws, JavaScript only",
    command: [...NODE, file("servers/ws.js")],
    env: { WS_NO_BUFFER_UTIL: "1" },
  },
  { name: "faye", label: "faye-websocket", command: [...NODE, file("servers/faye.js")] },
  { name: "wsimd-bun", label: "wsimd on Bun", command: bunCommand("wsimd-bun") },
  { name: "bun", label: "Bun.serve", command: bunCommand("bun") },
  { name: "wsimd-deno", label: "wsimd on Deno", command: denoCommand("wsimd-deno") },
  { name: "deno", label: "Deno.upgradeWebSocket", command: denoCommand("deno") },
  { name: "uws", label: "uWebSockets.js", command: uwsCommand() },
  { name: "net", label: "bare net.Socket", command: [...NODE, file("servers/net.js")] },
  { name: "floor", label: "no protocol", command: [...NODE, file("servers/floor.js")] },
];

/**
 * wsimd with some of its parts switched off, for the ablation, and once more as it is, for the noise floor. They are measured
 * where a section names them.
 * @type {Subject[]}
 */
export const VARIANTS = [
  variant("wsimd-again", "wsimd, once more", {}),
  { name: "wsimd-before", label: "wsimd, the other build", command: undefined },
  // In this process, for `deflate.js`.
  { name: "wsimd-fast", label: 'wsimd, effort "fast"', command: undefined },
  { name: "zlib", label: "zlib, level 6", command: undefined },
  { name: "plain", label: "no compression", command: undefined },
  variant("wsimd-scalar", "scalar kernel", { WSIMD_KERNEL: "scalar" }),
  variant("wsimd-flush", "one write a message", { BENCH_FLUSH: "1" }),
  variant("wsimd-data-flush", "public streams, one write a message", {
    WSIMD_INTERNALS: "off",
    BENCH_FLUSH: "1",
  }),
  variant("wsimd-none", "all three off", {
    WSIMD_KERNEL: "js",
    WSIMD_INTERNALS: "off",
    BENCH_FLUSH: "1",
  }),
];

/**
 * wsimd/ws in the place of `ws`: in the same program, and under Socket.IO. They are measured where a section names them.
 * @type {Subject[]}
 */
export const DROP_INS = [
  {
    name: "drop-in",
    label: "wsimd/ws",
    command: [...NODE, file("servers/ws.js")],
    env: { BENCH_DROP_IN: "port" },
  },
  {
    name: "drop-in-server",
    label: "wsimd/ws at an http.Server",
    command: [...NODE, file("servers/ws.js")],
    env: { BENCH_DROP_IN: "server" },
  },
  { name: "socketio-ws", label: "Socket.IO on ws", command: [...NODE, file("servers/socketio.js")] },
  {
    name: "socketio",
    label: "Socket.IO on wsimd/ws",
    command: [...NODE, file("servers/socketio.js")],
    env: { BENCH_DROP_IN: "server" },
  },
];

/** The same servers on other versions of Node. @type {Subject[]} */
export const ON_NODES = [24, 26].flatMap((major) =>
  ["wsimd", "ws"].map((server) => ({
    name: `${server}-node${major}`,
    label: `${server}, Node ${major}`,
    command: nodeCommand(major, server),
  })),
);

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, string>} env
 * @returns {Subject}
 */
function variant(name, label, env) {
  return { name, label, command: [...NODE, file("servers/wsimd.js")], env };
}

/** All of them, in the order in which they are shown. */
function every() {
  return [...SUBJECTS, ...DROP_INS, ...VARIANTS, ...ON_NODES];
}

/** @param {string} name */
export function subjectOf(name) {
  return every().find((each) => each.name === name);
}

/**
 * The subject's name for people.
 * @param {string} name
 */
export function labelOf(name) {
  return subjectOf(name)?.label ?? name;
}

/**
 * Those of the names that are shown, in the order of the lists above: the second server of the same program only tells the noise.
 * @param {readonly string[]} names
 */
export function listed(names) {
  return every()
    .map(({ name }) => name)
    .filter((name) => name !== AGAIN && names.includes(name));
}

/**
 * Those of the subjects that can run here, in the order of the lists above.
 * @param {readonly string[]} names
 */
export function installed(names) {
  return every()
    .filter(({ name, command }) => command !== undefined && names.includes(name))
    .map(({ name }) => name);
}

/** @param {string} server */
function bunCommand(server) {
  const binary = platformBinary("@oven", "bun", "bin/bun");
  return binary === undefined ? undefined : [binary, "--expose-gc", file(`servers/${server}.js`)];
}

/** It is not among the dependencies; see README.md. */
function uwsCommand() {
  const command = [...NODE, file("servers/uws.js")];
  if (!existsSync(file("node_modules/uwebsockets"))) return undefined;
  return loads([process.execPath, "-e", "require('uwebsockets')"]) ? command : undefined;
}

/**
 * @param {number} major
 * @param {string} server
 */
function nodeCommand(major, server) {
  const binary = nodeBinary(major);
  return binary === undefined ? undefined : [binary, "--expose-gc", file(`servers/${server}.js`)];
}

/**
 * The binary of another Node, if it is installed and runs here.
 * @param {number} major
 */
export function nodeBinary(major) {
  const binary = file(`../test/runtimes/node_modules/node-${major}/bin/node`);
  return existsSync(binary) && loads([binary, "--version"]) ? binary : undefined;
}

/** @param {string[]} command */
function loads([program = "", ...args]) {
  return spawnSync(program, args, { cwd: file("."), timeout: START_TIMEOUT_MS }).status === 0;
}

/** @param {string} server */
function denoCommand(server) {
  const binary = platformBinary("@deno", "", "deno");
  if (binary === undefined) return undefined;
  const args = ["run", "-A", "--quiet", "--no-lock", "--no-config", "--no-remote", "--v8-flags=--expose-gc"];
  return [binary, ...args, file(`servers/${server}.js`)];
}

/**
 * The binary in the package for this platform: the wrapper packages fetch or link it with install scripts, which don't run.
 * @param {string} scope
 * @param {string} prefix
 * @param {string} path
 */
function platformBinary(scope, prefix, path) {
  const folder = file(`node_modules/${scope}`);
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).sort()) {
    const binary = `${folder}/${name}/${path}`;
    if (!name.startsWith(prefix) || !existsSync(binary)) continue;
    if (loads([binary, "--version"])) return binary;
  }
  return undefined;
}

/**
 * The subject's version.
 * @param {string} name
 */
export function version(name) {
  const command = subjectOf(name)?.command;
  if (command?.[0] === undefined) return "not installed";
  const { stdout } = spawnSync(command[0], ["--version"], { encoding: "utf8", timeout: START_TIMEOUT_MS });
  return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? "unknown";
}
