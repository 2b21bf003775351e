// `wsimd bench`: measures a server.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Address, parseAddress } from "../adapter/client/address.js";
import { parsed } from "./args.js";
import { CliError, type Command, describeError, errorCode, UsageError } from "./command.js";
import { untilSignal } from "./listening.js";
import type { PayloadKind } from "./load/messages.js";
import { jsonReport, progressLine, tableReport } from "./load/report.js";
import { type ClientName, type LoadOptions, type LoadResult, LoadRun } from "./load/run.js";
import type { TlsChoice } from "./runtime.js";

const HELP = `Usage: wsimd bench URL [options]

Loads a WebSocket server that sends each message back, this package's or any
other, and prints how many messages it takes and how long they are under way.

Options:
  --connections N    connections (default 100)
  --size N           bytes of a message (default 20)
  --depth N          messages in flight on each connection (default 1)
  --seconds N        how long to measure (default 5)
  --warmup N         seconds of load before that (default 1)
  --binary           binary messages (the default)
  --text             text messages, ASCII, each of them JSON
  --mixed            text messages of one to four bytes a character
  --compress         compressed messages, 64 different ones in turn, each by
                     itself (no takeover); prints what is left of the bytes
  --messages FILE    send the lines of this file in turn, instead of --size
  --check            compare each reply with its message; takes more time
  --pid P            process of the server: prints its CPU time for a message
                     and its memory (Linux)
  --json             print one JSON object
  --client raw|wsimd what makes the load: bare sockets that write frames built
                     beforehand (the default), or this package's own client
  --tls-ca FILE      certificate authority to trust, PEM
  --insecure         trust any certificate
  -h, --help         print this

The load is one thread. Where "load CPU" nears 100 %, messages/s say more about
it than about the server, but the CPU time for a message still holds.

"noise" is how far the rates of neighbouring tenths of the run were apart, in
three quarters of the pairs. A run is too noisy to be compared with others if
that is over 10 %, and a smaller difference than the noise means nothing.

Exit codes:
  0    all went well
  1    no connection, a connection was lost, or a reply was wrong or missing
  2    bad arguments
  130  Ctrl-C (143: SIGTERM): the results until then are printed
`;

const OPTIONS = {
  connections: { type: "string", default: "100" },
  size: { type: "string", default: "20" },
  depth: { type: "string", default: "1" },
  seconds: { type: "string", default: "5" },
  warmup: { type: "string", default: "1" },
  binary: { type: "boolean", default: false },
  text: { type: "boolean", default: false },
  mixed: { type: "boolean", default: false },
  compress: { type: "boolean", default: false },
  messages: { type: "string" },
  check: { type: "boolean", default: false },
  pid: { type: "string" },
  json: { type: "boolean", default: false },
  client: { type: "string", default: "raw" },
  "tls-ca": { type: "string" },
  insecure: { type: "boolean", default: false },
} as const;

const HANDSHAKE_TIMEOUT_MS = 10_000;
const PROGRESS_MS = 200;
const MOST_SECONDS = 86_400;
const MOST_CONNECTIONS = 1_000_000;
const MOST_DEPTH = 65_536;
/** The frames in flight on one connection are built beforehand. */
const MOST_BATCH_BYTES = 2 ** 28;
/** There are many different messages then. */
const MOST_COMPRESSED_SIZE = 2 ** 22;
const CLEAR_LINE = "\r\x1b[K";

/** `wsimd bench`. */
export const bench: Command = {
  summary: "load a WebSocket server that echoes, and measure it",
  help: HELP,
  async run(args) {
    const { load, json } = readOptions(args);
    const run = new LoadRun(load);
    let exitCode = 0;
    untilSignal().then((signal) => {
      exitCode = signal === "SIGTERM" ? 143 : 130;
      run.stop();
    });
    const hideProgress = process.stderr.isTTY ? showProgress(run, load) : undefined;
    const result = await run.run().finally(hideProgress);
    process.stdout.write(json ? jsonReport(load, result) : tableReport(load, result));
    if (exitCode === 0 || result.errors.length > 0) assertGood(result);
    return exitCode;
  },
};

