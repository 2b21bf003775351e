// The tables of the documentation are those of the code, and the tests that it names are there.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RULES } from "../../conformance/suite.js";
import { FAILURES } from "../../src/index.js";
import { DEFAULT_SERVER_LIMITS, DEFAULT_TIMEOUTS, type HandshakeErrorCode } from "../../src/node/index.js";
import { INTRODUCTION } from "../conformance/introduction.js";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";
import { namedTests, notRun } from "./named-tests.js";

function read(file: string): string {
  return readFileSync(`${ROOT}${file}`, "utf8");
}

/** Every code: the type checker sees to that. */
const HANDSHAKE_CODES: Readonly<Record<HandshakeErrorCode, true>> = {
  UNEXPECTED_STATUS: true,
  INVALID_UPGRADE: true,
  INVALID_CONNECTION: true,
  INVALID_ACCEPT: true,
  UNREQUESTED_EXTENSION: true,
  UNREQUESTED_SUBPROTOCOL: true,
  MALFORMED_RESPONSE: true,
  CONNECTION_ENDED: true,
  TIMEOUT: true,
  INVALID_REDIRECT: true,
  PROXY_REFUSED: true,
  PROXY_MALFORMED_RESPONSE: true,
  PROXY_CONNECTION_ENDED: true,
};

describe("the tables", () => {
  test("of failures are the catalogue", () => {
    const rows = tableRows(read("docs/errors.md"), "Failures");
    expect(rows.map(([code, closeCode, section]) => [code, closeCode, section])).toEqual(
      Object.entries(FAILURES).map(([code, { closeCode, section }]) => [code, String(closeCode), section]),
    );
  });

  test("of handshake errors are all there are", () => {
    const rows = tableRows(read("docs/errors.md"), "Handshake errors");
    expect(rows.map(([code]) => code).sort()).toEqual(Object.keys(HANDSHAKE_CODES).sort());
  });

  test("of reports from the field name threads, and tests that are run", async () => {
    const page = read("docs/evidence.md");
    const rows = tableRows(page, "Reports from the field");
    expect(rows.length).toBeGreaterThan(10);
    for (const [reports = "", , tests = ""] of rows) {
      for (const [report] of reports.matchAll(/\[.+?\]/g)) expect(page).toContain(`\n${report}: https://`);
      expect(namedTests(tests).length, tests).toBeGreaterThan(0);
    }
    expect(await notRun(rows.flatMap(([, , tests = ""]) => namedTests(tests)))).toEqual([]);
  });

  test("of conformance have every rule, and no departure of wsimd's", () => {
    const page = read("docs/conformance.md");
    expect(page.startsWith(INTRODUCTION)).toBe(true);
    for (const [heading, role] of [
      ["Servers", "server"],
      ["Clients", "client"],
    ] as const) {
      const rules = RULES.filter((rule) => (rule.role ?? role) === role);
      expect(tableRows(page, heading).map(([, title]) => title)).toEqual(rules.map(({ title }) => title));
    }
    expect(page).not.toMatch(/^### .*: wsimd/m);
  });

  test.each([
    ["Limits", DEFAULT_SERVER_LIMITS],
    ["Timeouts", DEFAULT_TIMEOUTS],
  ])("of %s are the defaults", (heading, defaults) => {
    const rows = tableRows(read("docs/limits.md"), heading);
    const documented = rows.map(([name = "", value = ""]) => [name, Number(value.replaceAll(",", ""))]);
    expect(Object.fromEntries(documented)).toEqual(defaults);
  });
});
