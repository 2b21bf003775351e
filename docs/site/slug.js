// The anchors of headings as GitHub makes them, so that a link with an anchor leads to the same place on GitHub and on the site.

/**
 * @param {string} heading - its text, without markup
 * @returns {string} the anchor; of headings that are alike, the second gets "-1" behind it
 */
export function slug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
