// Runs the code blocks of the documentation.
import { once } from "node:events";
import { WebSocket } from "ws";
import { serve } from "../../src/node/index.js";
import { freePort } from "./free-port.js";
import { type Exit, Program } from "./program.js";
import { runtimeBinary } from "./runtimes.js";

/**
 * Runs a block, with a free port in place of 8080. One that listens there gets a message and must answer it; one that
 * connects there finds a server that echoes; any other must end by itself.
 * @throws Error with what it printed, if it does not do that
 */
export async function runBlock(code: string): Promise<void> {
  if (/\b(serve|attach|upgrade|createServer|WebSocketServer)\(/.test(code)) await runServer(code);
  else if (code.includes("8080")) await runClient(code);
  else assertEnded(await evaluate(code, 0));
}

interface Ended {
  readonly program: Program;
  readonly exit: Exit;
}

/** Starts a block with a port in place of 8080. */
export function start(code: string, port: number): Program {
  const module = code.replaceAll("8080", String(port));
  if (code.includes('"wsimd/bun"')) return new Program(runtimeBinary("bun"), ["-e", module]);
  if (code.includes('"wsimd/deno"')) return new Program(runtimeBinary("deno"), ["eval", "--no-lock", module]);
  return new Program(process.execPath, ["--input-type=module", "-e", module]);
}

async function evaluate(code: string, port: number): Promise<Ended> {
  const program = start(code, port);
  return { program, exit: await program.exit };
}

function assertEnded({ program, exit }: Ended): void {
  if (exit.code !== 0 || program.stderr !== "")
    throw new Error(`ended with ${exit.code}:\n${program.stderr}`);
}

/** Between the choice of a port and its use, another test may take it: then the block starts again, on another one. */
const MOST_STARTS = 3;

async function runServer(code: string): Promise<void> {
  if (!code.includes("8080")) throw new Error("a server in the documentation listens on port 8080");
  for (let starts = 1; ; starts++) {
    const port = await freePort();
    const program = start(code, port);
    try {
      return await useServer(code, port, program);
    } catch (error) {
      if (starts === MOST_STARTS || !program.stderr.includes("EADDRINUSE")) throw error;
    }
  }
}

async function useServer(code: string, port: number, program: Program): Promise<void> {
  let over = false;
  program.exit.then(() => {
    over = true;
  });
  const { url, headers } = clientFor(code);
  const socket = await connected(url.replace("8080", String(port)), headers, () => over, program);
  const answer = once(socket, "message");
  socket.send("hello");
  const [data]: unknown[] = await Promise.race([
    answer,
    once(socket, "close").then(() =>
      Promise.reject(new Error(`closed without an answer:\n${program.stderr}`)),
    ),
  ]);
  if (String(data) === "") throw new Error("an empty answer");
  socket.terminate();
  await ended(program);
}

async function runClient(code: string): Promise<void> {
  let messages = 0;
  const server = await serve(
    { host: "127.0.0.1" },
    {
      message(from, data) {
        messages++;
        from.send(data);
      },
    },
  );
  const { program, exit } = await evaluate(code, server.port);
  await server.close();
  assertEnded({ program, exit });
  if (messages === 0) throw new Error("it sent nothing");
}

/** With a handler of its own a program ends with 0, without one by the signal. */
async function ended(program: Program): Promise<void> {
  program.signal("SIGTERM");
  const { code, signal } = await program.exit;
  if ((code !== 0 && signal !== "SIGTERM") || program.stderr !== "") {
    throw new Error(`ended with ${code ?? signal}:\n${program.stderr}`);
  }
}

interface Client {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The client that a block names in a comment, `npx wsimd connect URL --header 'Name: value'`, or else a plain one. */
function clientFor(code: string): Client {
  const { url = "ws://127.0.0.1:8080/", options = "" } =
    /^\/\/ npx wsimd connect (?<url>\S+)(?<options>.*)$/m.exec(code)?.groups ?? {};
  const headers = [...options.matchAll(/--header '(?<name>[^:]+): (?<value>[^']+)'/g)].map(
    ({ groups: { name = "", value = "" } = {} }) => [name, value],
  );
  return { url, headers: Object.fromEntries(headers) };
}

/** Tries until the server listens. */
async function connected(
  url: string,
  headers: Client["headers"],
  over: () => boolean,
  program: Program,
): Promise<WebSocket> {
  while (!over()) {
    const socket = new WebSocket(url, { headers });
    const open = await Promise.race([
      once(socket, "open").then(() => true),
      new Promise<false>((resolve) => socket.on("error", () => resolve(false))),
    ]);
    if (open) return socket;
  }
  throw new Error(`ended before it listened:\n${program.stderr}`);
}
