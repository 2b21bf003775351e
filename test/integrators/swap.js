// Redirects every import of `ws` in this process to the package that the environment variable `WS` names. As its last
// line the process prints how many imports were redirected, and which implementations were loaded.
import Module, { createRequire, register } from "node:module";

const HERE = import.meta.url;
const ROOT = new URL("../../package.json", HERE).href;

const specifier = process.env.WS ?? "ws";
/** The module that imports the package instead: it sees the package of that name. */
const importer = specifier === "ws" ? HERE : ROOT;

// Imports are resolved in a thread of their own, requires in this one.
const redirected = new Int32Array(new SharedArrayBuffer(4));
register("./resolve-hook.js", HERE, { data: { specifier, importer, redirected } });

const file = createRequire(importer).resolve(specifier);
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...others) => {
  if (request !== "ws") return resolveFilename(request, ...others);
  Atomics.add(redirected, 0, 1);
  return file;
};

/** The modules that hold an implementation: that of ws, in any of its versions, and that of wsimd/ws. */
const IMPLEMENTATION = /\/node_modules\/ws\/lib\/websocket\.js$|\/dist\/cjs\/ws\/index\.js$/i;

process.once("exit", () => {
  const loaded = Object.keys(Module._cache).filter((path) => IMPLEMENTATION.test(path));
  console.log(JSON.stringify({ redirected: Atomics.load(redirected, 0), loaded }));
});
