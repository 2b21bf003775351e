// A plugin of markdown-it for code blocks. Indented code gets the frame, and the scroll bar on narrow screens, that fenced code has.
// Languages that the highlighter has no grammar for are plain text, of which it doesn't complain.

const NO_GRAMMAR = new Set(["caddyfile", "capnp", "haproxy"]);

/** @param {import("./repository-links.js").Markdown} markdown */
export function codeBlocks(markdown) {
  markdown.core.ruler.push("code-blocks", ({ tokens }) => {
    for (const token of tokens) {
      const isIndented = token.type === "code_block";
      if (isIndented) token.type = "fence";
      if (isIndented || NO_GRAMMAR.has(token.info)) token.info = "txt";
    }
  });
}
