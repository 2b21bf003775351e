// `wsimd echo`: a server that sends each message back.
import { parseArgs } from "node:util";
import type { Handlers } from "../adapter/socket/handlers.js";
import { CloseCode } from "../protocol/close-code.js";
import { parsed, parseKernel, parseMaxMessageBytes, parsePort, readTlsFiles } from "./args.js";
import { type Command, UsageError } from "./command.js";
import { listenError, reportError, untilSignal } from "./listening.js";
import { runtimeAdapter, type ServeOptions } from "./runtime.js";

const HELP = `Usage: wsimd echo --port P [options]

Sends each message back as it came, text as text and binary as binary. Prints
"listening on ws://…" when it is ready. On SIGTERM or SIGINT it closes its
connections with 1001 and ends; a second signal kills it at once.

Options:
  --port P                 port to listen on; 0 takes a free one
  --host H                 address to listen on (default 127.0.0.1)
  --tls-cert F             certificate (PEM): serves wss:
  --tls-key F              its key (PEM)
  --max-message-bytes N    longest message it takes (default 1048576)
  --kernel simd|scalar|js  which kernel decodes (default: the fastest that runs)
  -h, --help               print this

Exit codes: 0 after a signal; 1 can't listen; 2 bad arguments.
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string", default: "127.0.0.1" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "max-message-bytes": { type: "string" },
  kernel: { type: "string" },
} as const;

/** `wsimd echo`. */
export const echo: Command = {
  summary: "serve a WebSocket that sends each message back",
  help: HELP,
  async run(args) {
    const { host, port, ...rest } = readOptions(args);
    const stopped = untilSignal();
    const { serve } = await runtimeAdapter();
    const server = await serve({ host, port, ...rest }, HANDLERS).catch((error: unknown) => {
      throw listenError(error, host, port);
    });
    console.log(`listening on ${server.url}`);
    await stopped;
    // Resumes reading from peers whose messages wait, since their Close frames could not be read otherwise.
    for (const socket of server.connections.values()) socket.resume();
    await server.close({ code: CloseCode.GOING_AWAY });
    return 0;
  },
};

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

function readOptions(args: readonly string[]): ServeOptions & { host: string; port: number } {
  const { values } = parsed(() => parseArgs({ args: [...args], options: OPTIONS }));
  if (values.port === undefined) throw new UsageError("echo needs --port");
  const tls = readTlsFiles(values["tls-cert"], values["tls-key"]);
  const kernel = parseKernel(values.kernel);
  const limit = values["max-message-bytes"];
  return {
    host: values.host,
    port: parsePort(values.port),
    // Pausing bounds the output that waits; a single message may still be longer than the backpressure limit.
    backpressure: "queue",
    ...(tls !== undefined && { tls }),
    ...(kernel !== undefined && { kernel }),
    ...(limit !== undefined && { limits: { maxMessageBytes: parseMaxMessageBytes(limit) } }),
  };
}
