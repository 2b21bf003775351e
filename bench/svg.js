// The frame that the pictures share: an SVG that is readable on light and on dark.

export const WIDTH = 860;

/** @type {ReadonlyMap<string, string>} */
export const COLOURS = new Map([
  ["wsimd", "#0f9d8a"],
  ["wsimd-borrow", "#5fc3b4"],
  ["wsimd-utf8", "#5fc3b4"],
  ["ws", "#4f7fd6"],
  ["bun", "#e08a3c"],
  ["uws", "#c9485b"],
  ["deno", "#b3923a"],
  ["wsimd-bun", "#8a6fc0"],
  ["wsimd-deno", "#7a8b3c"],
]);

/**
 * @param {{ title: string, below: string, height: number, parts: readonly string[] }} picture
 * @returns {string}
 */
export function picture({ title, below, height, parts }) {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f; }
  .title { font-size: 18px; font-weight: 600; }
  .note { fill: #57606a; }
  .small { font-size: 10px; fill: #57606a; }
  .cell { font-weight: 600; }
  .ours { font-weight: 600; }
  .ground { fill: #ffffff; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  polyline { fill: none; stroke-width: 1.3; }
  polyline.ours { stroke-width: 2.6; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .small { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .grid { stroke: #30363d; }
  }
</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>
<text class="title" x="20" y="34">${title}</text>
<text class="note" x="20" y="56">${escaped(below)}</text>
${parts.join("\n")}
</svg>
`;
}

/** @param {string} text */
export function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
