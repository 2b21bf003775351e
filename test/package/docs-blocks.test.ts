// The blocks of the documentation run as they stand there.
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { runnableBlocks } from "../support/markdown.js";
import { runBlock } from "../support/markdown-blocks.js";
import { killPrograms, mainFile } from "../support/program.js";
import { ROOT } from "../support/root.js";

const README = "README.md";
/** Each has a test of its own: `docs-building` here, those of the others in `test/applications`. */
const ELSEWHERE: ReadonlySet<string> = new Set(["building.md", "cores.md", "frameworks.md", "operating.md"]);
const PAGES = readdirSync(`${ROOT}docs`)
  .filter((file) => file.endsWith(".md") && !ELSEWHERE.has(file))
  .map((file) => `docs/${file}`);

afterEach(killPrograms);

const blocksOf = (file: string): string[] => runnableBlocks(readFileSync(`${ROOT}${file}`, "utf8"));

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
    [
      "a server that closes on the client that a comment names",
      `import { serve } from "wsimd/node";
await serve({ port: 8080, upgrade: ({ headers }) => (headers.get("a") === "b" ? undefined : { status: 401 }) }, {
  message: (socket) => socket.close(),
});
// npx wsimd connect ws://127.0.0.1:8080/ --header 'a: b'`,
      "without an answer",
    ],
    ["a client that sends nothing", 'import "wsimd/node"; "8080";', "sent nothing"],
  ])("sees %s", async (_, code, words) => {
    mainFile();
    await expect(runBlock(code)).rejects.toThrow(words);
  });
});

test.each(["serve(", "attach(", "upgrade =", "drain:", "connect("])(
  "the README has a block with %s",
  (call) => {
    expect(blocksOf(README).some((code) => code.includes(call))).toBe(true);
  },
);

const BLOCKS = [README, ...PAGES, "SECURITY.md", "CHANGELOG.md"].flatMap((file) =>
  blocksOf(file).map((code, i) => [file, i + 1, code] as const),
);

test.each(BLOCKS)("%s: block %i runs", async (_file, _number, code) => {
  mainFile();
  await runBlock(code);
});
