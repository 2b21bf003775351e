// The options that the source declares, read from it, so that a new one is in the tests that ask for all of them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = path.join(path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url)))), "src");

/** An option. */
export interface DeclaredOption {
  /** Its name, behind those of the options that it lies in: `limits`, `maxMessageBytes`. */
  readonly path: readonly string[];
  /** Values that its type has none of. */
  readonly wrong: readonly unknown[];
}

/** The names that a module exports for functions and classes. */
export function callables(entry: string): string[] {
  const passedOn = wholeExports(entry).flatMap((each) => callables(each));
  return [...passedOn, ...namedCallables(entry)];
}

function namedCallables(entry: string): string[] {
  return [...read(entry).matchAll(/export (\{[^}]*\})/g)]
    .flatMap(([, names = ""]) => names.match(/(?<!type )\b\w+(?=[,\s}])/g) ?? [])
    .filter(
      (name) => name !== "type" && /^export (async )?(function|class) /m.test(declaration(entry, name).text),
    );
}

/** The options of an interface, those of nested ones too. */
export function declaredOptions(file: string, name: string, above: readonly string[] = []): DeclaredOption[] {
  return properties(file, name).flatMap(({ file: its, name: key, type }) => {
    const names = [...above, key];
    const kinds = alternatives(its, type);
    const nested = kinds.flatMap(({ within }) => (within === undefined ? [] : [within]));
    return [
      { path: names, wrong: wrongFor(kinds.map(({ kind }) => kind)) },
      ...nested.flatMap((each) => declaredOptions(each.file, each.name, names)),
    ];
  });
}

interface Property {
  readonly file: string;
  readonly name: string;
  readonly type: string;
}

/** The properties of an interface and of those that it extends. */
function properties(file: string, name: string): Property[] {
  const { file: home, text } = declaration(file, name);
  const written = /^export (?:interface [^{]*|type [^;]*)/.exec(text)?.[0] ?? "";
  const omitted = /Omit<\w+(?:<[^<>]*>)?, ([^<>]+)>/.exec(written)?.[1] ?? "";
  const head = withoutTypeArguments(written.replace(/Omit<(\w+)(?:<[^<>]*>)?, [^<>]+>/, "$1"));
  const parents = (/^export (?:interface \w+ extends|type \w+ =) (.*)/.exec(head)?.[1] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const inherited = parents
    .flatMap((each) => properties(home, each))
    .filter((each) => !omitted.includes(`"${each.name}"`));
  const own = [...text.matchAll(/^ {2}(?:readonly )?(\w+)(\??: ([^;]+);|\?\()/gm)].map(
    ([, key = "", , type = "() => unknown"]) => ({ file: home, name: key, type }),
  );
  return [...inherited, ...own];
}

/** A declaration in one line, without what stands in angle brackets. */
function withoutTypeArguments(text: string): string {
  const inner = text.replace(/<[^<>]*>/g, "");
  return inner === text ? text.replace(/\s+/g, " ") : withoutTypeArguments(inner);
}

/** Where a name is declared, and the text of its declaration. */
function declaration(file: string, name: string): { file: string; text: string } {
  const source = read(file);
  const begin = source.search(
    new RegExp(`^export (async function|function|interface|class|type|const) ${name}\\b`, "m"),
  );
  if (begin >= 0) {
    const rest = source.slice(begin);
    if (/^[^{]*\{\}\n/.test(rest)) return { file, text: rest.slice(0, rest.indexOf("{}\n") + 2) };
    const alias = rest.startsWith("export type");
    return { file, text: rest.slice(0, rest.search(alias ? /;\n/ : /\n\}/) + 2) };
  }
  const from = new RegExp(`\\{[^}]*\\b${name}\\b[^}]*\\} from "(\\.[^"]+)\\.js"`).exec(source)?.[1];
  const inModule = new RegExp(`(\\w+) as ${name}\\b`).exec(source)?.[1] ?? name;
  if (from !== undefined) return declaration(path.join(path.dirname(file), `${from}.ts`), inModule);
  const passedOn = wholeExports(file).map((each) => declaration(each, name));
  return passedOn.find(({ text }) => text !== "") ?? { file, text: "" };
}

/** The modules whose exports a module passes on as they are. */
function wholeExports(file: string): string[] {
  return [...read(file).matchAll(/^export \* from "(\.[^"]+)\.js";/gm)].map(([, from = ""]) =>
    path.join(path.dirname(file), `${from}.ts`),
  );
}

function read(file: string): string {
  return readFileSync(path.join(SOURCE, file), "utf8");
}

type Kind = "anything" | "word" | "string" | "number" | "boolean" | "function" | "array" | "object";

interface Alternative {
  readonly kind: Kind;
  /** The interface whose properties are options themselves. */
  readonly within?: { readonly file: string; readonly name: string };
}

/** Interfaces whose objects are used as they are: their owners check them. */
const USED_AS_THEY_ARE = new Set(["BunTls", "Host", "Socket"]);

/** Aliases of the types of functions. */
const FUNCTIONS = new Set(["UpgradeHook"]);

/** What a type stands for. */
function alternatives(file: string, type: string): Alternative[] {
  const text = type.trim().replace(/^\| /, "");
  if (text === "Data" || text === "unknown") return [{ kind: "anything" }];
  if (text.includes("=>")) return [{ kind: "function" }];
  if (text.startsWith("readonly ")) return [{ kind: "array" }];
  const flat = text.replace(/\([^()]*\)/g, "()");
  if (flat.includes(" | ")) return flat.split(/\s\| /).flatMap((each) => alternatives(file, each));
  if (text.startsWith('"')) return [{ kind: "word" }];
  if (text === "string" || text === "number" || text === "boolean") return [{ kind: text }];
  const name = /^(?:Partial<)?(\w+)/.exec(text)?.[1] ?? "";
  if (FUNCTIONS.has(name)) return [{ kind: "function" }];
  const found = declaration(file, name);
  const alias = /^export type \w+ =\s+([^;]*);/.exec(found.text)?.[1];
  if (alias !== undefined) return alternatives(found.file, alias);
  const ours = found.text.startsWith("export interface") && !USED_AS_THEY_ARE.has(name);
  return [ours ? { kind: "object", within: { file: found.file, name } } : { kind: "object" }];
}

/** A value of each kind, and those that no option takes. */
const VALUES: readonly { readonly kind: Kind | "none"; readonly value: unknown }[] = [
  { kind: "none", value: null },
  { kind: "none", value: 5n },
  { kind: "none", value: Symbol("wrong") },
  { kind: "none", value: Number.NaN },
  { kind: "none", value: -1 },
  { kind: "string", value: "no such word" },
  { kind: "number", value: 5 },
  { kind: "boolean", value: true },
  { kind: "function", value: () => {} },
  { kind: "object", value: {} },
  { kind: "object", value: new Set(["https://example.org"]) },
  { kind: "array", value: [] },
  { kind: "none", value: [Symbol("wrong")] },
];

/** Values that are of none of these kinds. Fields can be an object or an array. */
function wrongFor(kinds: readonly Kind[]): unknown[] {
  if (kinds.includes("anything")) return [];
  const takesObjects = kinds.includes("object");
  return VALUES.filter(({ kind, value }) => {
    if (takesObjects && typeof value === "object" && value !== null) return false;
    return kind === "none" || !kinds.includes(kind);
  }).map(({ value }) => value);
}
