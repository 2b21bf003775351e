// docs/node-internals.md names every private part of Node and Deno that is used, and only the rooms for them use any.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";

const ROOMS = ["src/node/internals", "src/deno/internals"];
/** Shared by three runtimes, so it is in neither. */
const BUFFER_METHODS = "src/host/buffer-methods.ts";
const PAGE = readFileSync(`${ROOT}docs/node-internals.md`, "utf8");

/** Words in quotation marks that are public, or this package's own. */
const PUBLIC = new Set([
  ...["boolean", "function", "number", "object", "string", "symbol", "undefined"],
  // Events of streams and servers, encodings, names of system calls.
  ...[
    "close",
    "connect",
    "connection",
    "data",
    "drain",
    "end",
    "error",
    "finish",
    "listening",
    "latin1",
    "read",
    "utf8",
    "utf16le",
    "write",
  ],
  // Members that are documented.
  ...["Deno", "encrypted", "once", "req"],
  // The trial's bytes, and words of the transport interface.
  ...["answer", "direct", "off"],
]);
/** Interfaces of what the runtime makes, or what it demands of an owner. */
const FOREIGN =
  /interface (?:ConnectionHandle|ContextSlot|WriteHandle|HandleOwner|HandleSocketOptions|StreamHandle|WriteRequest)\b[^{]*\{(?<body>[\s\S]*?)^\}/gm;
/** The members of an owner that this package reads. */
const OWN = new Set(["window", "landed"]);

/** Without comments and imports. */
function codeOf(file: string): string {
  return readFileSync(ROOT + file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^(?<code>[^"`\n]*)\/\/.*$/gm, "$<code>")
    .replace(/\bfrom "[^"]+"/g, "");
}

function filesUnder(folder: string): string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.posix.join(folder, file));
}

/** The names that a file looks up, and those of the interfaces that it declares of foreign objects. */
function namesIn(file: string): string[] {
  const code = codeOf(file);
  const quoted = [...code.matchAll(/"(?<name>[A-Za-z_]\w*)"/g)].map(({ groups }) => groups?.name ?? "");
  const members = [...code.matchAll(FOREIGN)].flatMap(({ groups }) =>
    [...(groups?.body ?? "").matchAll(/^ {2}(?:readonly )?(?<name>\w+)\??[(:]/gm)].map(
      (member) => member.groups?.name ?? "",
    ),
  );
  return [
    ...new Set([...quoted.filter((name) => !PUBLIC.has(name)), ...members.filter((name) => !OWN.has(name))]),
  ];
}

const ROOM_FILES = [...ROOMS.flatMap(filesUnder), BUFFER_METHODS];
const NAMED = new Set([...PAGE.matchAll(/`(?<name>[A-Za-z_]\w*)`/g)].map(({ groups }) => groups?.name ?? ""));

describe("docs/node-internals.md", () => {
  test.each(ROOM_FILES)("names what %s uses", (file) => {
    expect(namesIn(file).filter((name) => !NAMED.has(name))).toEqual([]);
  });

  test("names nothing in its tables of parts that is no longer used", () => {
    const used = new Set(ROOM_FILES.flatMap(namesIn));
    const headings = [...PAGE.matchAll(/^## (?<heading>.+)\n/gm)].map(({ groups }) => groups?.heading ?? "");
    const parts = headings.flatMap((heading) => {
      const section = PAGE.slice(PAGE.indexOf(`## ${heading}\n`)).split(/^## /m)[1] ?? "";
      return section.includes("| part ")
        ? tableRows(PAGE, heading).flatMap(([names = ""]) => names.split(", "))
        : [];
    });
    expect(parts.length).toBeGreaterThan(30);
    expect(parts.filter((part) => !used.has(part) && part !== "Symbol.species")).toEqual([]);
  });

  test("says which versions are tested", () => {
    const manifest: { dependencies: Record<string, string> } = JSON.parse(
      readFileSync(`${ROOT}test/runtimes/package.json`, "utf8"),
    );
    const tested = Object.entries(manifest.dependencies)
      .filter(([name]) => /^(node|deno)/.test(name))
      .map(([name, version]) => [name.replace("-", " ").toLowerCase(), version.replace(/^.*@/, "")]);
    const { engines } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
    const rows = tableRows(PAGE, "Tested versions").map(([name = "", version = ""]) => [
      name.toLowerCase(),
      version,
    ]);
    const lowest = ["node 20", `${String(engines.node).replace(">=", "")} and later`];
    expect(rows.sort()).toEqual([lowest, ...tested].sort());
  });
});

test("private parts are used in the rooms for them alone", () => {
  const unmistakable =
    /^_|^k[A-Z]|_symbol$|QueueSize$|^(?:useUserBuffer|writeBuffer|onconnection|internalMessage)$/;
  const names = ROOMS.flatMap(filesUnder)
    .flatMap(namesIn)
    .filter((name) => unmistakable.test(name));
  expect(names).toContain("_handle");
  expect(names).toContain("useUserBuffer");
  const secret = new RegExp(`\\b(?:${names.join("|")})\\b`);
  const elsewhere = filesUnder("src").filter((file) => !ROOM_FILES.includes(file));
  const found = elsewhere.flatMap((file) =>
    codeOf(file)
      .split("\n")
      .filter((line) => secret.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
