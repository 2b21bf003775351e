// Every value that is documented for an option works, over TCP and over TLS.
import assert from "node:assert/strict";
import type { SocketOptions } from "../../../src/adapter/socket/options.js";
import { certificate } from "../../support/certificate.js";
import type { DialOptions, ListenOptions, TlsFiles } from "../adapter.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";

/** Beyond what timers and 32 bits hold. */
const LARGE = [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_VALUE, Number.POSITIVE_INFINITY];
const TIMES = [60_000.5, ...LARGE];
const BYTES = [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY];
const COUNTS = [1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];
const HEADS = [2_000, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER];

/** Of the options of both sides. */
const SHARED: Readonly<Record<string, readonly SocketOptions[]>> = {
  "timeouts.handshakeMs": TIMES.map((handshakeMs) => ({ timeouts: { handshakeMs } })),
  "timeouts.pingIntervalMs": TIMES.map((pingIntervalMs) => ({ timeouts: { pingIntervalMs } })),
  "timeouts.pingTimeoutMs": [0.5, ...TIMES].map((pingTimeoutMs) => ({ timeouts: { pingTimeoutMs } })),
  "timeouts.closeMs": TIMES.map((closeMs) => ({ timeouts: { closeMs } })),
  "limits.maxMessageBytes": [1, ...BYTES].map((maxMessageBytes) => ({ limits: { maxMessageBytes } })),
  "limits.maxFragments": [1, 2 ** 31, 2 ** 32 - 1].map((maxFragments) => ({ limits: { maxFragments } })),
  "limits.maxBackpressureBytes": [1, ...BYTES].map((maxBackpressureBytes) => ({
    limits: { maxBackpressureBytes },
  })),
  "limits.maxHeadBytes": HEADS.map((maxHeadBytes) => ({ limits: { maxHeadBytes } })),
  "limits.maxHeaderLines": HEADS.map((maxHeaderLines) => ({ limits: { maxHeaderLines } })),
  backpressure: (["close", "drop", "queue"] as const).map((backpressure) => ({ backpressure })),
  borrow: [true, false].map((borrow) => ({ borrow })),
  deliver: [{ deliver: "message" }],
  sequential: [true, false].map((sequential) => ({ sequential })),
  discardAfterClose: [true, false].map((discardAfterClose) => ({ discardAfterClose })),
  kernel: (["simd", "scalar", "js"] as const).map((kernel) => ({ kernel })),
};

const COMPRESSION = [
  ...[true, false].map((compression) => ({ compression })),
  ...[0, 1, 2 ** 32, Number.POSITIVE_INFINITY].map((threshold) => ({ compression: { threshold } })),
  ...[true, false].map((takeover) => ({ compression: { takeover } })),
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((windowBits) => ({ compression: { windowBits } })),
  ...[0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((memoryBudget) => ({ compression: { memoryBudget } })),
  ...(["default", "fast"] as const).map((effort) => ({ compression: { effort, threshold: 0 } })),
];

const OF_SERVERS: Readonly<Record<string, readonly ListenOptions[]>> = {
  maxConnections: COUNTS.map((maxConnections) => ({ maxConnections })),
  protocols: [{ protocols: [] }, { protocols: ["a", "b"] }],
  compression: COMPRESSION,
  origins: [
    { origins: [undefined] },
    { origins: [undefined, "https://example.org"] },
    { origins: ["same", undefined] },
  ],
  data: [{ data: () => 0 }, { data: () => ({}) }],
  port: [{ port: 0 }],
};

const OF_CLIENTS: Readonly<Record<string, readonly DialOptions[]>> = {
  compression: COMPRESSION,
  maxRedirects: [{ maxRedirects: 0 }, { maxRedirects: 10 }],
  headers: [{ headers: {} }, { headers: { "X-One": "1" } }],
  data: [{ data: () => 0 }, { data: () => ({}) }],
};

/** Options of adapters that open connections themselves. */
const OF_OWN_PORTS: ReadonlySet<string> = new Set(["maxConnections", "maxRedirects"]);

/** One character goes to the server and back, and both sides close. */
async function echo(scene: Scene, server: ListenOptions, client: DialOptions, tls?: TlsFiles): Promise<void> {
  const { server: listening, recorder } = await scene.echo({ ...server, ...(tls && { tls }) });
  const ours = new Recorder();
  const socket = await scene.connect(
    listening.url,
    { ...client, ...(tls && { tls: { ca: tls.cert } }) },
    ours,
  );
  socket.send("a");
  await ours.until("message");
  assert.deepEqual(ours.messages, ["a"]);
  socket.close(1000);
  assert.equal(await recorder.closed(), "close 1000 clean");
  assert.equal(await ours.closed(), "close 1000 clean");
  await listening.close();
}

function cases<Options>(
  side: string,
  table: Readonly<Record<string, readonly Options[]>>,
  run: (scene: Scene, options: Options, tls?: TlsFiles) => Promise<void>,
): Case[] {
  return Object.entries(table).flatMap(([name, values]): Case[] => [
    {
      name: `${name} of ${side}, over TCP`,
      ...(OF_OWN_PORTS.has(name) && { needs: ["port"] as const }),
      async run(scene) {
        for (const value of values) await run(scene, value);
      },
    },
    {
      name: `${name} of ${side}, over TLS`,
      needs: OF_OWN_PORTS.has(name) ? ["tls", "port"] : ["tls"],
      async run(scene) {
        const tls = certificate();
        for (const value of values) await run(scene, value, tls);
      },
    },
  ]);
}

export const optionValueCases: readonly Case[] = [
  ...cases("a server", { ...SHARED, ...OF_SERVERS }, (scene, options, tls) => echo(scene, options, {}, tls)),
  ...cases("a client", { ...SHARED, ...OF_CLIENTS }, (scene, options, tls) => echo(scene, {}, options, tls)),
];
