// Each type that a public signature names can be imported from the same entry, and nothing internal is declared.
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { declarationOf, exportsOf, namedBy, type Place } from "../support/declarations.js";
import { mainFile } from "../support/program.js";
import { ROOT } from "../support/root.js";

beforeAll(() => void mainFile());

const MANIFEST: { exports: Record<string, unknown> } = JSON.parse(
  readFileSync(`${ROOT}package.json`, "utf8"),
);

/** The declarations of each entry. */
const ENTRIES = Object.entries(MANIFEST.exports).flatMap(([entry, conditions]) => {
  const types = /"types":"(?<file>\.\/dist\/(?!cjs|kernel)[^"]+)"/.exec(JSON.stringify(conditions))?.groups
    ?.file;
  return types === undefined
    ? []
    : [{ entry: entry.replace(".", "wsimd"), file: `${ROOT}${types.slice(2)}` }];
});

const shown = ({ file, name }: Place): string => `${name} of ${file.slice(ROOT.length)}`;

test("these are the entries", () => {
  expect(ENTRIES.map(({ entry }) => entry)).toContain("wsimd");
  expect(ENTRIES.map(({ entry }) => entry)).toContain("wsimd/handshake");
});

describe.each(ENTRIES)("$entry", ({ file }) => {
  test("exports each type that its signatures name", () => {
    const exported = exportsOf(file);
    const places = new Set([...exported.values()].map(shown));
    const missing = [...exported].flatMap(([name, place]) =>
      namedBy(place)
        // A type that extends the one of the same name stands for it.
        .filter((named) => named.name !== name)
        .map(shown)
        .filter((named) => !places.has(named))
        .map((named) => `${name} names ${named}`),
    );
    expect(exported.size).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });
});

/** What wsimd itself makes: it leaves a member out rather than to set it to undefined. */
const MADE_HERE = ["CloseEvent", "Failure", "FailureDetails", "HandshakeError"];
const OPTIONAL_MEMBER = /^ +(?:readonly )?(?<member>\w+)\?: (?<type>.+);$/gm;

test("every option may be given as undefined, with exactOptionalPropertyTypes, too", () => {
  const places = new Map(
    ENTRIES.flatMap(({ file }) => [...exportsOf(file).values()]).map((place) => [shown(place), place]),
  );
  const members = [...places.values()]
    .filter(({ name }) => !MADE_HERE.includes(name))
    .flatMap((place) =>
      [...declarationOf(place).matchAll(OPTIONAL_MEMBER)].map(
        ({ groups: { member = "", type = "" } = {} }) => ({
          member: `${member} of ${shown(place)}`,
          type,
        }),
      ),
    );
  expect(members.length).toBeGreaterThan(50);
  expect(members.filter(({ type }) => type !== "unknown" && !type.endsWith("| undefined"))).toEqual([]);
});

test("no declaration is internal", () => {
  const files = readdirSync(`${ROOT}dist`, { recursive: true, encoding: "utf8" });
  const internal = files
    .filter((each) => each.endsWith(".d.ts"))
    .filter((each) => readFileSync(`${ROOT}dist/${each}`, "utf8").includes("@internal"));
  expect(internal).toEqual([]);
});
