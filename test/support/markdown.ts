// The code blocks and tables of the documentation, so that tests can hold it to what it says.

/** The blocks that are fenced with exactly ```js: modules that run as they stand. What does not is fenced otherwise. */
export function runnableBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```js\n(?<code>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.code ?? "");
}

/** A block of code of a page. */
export interface CodeBlock {
  /** The heading that it stands under. */
  readonly heading: string;
  /** The words of its fence: `js`, `ts run`, `yaml`. */
  readonly info: string;
  readonly code: string;
}

/** All blocks of code of a page that are fenced. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = "";
  for (const { groups } of markdown.matchAll(
    /^#+ (?<heading>.+)$|^```(?<info>[^\n]*)\n(?<code>[\s\S]*?)^```$/gm,
  )) {
    if (groups?.code === undefined) heading = groups?.heading ?? "";
    else blocks.push({ heading, info: groups.info ?? "", code: groups.code });
  }
  return blocks;
}

/** The first cells of the rows of the table under a heading, without backticks. */
export function tableRows(markdown: string, heading: string): string[][] {
  const section = markdown.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  return section
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}
