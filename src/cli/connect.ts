// `wsimd connect`: a client on the command line.
import { parseArgs } from "node:util";
import { parsed, parseHeader, parseKernel, parseMaxMessageBytes, readCertificate } from "./args.js";
import { CliError, type Command, UsageError } from "./command.js";
import { connectError, describeClose } from "./connect-error.js";
import { ConnectPipe } from "./connect-pipe.js";
import { type Ending, EXIT_SIGINT, endedWell, type Frontend, Session } from "./connect-session.js";
import { ConnectTerminal } from "./connect-terminal.js";
import { untilSignal } from "./listening.js";
import { type ConnectOptions, runtimeAdapter, type TlsChoice } from "./runtime.js";

const HELP = `Usage: wsimd connect URL [options]

Connects to a WebSocket server. URL begins with ws:, wss:, ws+unix: or
wss+unix:; http: and https: are taken as ws: and wss:.

In a terminal, each line you type is sent as a text message and what comes in
is printed behind "< ". Ctrl-D closes the connection with 1000.

Otherwise it is a pipe. Each line of standard input is sent as a text message,
and each text message that comes in is written to standard output with a
newline behind it; a binary message is written as a line of hexadecimal. When
the input ends, the connection is closed with 1000; replies that arrive before
the server's own Close are still written.

Options:
  --protocol P             subprotocol to offer; may be repeated, best first
  --header 'Name: value'   header for the request; may be repeated
  --proxy URL              HTTP proxy to go through, like http://user:pass@host:3128;
                           "environment" for what http_proxy and the like say
  --ca FILE                trust this certificate authority (PEM) instead of the
                           usual ones
  --insecure               do not check the server's certificate: for tests only
  --binary                 standard input is bytes, each chunk of it a binary
                           message; messages are written as bytes, nothing added
  --keep-open              when the input ends, wait for the server to close
  --reconnect              connect again when the connection is lost; input waits
                           meanwhile, and nothing is sent again
  --compress               offer to compress messages
  --max-message-bytes N    longest message it takes (default 1048576)
  --kernel simd|scalar|js  which kernel decodes (default: the fastest that runs)
  -h, --help               print this

When the server refuses the handshake, its status, the place that a redirect
leads to, and the beginning of its answer are printed.

Exit codes:
  0    the connection was closed with 1000, 1001 or no code, or the reader of
       standard output is gone
  1    no connection: not reached, or the server refused the handshake
  2    bad arguments
  3    the connection was lost, or closed with another code
  130  Ctrl-C (143: SIGTERM)
`;

const OPTIONS = {
  protocol: { type: "string", multiple: true },
  header: { type: "string", multiple: true },
  proxy: { type: "string" },
  ca: { type: "string" },
  insecure: { type: "boolean", default: false },
  binary: { type: "boolean", default: false },
  "keep-open": { type: "boolean", default: false },
  reconnect: { type: "boolean", default: false },
  compress: { type: "boolean", default: false },
  "max-message-bytes": { type: "string" },
  kernel: { type: "string" },
} as const;

const INSECURE_WARNING =
  "warning: --insecure: the server's certificate is not checked, so anyone on the way can read and change the messages";
const EXIT_CLOSED_BADLY = 3;
const EXIT_SIGTERM = 143;
const SCHEMES: ReadonlySet<string> = new Set(["ws:", "wss:", "ws+unix:", "wss+unix:", "http:", "https:"]);

/** `wsimd connect`. */
export const connectCommand: Command = {
  summary: "connect to a WebSocket server, from a terminal or in a pipe",
  help: HELP,
  async run(args) {
    const { url, options, binary, keepOpen } = readOptions(args);
    const inTerminal = process.stdin.isTTY && process.stdout.isTTY && !binary;
    const frontend: Frontend = inTerminal ? new ConnectTerminal(url) : new ConnectPipe(binary, keepOpen);
    const session = new Session(frontend, options.reconnect === true);
    if (options.tls?.rejectUnauthorized === false) process.stderr.write(`wsimd: ${INSECURE_WARNING}\n`);
    const outputGone = new Promise<number>((resolve) => {
      process.stdout.on("error", () => resolve(0));
    });
    const signalled = untilSignal().then((signal) => (signal === "SIGTERM" ? EXIT_SIGTERM : EXIT_SIGINT));
    const given = Promise.race([frontend.interrupted, signalled, outputGone]);
    const attempt = new AbortController();
    given.then((code) => attempt.abort(new CliError("interrupted", code)));
    const { connect } = await runtimeAdapter();
    const where = options.proxy === undefined ? `${url}` : `${url} through the proxy`;
    await connect(url, { ...options, signal: attempt.signal }, session).catch((error: unknown) => {
      throw connectError(error, where);
    });
    const ended = frontend.run(session).then(() => session.closed);
    const outcome = await Promise.race([ended, session.closed, given]);
    if (typeof outcome === "number") {
      session.hangUp(1001);
      await session.closed;
      return outcome;
    }
    return exitCode(outcome, where);
  },
};

function exitCode(ending: Ending, where: string): number {
  if ("error" in ending) throw connectError(ending.error, where);
  if (endedWell(ending.closeEvent)) return 0;
  throw new CliError(describeClose(ending.closeEvent), EXIT_CLOSED_BADLY);
}

interface Wanted {
  readonly url: URL;
  readonly options: ConnectOptions;
  readonly binary: boolean;
  readonly keepOpen: boolean;
}

function readOptions(args: readonly string[]): Wanted {
  const { values, positionals } = parsed(() =>
    parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }),
  );
  const [address, extra] = positionals;
  if (address === undefined) throw new UsageError("connect needs a URL");
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
  const url = parseUrl(address);
  const { protocol: protocols, header, proxy, kernel: kernelName } = values;
  const tls = parseTls(url, values);
  const kernel = parseKernel(kernelName);
  const limit = values["max-message-bytes"];
  const options: ConnectOptions = {
    // Reading waits for writing, so that no messages pile up.
    backpressure: "queue",
    reconnect: values.reconnect,
    compression: values.compress,
    ...(protocols !== undefined && { protocols }),
    ...(header !== undefined && { headers: header.map(parseHeader) }),
    ...(proxy !== undefined && { proxy }),
    ...(tls !== undefined && { tls }),
    ...(kernel !== undefined && { kernel }),
    ...(limit !== undefined && { limits: { maxMessageBytes: parseMaxMessageBytes(limit) } }),
  };
  return { url, options, binary: values.binary, keepOpen: values["keep-open"] };
}

/** The options for TLS. @throws UsageError if there are some, and the URL is for plain text */
function parseTls(url: URL, { ca, insecure }: { ca?: string; insecure: boolean }): TlsChoice | undefined {
  if (ca === undefined && !insecure) return undefined;
  const option = ca === undefined ? "--insecure" : "--ca";
  if (!/^(wss|https)/.test(url.protocol)) throw new UsageError(`${option} needs a URL that begins with wss:`);
  if (ca !== undefined && insecure) throw new UsageError("--ca and --insecure exclude each other");
  return ca === undefined ? { rejectUnauthorized: false } : { ca: readCertificate("--ca", ca) };
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new UsageError(`"${text}" is no URL; one is like ws://127.0.0.1:8080/`);
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) {
    throw new UsageError(`the URL must begin with ws: or wss:, not ${url.protocol}`);
  }
  return url;
}
