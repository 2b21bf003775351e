// Every source file opens with a comment that says what the file is for.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../support/root.js";

const FOLDERS = ["src", "assembly", "scripts", "bench", "conformance", "test"] as const;

/** Folders that are installed or built, at any depth. */
const NOT_OURS = /(?:^|\/)(?:node_modules|generated|results|reports|\.[^/]+)\//;

/** A line of words in a `//` comment, or the beginning of a docstring, at the start or behind a `#!` line. */
const OPENING = /^(?:#!.*\n)?(?:\/\/ \S|\/\*\*)/;

/** Comments to programs, which say nothing to a reader. */
const DIRECTIVE = /^(?:#!.*\n)?\/\/ (?:@ts-|biome-ignore|prettier-ignore|eslint-)/;

function opensWithPurpose(source: string): boolean {
  return OPENING.test(source) && !DIRECTIVE.test(source);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll(path.sep, "/")}`)
    .filter((file) => /\.[cm]?[jt]s$/.test(file) && !NOT_OURS.test(file));
}

describe("the first line", () => {
  test.each([
    ["// Masks payloads.\nlet a;", true],
    ["/** Masks payloads. */\nlet a;", true],
    ["#!/usr/bin/env node\n// Masks payloads.\nlet a;", true],
    ["let a; // Masks payloads.", false],
    ["\n// Masks payloads.", false],
    ["//\nlet a;", false],
    ["#!/usr/bin/env node\nlet a;", false],
    ["// @ts-check\nlet a;", false],
  ])("of %j is judged %s", (source, expected) => {
    expect(opensWithPurpose(source)).toBe(expected);
  });

  test.each(FOLDERS)("of each file in %s/ says what the file is for", (folder) => {
    const files = sourceFiles(folder);
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => !opensWithPurpose(readFileSync(`${ROOT}${file}`, "utf8")))).toEqual([]);
  });
});
