// The results of a run: what is recorded, and the file that holds it.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";
import { median } from "./statistics.js";
import { version } from "./subjects.js";

/**
 * One number, taken several times.
 * @typedef {{ section: string, cell: string, subject: string, metric: string, rounds: number[], median: number }} Measurement
 * @typedef {{ section: string, cell: string, subject: string, error: string }} Failure
 * @typedef {{ name: string, size: number, subject: string, nsPerCall: number }} Row
 * @typedef {{ date: string, load: number[], busy: number, pinned: boolean, quick: boolean }} Circumstances
 * @typedef {{ cpu: string, processors: number, memoryGiB: number, platform: string, release: string }} Machine
 */
/**
 * All that a file of results holds.
 * @typedef {object} Results
 * @property {string} name
 * @property {Machine} machine
 * @property {Record<string, string>} versions
 * @property {Record<string, Circumstances>} sections - when and how each part was run
 * @property {Measurement[]} measurements
 * @property {Record<string, Row[]>} tables
 * @property {Failure[]} failures
 */

export const FOLDER = new URL("results/", import.meta.url);

export function defaultName() {
  const [major] = process.versions.node.split(".");
  return `${process.platform}-${process.arch}-node${major}`;
}

/**
 * @param {Results} results
 * @param {string} section
 * @param {string} cell
 * @param {string} subject
 * @param {string} metric
 * @param {number} value
 */
export function record(results, section, cell, subject, metric, value) {
  let found = results.measurements.find(
    (each) => each.cell === cell && each.subject === subject && each.metric === metric,
  );
  if (found === undefined) {
    found = { section, cell, subject, metric, rounds: [], median: 0 };
    results.measurements.push(found);
  }
  found.rounds.push(Number(value.toPrecision(5)));
  found.median = median(found.rounds);
}

/**
 * Drops what an earlier run found.
 * @param {Results} results
 * @param {string} section
 */
export function forget(results, section) {
  results.measurements = results.measurements.filter((each) => each.section !== section);
  results.failures = results.failures.filter((each) => each.section !== section);
}

/** @param {string} name */
export function read(name) {
  const file = new URL(`${name}.json`, FOLDER);
  /** @type {Results | undefined} */
  const found = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  return found;
}

/**
 * The results that are there under that name, if they are of this machine and these versions, else empty ones.
 * @param {string} name
 * @returns {Results}
 */
export function earlier(name) {
  const machine = {
    cpu: os.cpus()[0]?.model ?? "unknown",
    processors: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    release: os.release(),
  };
  const versions = {
    wsimd: `${packageVersion("../package.json")} (build ${buildHash()})`,
    node: process.versions.node,
    v8: process.versions.v8,
    ws: packageVersion("node_modules/ws/package.json"),
    "socket.io": packageVersion("node_modules/socket.io/package.json"),
    bufferutil: packageVersion("node_modules/bufferutil/package.json"),
    "faye-websocket": packageVersion("node_modules/faye-websocket/package.json"),
    uwebsockets: packageVersion("node_modules/uwebsockets/package.json"),
    bun: version("bun"),
    deno: version("deno"),
  };
  /** @type {Results} */
  const empty = { name, machine, versions, sections: {}, measurements: [], tables: {}, failures: [] };
  const found = read(name);
  const same = (/** @type {Results} */ results) => JSON.stringify([results.machine, results.versions]);
  return found !== undefined && same(found) === same(empty) ? found : empty;
}

/** @param {string} path */
function packageVersion(path) {
  const file = new URL(path, import.meta.url);
  return existsSync(file) ? String(JSON.parse(readFileSync(file, "utf8")).version) : "not installed";
}

/** Names the measured build, so that results of the same build can be compared. */
function buildHash() {
  const folder = new URL("../dist/", import.meta.url);
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.endsWith(".js")) hash.update(name).update(readFileSync(new URL(name, folder)));
  }
  return hash.digest("hex").slice(0, 8);
}
