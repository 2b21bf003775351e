// The first step of `npm run test:all`: installs the programs that the tests start. Runtimes, bundlers and test runners
// come from npm, into folders of their own. The others are Debian packages: on Debian, as root, apt-get installs the
// missing ones; elsewhere the script prints which are missing, and fails.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { installPackages } from "./npm-folder.js";

/** @typedef {() => boolean} Probe */

/**
 * The Debian packages, each with a probe that tells whether the program or the files of it are there.
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
// The runtimes are builds for Linux on x64.
for (const folder of [
  "test/runtimes",
  "test/bundlers",
  "test/runners",
  "test/applications",
  "test/integrators",
  "docs/site",
]) {
  if (!installPackages(folder)) console.error(`The tests that need ${folder} will fail.`);
}

/** @param {string} name @returns {Probe} */
function program(name) {
  // Debian puts servers into /usr/sbin, which is not in the PATH of every user.
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
 * Installs packages without starting the services that they bring: tests start servers of their own.
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
