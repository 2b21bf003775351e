// Inputs that are kept: `test/fuzz/corpus/*.hex`, bytes in hex with comments behind `#`. Names begin with the target,
// unless that is frames.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { hex, toHex } from "../support/hex.js";
import { isTarget, type TargetName } from "./target.js";

export const CORPUS = "test/fuzz/corpus";

export interface CorpusFile {
  readonly name: string;
  readonly target: TargetName;
  readonly input: Uint8Array;
}

/** @param root - of the repository */
export function readCorpus(root: string): CorpusFile[] {
  const folder = path.join(root, CORPUS);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".hex"))
    .sort()
    .map((name) => ({
      name,
      target: targetOf(name),
      input: parseCorpusFile(readFileSync(path.join(folder, name), "utf8")),
    }));
}

export function parseCorpusFile(text: string): Uint8Array {
  return hex(text.replace(/#.*$/gm, " "));
}

/** Writes an input down, with what it showed. @returns the file's path from the root */
export function writeCorpusFile(
  root: string,
  input: Uint8Array,
  comment: string,
  target: TargetName = "frames",
): string {
  const digest = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const file = path.posix.join(CORPUS, `${target === "frames" ? "" : `${target}-`}${digest}.hex`);
  mkdirSync(path.join(root, CORPUS), { recursive: true });
  writeFileSync(path.join(root, file), `${comment.replace(/^/gm, "# ")}\n${inLines(toHex(input))}\n`);
  return file;
}

function targetOf(name: string): TargetName {
  const [prefix = ""] = name.split("-");
  return isTarget(prefix) ? prefix : "frames";
}

function inLines(text: string): string {
  return (
    text
      .match(/.{1,96}/g)
      ?.map((line) => line.trim())
      .join("\n") ?? ""
  );
}
