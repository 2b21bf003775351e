// Bundles a program: node bundle.js OPTIONS, as JSON. Without `modules`, no bundler gets a setting for WebAssembly. With it,
// WebAssembly that is imported stays beside the bundle, for hosts that load it as modules. So does the module `without`.
// Bundlers that would put what is imported dynamically into a file of its own are told not to.
import path from "node:path";

const { bundler, entry, outfile, platform, condition, modules, without } = JSON.parse(process.argv[2]);
/** The modules of the host's own, which no bundler finds. */
const HOSTS = "cloudflare:";
const BUNDLERS = { esbuild, rolldown, vite, webpack };
await BUNDLERS[bundler]();

async function esbuild() {
  const { build } = await import("esbuild");
  const format = outfile.endsWith(".cjs") ? "cjs" : "esm";
  const external = {
    name: "external",
    setup({ onResolve }) {
      if (modules)
        onResolve({ filter: /\.wasm/ }, ({ path }) => ({ path: besideBundle(path), external: true }));
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
    conditions: condition === undefined ? undefined : [condition],
    external: [`${HOSTS}*`],
    plugins: modules || without !== undefined ? [external] : [],
  };
  await build({ entryPoints: [entry], outfile, ...options });
}

async function rolldown() {
  const { build } = await import("rolldown");
  await build({
    input: entry,
    cwd: path.dirname(entry),
    platform,
    resolve: { conditionNames: condition === undefined ? undefined : [condition, "module", "import"] },
    external: isHosts,
    plugins: modules ? [besidePlugin()] : [],
    output: { file: outfile, minify: true, codeSplitting: false },
  });
}

async function vite() {
  const { build } = await import("vite");
  await build({
    configFile: false,
    logLevel: "error",
    root: path.dirname(entry),
    resolve: { conditions: [condition ?? "default", "module", platform] },
    ssr: { noExternal: true },
    plugins: modules ? [besidePlugin()] : [],
    build: {
      ssr: platform === "node",
      minify: true,
      outDir: path.dirname(outfile),
      rolldownOptions: {
        preserveEntrySignatures: "exports-only",
        input: entry,
        external: isHosts,
        output: { entryFileNames: path.basename(outfile), codeSplitting: false },
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
    module: { parser: { javascript: { dynamicImportMode: "eager" } } },
    output: { path: path.dirname(outfile), filename: path.basename(outfile), library: { type: "module" } },
    resolve: { conditionNames: [condition ?? "default", "import", platform] },
    externals: [({ request }, callback) => callback(null, externalName(request))],
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
}

function isHosts(request) {
  return request.startsWith(HOSTS);
}

/** A plugin of Rolldown and Vite. */
function besidePlugin() {
  return {
    name: "beside",
    enforce: "pre",
    resolveId(request) {
      const id = besideBundle(request);
      return id === undefined ? undefined : { id, external: true };
    },
  };
}

/** What an import becomes in the bundle that is not to be part of it; undefined for any other. */
function externalName(request) {
  if (isHosts(request)) return request;
  return modules ? besideBundle(request) : undefined;
}

/** What an import of WebAssembly becomes in the bundle; undefined for any other. */
function besideBundle(request) {
  const name = /\/([\w-]+\.wasm)(\?module)?$/.exec(request)?.[1];
  return name === undefined ? undefined : `./${name}`;
}
