// Bundles what tsc made: an entry for runtimes consists of a few files instead of a hundred. scripts/build.js calls it.
import { readFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";

/** @type {{ exports: Record<string, { module?: { default: string } }> }} */
const { exports } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
/** The modules that package.json has as entries for bundlers, without the folder and the extension. */
const ENTRIES = Object.values(exports).flatMap(({ module }) =>
  module === undefined ? [] : [module.default.replace(/^\.\/dist\/(.*)\.js$/, "$1")],
);

/**
 * What entries share, so that a program that imports several of them has each class and the kernel once. The codec with
 * the handshake is apart, because programs without sockets need no more. Each further file costs most of a millisecond.
 */
const SHARED = [
  // Compression is loaded when a program asks for it: the entry of it is the file. Its options are known before.
  { name: "codec", test: /dist\/(?:handshake|host|http|kernel|memory|protocol)\/(?!.*deflate)/ },
  { name: "sockets", test: /dist\/(?:adapter\/|deflate\/options|protocol\/deflate\/parameters)/ },
  { name: "net", test: /dist\/node\// },
];

/** The binaries that are read from files, as the modules beside them name them. */
const BINARY_FILE = /"generated\/(?=(?:deflate-)?scalar\.wasm")/;
const BINARY_FOLDER = "dist/kernel/generated";

/**
 * Bundles the modules of dist/, with all names as they are.
 * @param {string} folder - in dist/, for the bundles
 * @param {"esm" | "cjs"} format
 */
export async function bundleEntries(folder, format) {
  await bundle(
    Object.fromEntries(ENTRIES.map((entry) => [entry, `dist/${entry}.js`])),
    // Compression is in the bundle of its entry, in a folder of its own.
    (id) => `${path.posix.relative(/deflate\.js$/.test(id) ? `${folder}/deflate` : folder, BINARY_FOLDER)}/`,
    { dir: folder, format, codeSplitting: { groups: SHARED } },
  );
}

/**
 * Bundles an entry into one file of CommonJS, which finds the binaries beside it wherever it is.
 * @param {string} entry - in dist/
 * @param {string} file - in dist/
 */
export async function bundleAlone(entry, file) {
  await bundle({ [path.basename(file, ".js")]: entry }, () => "", {
    dir: path.dirname(file),
    format: "cjs",
    codeSplitting: false,
    plugins: [builtinModules],
  });
}

/**
 * Modules of Node by a function of the process instead of `require`. Bundlers that put CommonJS into an ES module, as
 * esbuild does, have no `require` there.
 * @type {import("rolldown").Plugin}
 */
const builtinModules = {
  name: "builtin-modules",
  renderChunk: (code) => code.replace(/\brequire\("(?=(?:node:|url"))/g, 'process.getBuiltinModule("'),
};

/**
 * @param {Record<string, string>} input
 * @param {(id: string) => string} binaryFolder - where the binaries of a module are, from its bundle: "" or with a slash
 * @param {import("rolldown").OutputOptions} output
 */
async function bundle(input, binaryFolder, output) {
  const build = await rolldown({
    input,
    external: /^node:/,
    platform: "node",
    plugins: [binaryFiles(binaryFolder)],
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  await build.write({
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    comments: false,
    minifyInternalExports: false,
    ...output,
  });
  await build.close();
}

/** @param {(id: string) => string} folderFor @returns {import("rolldown").Plugin} */
function binaryFiles(folderFor) {
  return {
    name: "binary-files",
    transform: {
      filter: { id: /dist\/kernel\/(?:load|deflate)\.js$/ },
      handler(code, id) {
        const parts = code.split(BINARY_FILE);
        if (parts.length !== 2) this.error(`${id} names ${parts.length - 1} binaries, not one`);
        return parts.join(`"${folderFor(id)}`);
      },
    },
  };
}
