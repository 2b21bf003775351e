import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { withFigures } from "../../bench/readme.js";
import { relativeLinks, runBlock, runnableBlocks } from "../support/markdown.js";
import { killPrograms, mainFile } from "../support/program.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = readFileSync(`${ROOT}README.md`, "utf8");

afterEach(killPrograms);

test("its figures are those of the committed results", () => {
  const results = JSON.parse(readFileSync(`${ROOT}bench/results/linux-x64-node20.json`, "utf8"));
  expect(withFigures(README, results)).toBe(README);
  expect(withFigures(README, { ...results, tables: {} })).not.toBe(README);
});

describe("what runs the blocks", () => {
  test("takes those fenced with js alone", () => {
    const markdown = "```js\na\n```\n\n```js fragment\nb\n```\n\n```ts\nc\n```\n\n```js\nd\n```\n";
    expect(runnableBlocks(markdown)).toEqual(["a\n", "d\n"]);
  });

  test.each([
    ["a block that throws", 'throw new Error("no")', "Error: no"],
    [
      "a server that does not start",
      'import { serve } from "wsimd/node"; serve({ port: 8080 })',
      "TypeError",
    ],
    [
      "a server that does not answer",
      'import { serve } from "wsimd/node"; await serve({ port: 8080 }, { message: (socket) => socket.close() });',
      "without an answer",
    ],
    ["a client that sends nothing", 'import "wsimd/node"; "8080";', "sent nothing"],
  ])("sees %s", async (_, code, words) => {
    mainFile();
    await expect(runBlock(code)).rejects.toThrow(words);
  });
});

describe("README.md", () => {
  const blocks = runnableBlocks(README);

  test("has a server and the bare codec to run", () => {
    expect(blocks.some((code) => code.includes("serve("))).toBe(true);
    expect(blocks.some((code) => code.includes("new Connection("))).toBe(true);
  });

  test.each(blocks.map((code, i) => [i + 1, code] as const))("block %i runs", async (_, code) => {
    mainFile();
    await runBlock(code);
  });

  test("links to files that are there", () => {
    for (const link of relativeLinks(README)) expect(existsSync(`${ROOT}${link}`), link).toBe(true);
  });
});
