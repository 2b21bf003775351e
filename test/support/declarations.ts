// Reads the type declarations that tsc wrote: what a module exports, and which other types a declaration names.
import { readFileSync } from "node:fs";
import path from "node:path";

/** Where a name is declared: a file, and its name there. */
export interface Place {
  readonly file: string;
  readonly name: string;
}

/** Something exported. */
export interface Exported extends Place {
  /** Whether there is no value of that name to import. */
  readonly typeOnly: boolean;
}

interface Module {
  /** Each declaration by its name, without comments. Overloads are one after the other. */
  readonly declarations: ReadonlyMap<string, string>;
  /** What is imported from other files of the package, by the name that it has here. */
  readonly imports: ReadonlyMap<string, Place>;
  /** What is exported, by the name that it has outside. */
  readonly exports: ReadonlyMap<string, Exported>;
  /** Files of which everything is exported. */
  readonly stars: readonly string[];
}

const DECLARATION =
  /^(?<exported>export )?(?:declare )?(?:abstract )?(?<what>interface|type|class|function|const|let|enum) (?<name>[\w$]+)/;
const LIST = /^(?<kind>import|export) (?<type>type )?\{(?<names>[^}]*)\}(?: from "(?<from>[^"]+)")?;$/;
const STAR = /^export \* from "(?<from>[^"]+)";$/;

const modules = new Map<string, Module>();

/** The statements of a file, without comments. The lines of a statement but the first are indented, or close a bracket. */
function statementsOf(file: string): string[] {
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  return code
    .split(/^(?=[A-Za-z])/m)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function targetOf(file: string, from: string): string | undefined {
  return from.startsWith(".") ? path.join(path.dirname(file), from.replace(/\.js$/, ".d.ts")) : undefined;
}

function moduleOf(file: string): Module {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const declarations = new Map<string, string>();
  const imports = new Map<string, Place>();
  const exports = new Map<string, Exported>();
  const stars: string[] = [];
  for (const statement of statementsOf(file)) {
    const star = STAR.exec(statement)?.groups?.from;
    const list = LIST.exec(statement)?.groups;
    const declared = DECLARATION.exec(statement)?.groups;
    if (star !== undefined) stars.push(targetOf(file, star) ?? star);
    else if (list !== undefined) {
      const target = list.from === undefined ? file : targetOf(file, list.from);
      for (const each of list.names?.split(",") ?? []) {
        const [name = "", alias = name] = each
          .trim()
          .replace(/^type /, "")
          .split(" as ");
        if (name === "" || target === undefined) continue;
        const typeOnly = list.type !== undefined || each.trim().startsWith("type ");
        if (list.kind === "import") imports.set(alias, { file: target, name });
        else exports.set(alias, { file: target, name, typeOnly });
      }
    } else if (declared?.name !== undefined) {
      const { name } = declared;
      declarations.set(name, `${declarations.get(name) ?? ""}${statement}\n`);
      const typeOnly =
        /^(interface|type)$/.test(declared.what ?? "") && exports.get(name)?.typeOnly !== false;
      if (declared.exported !== undefined) exports.set(name, { file, name, typeOnly });
    } else if (!/^(import |export \{\};$|declare global )/.test(statement))
      throw new Error(`${file}: ${statement}`);
  }
  const module = { declarations, imports, exports, stars };
  modules.set(file, module);
  return module;
}

/** Follows a name to where it is declared. */
function declaredAt({ file, name }: Place): Place {
  const { declarations, imports, exports, stars } = moduleOf(file);
  const next = declarations.has(name) ? undefined : (imports.get(name) ?? exports.get(name));
  if (next !== undefined) return declaredAt(next);
  if (declarations.has(name)) return { file, name };
  const star = stars.find((each) => exportsOf(each).has(name));
  if (star === undefined) throw new Error(`${file} declares no ${name}`);
  return declaredAt({ file: star, name });
}

/** All that a file exports, by name, and where it is declared. */
export function exportsOf(file: string): ReadonlyMap<string, Exported> {
  const { exports, stars } = moduleOf(file);
  const all = new Map<string, Exported>();
  for (const star of stars) for (const [name, place] of exportsOf(star)) all.set(name, place);
  for (const [name, place] of exports) {
    const declared = declaredAt(place);
    const typeOnly = place.typeOnly || moduleOf(declared.file).exports.get(declared.name)?.typeOnly === true;
    all.set(name, { ...declared, typeOnly });
  }
  return all;
}

/** The text of a declaration, without comments; "" if there is none. */
export function declarationOf({ file, name }: Place): string {
  return moduleOf(file).declarations.get(name) ?? "";
}

/** The text of the comment of a function or class, without its asterisks; "" if there is none. */
export function commentOf({ file, name }: Place): string {
  const before = new RegExp(
    `/\\*\\*(?<text>(?:(?!\\*/)[\\s\\S])*)\\*/\\s*export declare (?:function|class) ${name}\\b`,
  );
  const text = before.exec(readFileSync(file, "utf8"))?.groups?.text ?? "";
  return text.replace(/^ *\* ?/gm, "");
}

/** The declarations of the package that a declaration names, besides itself. */
export function namedBy(place: Place): Place[] {
  const { file, name } = place;
  const { declarations, imports } = moduleOf(file);
  // The type of a value is resolved in place: a user needs no name for it. Names before a colon are of members.
  const text = declarationOf(place).replace(/\btypeof [\w$.]+|[\w$]+\??:/g, "");
  const words = new Set(text.match(/[A-Za-z_$][\w$]*/g));
  words.delete(name);
  return [...words]
    .filter((word) => declarations.has(word) || imports.has(word))
    .map((word) => declaredAt({ file, name: word }));
}
