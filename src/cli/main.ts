#!/usr/bin/env node
// The program `wsimd`.
import { readFileSync } from "node:fs";
import { bench } from "./bench.js";
import { CliError, type Command, UsageError } from "./command.js";
import { connectCommand } from "./connect.js";
import { demo } from "./demo.js";
import { echo } from "./echo.js";

/** Every command by its name. */
const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["echo", echo],
  ["connect", connectCommand],
  ["demo", demo],
  ["bench", bench],
]);

const exitCode = main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof CliError)) throw error;
  process.stderr.write(`wsimd: ${error.message.replace(/\s*\n\s*/g, " ")}\n`);
  return error.exitCode;
});
// Standard input may still be open, so the process would not end by itself. All output must have been written before it
// exits.
exitCode.then((code) => process.stdout.write("", () => process.exit(code)));

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) throw new UsageError("no command; see wsimd --help");
  if (name === "--help" || name === "-h") return print(help());
  if (name === "--version") return print(`${version()}\n`);
  if (name.startsWith("-")) throw new UsageError(`unknown option "${name}"; see wsimd --help`);
  const command = COMMANDS.get(name);
  if (command === undefined) throw new UsageError(`unknown command "${name}"; see wsimd --help`);
  const end = rest.indexOf("--");
  const options = end < 0 ? rest : rest.slice(0, end);
  if (options.includes("--help") || options.includes("-h")) return print(command.help);
  return command.run(rest);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function help(): string {
  const commands = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`);
  return `Usage: wsimd COMMAND [options]

Commands:
${commands.join("\n")}

Options:
  -h, --help   print this, or with a command that command's help
  --version    print the version

Environment:
  WSIMD_KERNEL=simd|scalar|js   which kernel decodes, if no option says so
`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest ? String(manifest.version) : "unknown";
}
