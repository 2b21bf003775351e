// How results are written to a file: one line for each measurement, so that a file stays short and two runs can be compared by line.

/**
 * Writes plain data as JSON. Objects and lists that hold other objects are spread over lines, the others take one line each.
 * @param {unknown} value
 * @param {string} [indent] - of the line that the value begins on
 * @returns {string}
 */
export function resultsText(value, indent = "") {
  if (!isObject(value) || !Object.values(value).flat().some(isObject)) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const inner = `${indent} `;
  const entries = Object.entries(value).map(([key, entry]) => {
    const name = isList ? "" : `${JSON.stringify(key)}: `;
    return `${inner}${name}${resultsText(entry, inner)}`;
  });
  const body = `\n${entries.join(",\n")}\n${indent}`;
  return isList ? `[${body}]` : `{${body}}`;
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
  return typeof value === "object" && value !== null;
}
