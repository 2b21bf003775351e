// SECURITY.md names a test for each root cause of a known advisory: they must be there.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tableRows } from "../support/markdown.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CVE = /^CVE-\d{4}-\d{4,}$/;
const GHSA = /^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/;

const rows = tableRows(readFileSync(`${ROOT}SECURITY.md`, "utf8"), "What others had to fix").map(
  ([cause = "", seenIn = "", tests = ""]) => ({ cause, seenIn, tests }),
);

test("there are advisories", () => {
  expect(rows.length).toBeGreaterThan(20);
});

describe.each(rows)("$cause", ({ seenIn, tests }) => {
  test("is an advisory by its number, or a change by its version", () => {
    const ids = seenIn.match(/\b(CVE|GHSA)-\S*?(?=,|$|\s)/g) ?? [];
    for (const id of ids) expect(CVE.test(id) || GHSA.test(id), id).toBe(true);
    expect(ids.length > 0 || /\d/.test(seenIn), seenIn).toBe(true);
  });

  test("would be caught by tests that there are", () => {
    const links = [...tests.matchAll(/\[(?<name>.+?)\]\((?<file>test\/\S+?)\)/g)];
    expect(links.length).toBeGreaterThan(0);
    for (const { groups: { name = "", file = "" } = {} } of links) {
      expect(readFileSync(ROOT + file, "utf8").includes(name), `${name} in ${file}`).toBe(true);
    }
  });
});