/** @throws CliError if there were errors */
function assertGood({ errors, messages }: LoadResult): void {
  const reasons = errors.map(({ reason, count }) => (count === 1 ? reason : `${reason} (${count} times)`));
  if (reasons.length > 0) throw new CliError(reasons.join("; "));
  if (messages === 0) throw new CliError("no reply came: does the server send messages back?");
}

function showProgress(run: LoadRun, options: LoadOptions): () => void {
  let before = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const { progress } = run;
    const now = performance.now();
    const perSecond = ((progress.messages - before) * 1000) / (now - last);
    before = progress.messages;
    last = now;
    process.stderr.write(CLEAR_LINE + progressLine(progress, options, perSecond));
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write(CLEAR_LINE);
  };
}

function readOptions(args: readonly string[]): { load: LoadOptions; json: boolean } {
  const { values, positionals } = parsed(() =>
    parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }),
  );
  const [url, extra] = positionals;
  if (url === undefined) throw new UsageError("bench needs a URL");
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
  const payloads = values.messages === undefined ? undefined : readMessages(values.messages);
  const size =
    payloads === undefined ? wholeNumber("--size", values.size, 0, MOST_BATCH_BYTES) : meanOf(payloads);
  const depth = wholeNumber("--depth", values.depth, 1, MOST_DEPTH);
  if (size * depth > MOST_BATCH_BYTES) {
    throw new UsageError(`--size times --depth must not be over ${MOST_BATCH_BYTES}`);
  }
  if (values.compress && size > MOST_COMPRESSED_SIZE)
    throw new UsageError(`with --compress, --size must not be over ${MOST_COMPRESSED_SIZE}`);
  const client = readClient(values.client);
  if (values.compress && client !== "raw") throw new UsageError("--compress is for --client raw");
  const load: LoadOptions = {
    address: readUrl(url),
    connections: wholeNumber("--connections", values.connections, 1, MOST_CONNECTIONS),
    size,
    kind: readKind(values),
    payloads,
    compress: values.compress,
    depth,
    seconds: positiveNumber("--seconds", values.seconds),
    warmupSeconds: values.warmup === "0" ? 0 : positiveNumber("--warmup", values.warmup),
    client,
    check: values.check,
    tls: readTls(values["tls-ca"], values.insecure),
    pid: values.pid === undefined ? undefined : wholeNumber("--pid", values.pid, 1, 2 ** 31),
    handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
  };
  return { load, json: values.json };
}

function readUrl(text: string): Address {
  try {
    return parseAddress(text);
  } catch (error) {
    const why = URL.canParse(text) ? describeError(error) : "it is like ws://127.0.0.1:8080/";
    throw new UsageError(`"${text}" is no WebSocket URL: ${why}`);
  }
}

function readKind(given: { binary: boolean; text: boolean; mixed: boolean }): PayloadKind {
  const { binary, text, mixed } = given;
  if (binary && (text || mixed)) throw new UsageError("--binary and text exclude each other");
  if (mixed) return "mixed";
  return text ? "text" : "binary";
}

/** The lines of a file, without empty ones. */
function readMessages(file: string): Buffer[] {
  const lines = readGiven("--messages", file).toString().split("\n");
  const messages = lines.filter((line) => line !== "").map((line) => Buffer.from(line));
  if (messages.length === 0) throw new UsageError(`--messages ${file}: there is no line in it`);
  return messages;
}

function meanOf(messages: readonly Buffer[]): number {
  return Math.round(messages.reduce((sum, { length }) => sum + length, 0) / messages.length);
}

function readClient(name: string): ClientName {
  if (name === "raw" || name === "wsimd") return name;
  throw new UsageError(`--client must be raw or wsimd, not "${name}"`);
}

function readTls(ca: string | undefined, insecure: boolean): TlsChoice {
  const trust = insecure ? { rejectUnauthorized: false } : {};
  if (ca === undefined) return trust;
  return { ...trust, ca: readGiven("--tls-ca", ca) };
}

function readGiven(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = errorCode(error) === "ENOENT" ? "there is no such file" : describeError(error);
    throw new UsageError(`${option} ${file}: ${why}`);
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option} must be a whole number from ${least} to ${most}, not "${text}"`);
}

function positiveNumber(option: string, text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (number > 0 && number <= MOST_SECONDS) return number;
  throw new UsageError(`${option} must be a number of seconds over 0, not "${text}"`);
}
