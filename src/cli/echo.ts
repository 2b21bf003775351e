// `wsimd echo`: a server that sends each message back.
import { parseArgs } from "node:util";
import type { Handlers } from "../adapter/socket/handlers.js";
import { CloseCode } from "../protocol/close-code.js";
import { parsed, parseKernel, parseMaxMessageBytes, parsePort, parseWorkers, readTlsFiles } from "./args.js";
import { type Command, UsageError } from "./command.js";
import { alone, type Duty } from "./duty.js";
import { listenError, reportError } from "./listening.js";
import { runtimeAdapter, type ServeOptions } from "./runtime.js";

const HELP = `Usage: wsimd echo --port P [options]

Sends each message back as it came, text as text and binary as binary. Prints
"listening on ws://…" when it is ready. On SIGTERM or SIGINT it closes its
connections with 1001 and ends; a second signal kills it at once. With
--workers, it says if one of them dies, and goes on with the others.

Options:
  --port P                 port to listen on; 0 takes a free one
  --host H                 address to listen on (default 127.0.0.1)
  --tls-cert F             certificate (PEM): serves wss:
  --tls-key F              its key (PEM)
  --workers N              serve in N processes, which share the port
  --max-message-bytes N    longest message it takes (default 1048576)
  --compress               compress messages, for clients that can do it
  --kernel simd|scalar|js  which kernel decodes (default: the fastest that runs)
  -h, --help               print this

Exit codes: 0 after a signal; 1 can't listen, or no worker is left; 2 bad
arguments.
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  workers: { type: "string" },
  "max-message-bytes": { type: "string" },
  compress: { type: "boolean", default: false },
  kernel: { type: "string" },
} as const;

/** `wsimd echo`. */
export const echo: Command = {
  summary: "serve a WebSocket that sends each message back",
  help: HELP,
  async run(args) {
    const { workers, ...options } = readOptions(args);
    if (workers === undefined) return work(options, alone());
    const { inWorkers } = await import("./workers.js");
    return inWorkers(workers, ["echo", ...args], (duty) => work(options, duty));
  },
};

type EchoOptions = ServeOptions & { readonly host: string; readonly port: number };

/** Serves until its duty ends. @returns the exit code */
async function work(options: EchoOptions, { stop, reusePort, listening }: Duty): Promise<number> {
  const { serve } = await runtimeAdapter();
  const server = await serve({ ...options, reusePort }, HANDLERS).catch((error: unknown) => {
    throw listenError(error, options.host, options.port);
  });
  listening(server.url);
  await stop;
  // Resumes reading from peers whose messages wait, since their Close frames could not be read otherwise.
  for (const socket of server.connections.values()) socket.resume();
  await server.close({ code: CloseCode.GOING_AWAY });
  return 0;
}

const HANDLERS: Handlers = {
  message(socket, data) {
    // A peer that sends but doesn't read is paused until it has taken its output.
    if (socket.send(data) === "buffered") socket.pause();
  },
  drain(socket) {
    socket.resume();
  },
  error: reportError,
};

function readOptions(args: readonly string[]): EchoOptions & { readonly workers: number | undefined } {
  const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }));
  if (values.port === undefined) throw new UsageError("echo needs --port");
  const tls = readTlsFiles(values["tls-cert"], values["tls-key"]);
  const kernel = parseKernel(values.kernel);
  const limit = values["max-message-bytes"];
  return {
    host: values.host,
    port: parsePort(values.port),
    workers: values.workers === undefined ? undefined : parseWorkers(values.workers),
    compression: values.compress,
    // Pausing bounds the output that waits; a single message may still be longer than the backpressure limit.
    backpressure: "queue",
    ...(tls !== undefined && { tls }),
    ...(kernel !== undefined && { kernel }),
    ...(limit !== undefined && { limits: { maxMessageBytes: parseMaxMessageBytes(limit) } }),
  };
}
