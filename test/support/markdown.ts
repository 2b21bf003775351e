// The code blocks and tables of the documentation, so that tests can hold it to what it says.

/** The blocks that are fenced with exactly ```js: modules that run as they stand. What does not is fenced otherwise. */
export function runnableBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```js\n(?<code>[\s\S]*?)^```$/gm)].map(({ groups }) => groups?.code ?? "");
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
