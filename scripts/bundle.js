// Bundles what tsc made: an entry for runtimes consists of a few files instead of a hundred. scripts/build.js calls it.
import { readFileSync } from "node:fs";
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

/** @type {import("rolldown").Plugin} */
const binaryFiles = {
  name: "binary-files",
  transform: {
    filter: { id: /dist\/kernel\/(?:load|deflate)\.js$/ },
    handler(code, id) {
      const parts = code.split(BINARY_FILE);
      if (parts.length !== 2) this.error(`${id} names ${parts.length - 1} binaries, not one`);
      return parts.join('"../kernel/generated/');
    },
  },
};

/**
 * Bundles the modules of dist/, with all names as they are.
 * @param {string} folder - in dist/, for the bundles
 * @param {"esm" | "cjs"} format
 */
export async function bundleEntries(folder, format) {
  const build = await rolldown({
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `dist/${entry}.js`])),
    external: /^node:/,
    platform: "node",
    plugins: [binaryFiles],
    onLog(level, log) {
      if (level === "warn") throw new Error(log.message);
    },
  });
  await build.write({
    dir: folder,
    format,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    codeSplitting: { groups: SHARED },
    comments: false,
    minifyInternalExports: false,
  });
  await build.close();
}
