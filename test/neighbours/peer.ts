// Programs on the other side, in ./peers: each says what it sees line by line.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Socket } from "../../src/adapter/socket/handlers.js";
import type { DialOptions, ListenOptions } from "../adapters/adapter.js";
import { Recorder } from "../adapters/recorder.js";
import type { Scene } from "../adapters/scene.js";
import { certificate } from "../support/certificate.js";
import { Program } from "../support/program.js";
import { file, folder } from "./daemon.js";
import { LARGE_LIMITS } from "./neighbour-test.js";

/** The longest message: programs in Python mask it byte by byte. */
const LONG_BYTES = 1 << 20;

/** The path of a program in ./peers. */
export function peerFile(name: string): string {
  return fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
}

/** Starts a program that ends with the scene. */
export function startPeer(
  scene: Scene,
  [command = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const program = new Program(command, args, { env });
  scene.after(async () => {
    program.signal("SIGKILL");
    await program.exit;
  });
  return program;
}

/** A server of ours for clients of others. */
export interface Host {
  readonly url: string;
  readonly recorder: Recorder;
  /** What makes a client trust its certificate. */
  readonly env: Readonly<Record<string, string>>;
  /** The certificate's file. */
  readonly caFile: string;
}

/** Handlers that ping, send everything back, on request in fragments, and close on request. */
export function hostHandlers(): Recorder {
  return new Recorder({
    open: (socket) => socket.ping(Uint8Array.of(0x68, 0x69)),
    message(socket, data) {
      if (data === "close me") socket.close(4321, "as you wish");
      else if (data === "fragments") {
        for (const [part, final] of [
          ["in ", false],
          ["", false],
          ["parts", true],
        ] as const) {
          socket.sendFragment(part, final);
        }
      } else socket.send(data);
    },
  });
}

/** Starts a server of ours. */
export async function startHost(scene: Scene, secure: boolean, more: ListenOptions = {}): Promise<Host> {
  const tls = certificate();
  const caFile = await file(await folder(scene), "ca.pem", tls.cert);
  const recorder = hostHandlers();
  const options = { protocols: ["chat"], limits: LARGE_LIMITS, ...(secure && { tls }), ...more };
  const server = await scene.serve(options, recorder);
  // Go and OpenSSL, Node and Bun, Deno.
  const env = { SSL_CERT_FILE: caFile, NODE_EXTRA_CA_CERTS: caFile, DENO_CERT: caFile };
  return { url: server.url.replace("127.0.0.1", "localhost"), recorder, env, caFile };
}

/** Runs a client of others. @returns its lines */
export async function runClient(scene: Scene, host: Host, command: readonly string[]): Promise<string[]> {
  const program = startPeer(scene, [...command, host.url, String(LONG_BYTES)], host.env);
  const exit = await program.exit;
  assert.deepEqual(exit, { code: 0, signal: null }, program.stdout + program.stderr);
  return program.stdout.trimEnd().split("\n");
}

/** Our client with a server of others that does as {@link hostHandlers}. */
export async function visit(scene: Scene, url: string, more: DialOptions = {}): Promise<Socket> {
  const options = { protocols: ["other", "chat"], limits: LARGE_LIMITS, ...more };
  const ours = new Recorder();
  const socket = await scene.connect(url, options, ours);
  assert.equal(socket.protocol, "chat");
  const long = "0123456789abcdef".repeat(LONG_BYTES / 16);
  const messages = ["", "hello", "€uro \u{1f600}", Buffer.alloc(0), Buffer.alloc(126, 1), long];
  messages.push(Buffer.alloc(65_535, 2), Buffer.alloc(65_536, 3), Buffer.alloc(LONG_BYTES, 4));
  for (const message of messages) {
    socket.send(message);
    // One at a time: the other side may read more slowly than it writes.
    await ours.until("message", messages.indexOf(message) + 1);
  }
  for (const [i, message] of messages.entries()) {
    const back = ours.messages[i];
    if (typeof message === "string") assert.ok(back === message);
    else assert.ok(back instanceof Buffer && back.equals(message));
  }
  socket.sendFragment("in ", false);
  socket.sendFragment("", false);
  socket.sendFragment("parts of ours", true);
  socket.ping(Uint8Array.of(1, 2, 3));
  await ours.until("message", messages.length + 1);
  assert.equal(ours.messages.at(-1), "in parts of ours");
  await ours.until("pong");
  assert.ok(ours.log.includes("pong 01 02 03") && ours.log.includes("ping 68 69"), ours.log.join());
  socket.close(4001, "bye €");
  assert.match(await ours.closed(), /^close 4001 (.* )?clean$/);
  const again = new Recorder();
  (await scene.connect(url, options, again)).send("close me");
  assert.equal(await again.closed(), 'close 4321 "as you wish" clean');
  return socket;
}
