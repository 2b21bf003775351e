// Sees to the programs that the tests talk to. Other runtimes and bundlers come from npm, into folders of their own. The rest
// are no npm packages; on Debian, as root, those that are missing get installed, and elsewhere this says what is missing.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { installPackages } from "./npm-folder.js";

/** @typedef {() => boolean} Probe */

/**
 * The Debian packages, and how to tell that what is wanted of them is there.
 * @type {[name: string, isThere: Probe][]}
 */
const TOOLS = [
  ["chromium", program(process.env.CHROMIUM ?? "chromium")],
  ["firefox-esr", program("firefox-esr")],
  ["curl", program("curl")],
  ["openssl", program("openssl")],
  ["bsdutils", program("script")],
  ["nginx", program("nginx")],
  ["haproxy", program("haproxy")],
  ["squid", program("squid")],
  ["tinyproxy-bin", program("tinyproxy")],
  ["libwebsockets-test-server", program("libwebsockets-test-server")],
  ["python3-websockets", pythonModule("websockets")],
  ["python3-websocket", pythonModule("websocket")],
  ["golang-go", program("go")],
  [
    "golang-github-gorilla-websocket-dev",
    () => existsSync("/usr/share/gocode/src/github.com/gorilla/websocket"),
  ],
];

const missing = TOOLS.filter(([, isThere]) => !isThere()).map(([name]) => name);
if (missing.length > 0) install(missing);
// The runtimes are for one platform. Elsewhere the tests that need them say so.
for (const folder of ["test/runtimes", "test/bundlers", "test/runners", "docs/site"]) {
  if (!installPackages(folder)) console.error(`The tests that need ${folder} will fail.`);
}

/** @param {string} name @returns {Probe} */
function program(name) {
  // Servers are where users don't look.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  return () => spawnSync("which", [name], { env }).status === 0;
}

/** @param {string} name @returns {Probe} */
function pythonModule(name) {
  return () => spawnSync("/usr/bin/python3", ["-c", `import ${name}`]).status === 0;
}

/** @param {string[]} packages */
function install(packages) {
  const command = `apt-get install -y ${packages.join(" ")}`;
  if (process.getuid?.() !== 0 || spawnSync("which", ["apt-get"]).status !== 0) {
    console.error(`The tests need ${packages.join(", ")}. On Debian: sudo ${command}`);
    process.exit(1);
  }
  console.log(command);
  aptGet("update", "-q");
  withoutServices(() => aptGet("install", "-y", "-q", "--no-install-recommends", ...packages));
}

/**
 * The tests start servers of their own; none should listen on this machine because of them.
 * @param {() => void} installing
 */
function withoutServices(installing) {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) {
    installing();
    return;
  }
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    installing();
  } finally {
    rmSync(policy);
  }
}

/** @param {string[]} args */
function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  execFileSync("apt-get", args, { stdio: "inherit", env });
}
