// Cases: each way in which a connection ends is told apart by the close event, with the bytes that were not sent.
import assert from "node:assert/strict";
import type { Socket } from "../../../src/adapter/socket/handlers.js";
import type { CloseEvent } from "../../../src/protocol/events.js";
import type { Listening, ListenOptions } from "../adapter.js";
import { masked, type RawPeer } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { turns } from "../until.js";

interface Connection {
  readonly peer: RawPeer;
  readonly socket: Socket;
  readonly server: Listening;
}

/** What programs look at: the code of the failure with the status that was sent, or that of the cause. */
function wordsOf({ code, wasClean, failure, cause }: CloseEvent): string {
  const failed = failure === undefined ? "" : ` failure ${failure.code} ${failure.closeCode}`;
  const ended =
    cause === undefined ? "" : ` cause ${String(Object(cause).name)} ${String(Object(cause).code)}`;
  return `${code}${wasClean ? " clean" : ""}${failed}${ended}`;
}

/** Sends until the system takes no more. */
async function fill({ socket }: Connection): Promise<void> {
  const chunk = new Uint8Array(256 << 10);
  for (let i = 0; i < 400 && socket.bufferedAmount < 4 << 20 && socket.state === "open"; i++) {
    socket.send(chunk);
    await turns(1);
  }
}

const LARGE: ListenOptions = { limits: { maxBackpressureBytes: 1 << 30 } };

/** How a connection ends, and the close event that docs/errors.md promises for it. */
const ENDS: readonly {
  readonly name: string;
  readonly needs?: Case["needs"];
  readonly options?: ListenOptions;
  readonly act: (connection: Connection) => unknown;
  readonly words: string | RegExp;
  /** Whether bytes are left that were not sent. */
  readonly unsent?: boolean;
}[] = [
  {
    name: "both Close frames",
    async act({ peer }) {
      await peer.write(masked("88 02 | 03 e8"));
      peer.end();
    },
    words: "1000 clean",
  },
  { name: "the peer's FIN without a Close frame", act: ({ peer }) => peer.end(), words: "1006" },
  {
    name: "a reset",
    needs: ["tcp"],
    act: ({ peer }) => peer.reset(),
    words: /^1006 cause Error (ECONNRESET|EPIPE)$/,
  },
  {
    name: "a reset while output waits",
    needs: ["tcp"],
    options: LARGE,
    async act(connection) {
      connection.peer.stopReading();
      await fill(connection);
      connection.peer.reset();
    },
    words: /^1006 cause Error (ECONNRESET|EPIPE)$/,
    unsent: true,
  },
  {
    name: "silence (pingTimeoutMs)",
    options: { timeouts: { pingIntervalMs: 50, pingTimeoutMs: 50 } },
    act() {},
    words: "1006 cause TransportEnd PING_TIMEOUT",
  },
  {
    name: "output that is not read (writeMs)",
    options: { ...LARGE, timeouts: { writeMs: 100 } },
    async act(connection) {
      connection.peer.stopReading();
      await fill(connection);
    },
    words: "1006 cause TransportEnd WRITE_TIMEOUT",
    unsent: true,
  },
  {
    name: "a Close frame without an answer (closeMs)",
    options: { timeouts: { closeMs: 50 } },
    act: ({ socket }) => socket.close(1000),
    words: "1006 cause TransportEnd CLOSE_TIMEOUT",
  },
  {
    name: "server.close() whose time is up",
    act: ({ server }) => server.close({ timeoutMs: 50 }),
    words: "1006 cause TransportEnd CLOSE_TIMEOUT",
  },
  {
    name: "a backlog (maxBackpressureBytes)",
    options: { limits: { maxBackpressureBytes: 1 << 20 }, timeouts: { closeMs: 50 } },
    async act(connection) {
      connection.peer.stopReading();
      await fill(connection);
    },
    words: "1006 failure BACKPRESSURE 1013",
    unsent: true,
  },
  {
    name: "a broken rule",
    async act({ peer }) {
      await peer.write(masked("83 00 |"));
      peer.end();
    },
    words: "1006 failure RESERVED_OPCODE 1002",
  },
  {
    name: "a message over the limit",
    options: { limits: { maxMessageBytes: 1 } },
    async act({ peer }) {
      await peer.write(masked("82 02 | 0102"));
      peer.end();
    },
    words: "1006 failure MESSAGE_TOO_LONG 1009",
  },
  { name: "terminate()", act: ({ socket }) => socket.terminate(), words: "1006" },
  {
    name: "terminate() while output waits",
    options: LARGE,
    async act(connection) {
      connection.peer.stopReading();
      await fill(connection);
      connection.socket.terminate();
    },
    words: "1006",
    unsent: true,
  },
];

async function closeEvent(
  scene: Scene,
  options: ListenOptions,
  act: (connection: Connection) => unknown,
): Promise<CloseEvent> {
  const recorder = new Recorder();
  const server = await scene.serve(options, recorder);
  const peer = await scene.client(server);
  await act({ peer, socket: recorder.socket, server });
  await recorder.closed();
  const [event] = recorder.closes;
  assert.ok(event !== undefined);
  return event;
}

export const endCases: readonly Case[] = ENDS.map(
  ({ name, needs = [], options = {}, act, words, unsent = false }): Case => ({
    name: `the close event of ${name}`,
    needs,
    async run(scene) {
      const event = await closeEvent(scene, options, act);
      if (typeof words === "string") assert.equal(wordsOf(event), words);
      else assert.match(wordsOf(event), words);
      const { unsentBytes = -1 } = event;
      if (unsent) assert.ok(unsentBytes >= 1 << 20, `${unsentBytes} bytes`);
      else assert.equal(unsentBytes, 0);
    },
  }),
);
