// Bundles a program: node bundle.js BUNDLER ENTRY OUTFILE PLATFORM CONDITION [WITHOUT]. The platform is browser or node.
// WebAssembly that is imported stays beside the bundle, for hosts that load it as modules, and so does the module WITHOUT.
import path from "node:path";

const [bundler, entry, outfile, platform, condition, without] = process.argv.slice(2);
const BUNDLERS = { esbuild, vite, webpack };
await BUNDLERS[bundler]();

async function esbuild() {
  const { build } = await import("esbuild");
  const format = outfile.endsWith(".cjs") ? "cjs" : "esm";
  const external = {
    name: "external",
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm|^cloudflare:/ }, (request) => ({
        path: besideBundle(request.path),
        external: true,
      }));
      if (without !== undefined) {
        onResolve({ filter: /./ }, (request) => {
          return request.path.endsWith(`/${without}`) ? { path: request.path, external: true } : undefined;
        });
      }
    },
  };
  const options = {
    bundle: true,
    minify: true,
    format,
    platform,
    conditions: [condition],
    plugins: [external],
  };
  await build({ entryPoints: [entry], outfile, ...options });
}

async function vite() {
  const { build } = await import("vite");
  const external = {
    name: "external",
    enforce: "pre",
    resolveId(request) {
      const id = besideBundle(request);
      return id === undefined ? undefined : { id, external: true };
    },
  };
  await build({
    configFile: false,
    logLevel: "error",
    root: path.dirname(entry),
    resolve: { conditions: [condition, "module", platform] },
    ssr: { noExternal: true },
    plugins: [external],
    build: {
      ssr: platform === "node",
      minify: true,
      outDir: path.dirname(outfile),
      rolldownOptions: {
        preserveEntrySignatures: "exports-only",
        input: entry,
        output: { entryFileNames: path.basename(outfile) },
      },
    },
  });
}

async function webpack() {
  const { default: createCompiler } = await import("webpack");
  const compiler = createCompiler({
    mode: "production",
    target: platform === "node" ? "node20" : "web",
    context: path.dirname(entry),
    entry,
    experiments: { outputModule: true },
    output: { path: path.dirname(outfile), filename: path.basename(outfile), library: { type: "module" } },
    resolve: { conditionNames: [condition, "import"] },
    externals: [({ request }, callback) => callback(null, besideBundle(request))],
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
}

/** What an import of WebAssembly, or of the host's own, becomes in the bundle; undefined for any other. */
function besideBundle(request) {
  if (request.startsWith("cloudflare:")) return request;
  const name = /\/(\w+\.wasm)(\?module)?$/.exec(request)?.[1];
  return name === undefined ? undefined : `./${name}`;
}
