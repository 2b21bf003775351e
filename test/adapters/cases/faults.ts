// Cases: a peer that fails behind any byte of a stream.
import assert from "node:assert/strict";
import { certificate } from "../../support/certificate.js";
import type { ListenOptions } from "../adapter.js";
import { masked, type RawPeer, request } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case, Scene } from "../scene.js";
import { turns } from "../until.js";

const HEAD = request();
/** A handshake and frames of each kind: something goes wrong behind each byte of this. */
const STREAM = Buffer.concat([
  Buffer.from(HEAD, "latin1"),
  masked("81 05 | 'hello'", "02 7e 00 82 | 05*130", "89 04 | 'ping'", "00 03 | 05*3", "80 00 |"),
]);
const AT_ONCE = 32;

/** What a peer does behind its last byte. */
type Fault = (peer: RawPeer) => unknown;

const FAULTS: Readonly<Record<string, Fault>> = {
  async RST(peer) {
    // A server may accept one in a turn, and one that is reset before has never been there.
    await turns(AT_ONCE);
    peer.reset();
  },
  FIN: (peer) => peer.destroy(),
  async "half-close"(peer) {
    peer.end();
    await peer.gone();
  },
};

/** Does that for each cut of the stream, with so many of them under way. */
async function eachCut(step: number, atOnce: number, act: (cut: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next <= STREAM.length) {
      const cut = next;
      next += step;
      await act(cut);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Has peers send the stream up to a byte and then fail; looks at what is left of them. */
async function failBehind(
  scene: Scene,
  fault: Fault,
  options: ListenOptions = {},
  { step = 1, atOnce = AT_ONCE } = {},
): Promise<void> {
  const recorder = new Recorder();
  const server = await scene.serve(options, recorder);
  const before = scene.adapter.openSockets();
  const where = options.tls === undefined ? server : { port: server.port, ca: options.tls.cert };
  await eachCut(step, atOnce, async (cut) => {
    const peer = await scene.lone(where);
    if (cut > 0) await peer.write(STREAM.subarray(0, cut));
    await fault(peer);
  });
  await scene.eventually(
    () => scene.adapter.openSockets() <= before && server.connections.size === 0,
    () => `the sockets to be closed: ${scene.adapter.openSockets()}, ${before} before`,
  );
  const sockets = (type: "open" | "close") =>
    recorder.calls.flatMap((call) => (call.type === type ? [call.socket] : []));
  // One for each, which has no other.
  assert.equal(recorder.count("close"), recorder.count("open"));
  assert.deepEqual(new Set(sockets("close")), new Set(sockets("open")));
  assert.ok(recorder.count("open") > 0);
  // Other connections are not affected.
  const peer = await scene.client(where);
  await peer.write(masked("89 00 |"));
  await peer.expect("8a 00");
}

export const faultCases: readonly Case[] = [
  ...Object.entries(FAULTS).map(
    ([name, fault]): Case => ({
      name: `${name} behind every byte of a handshake and of frames: one close event each, nothing left`,
      needs: ["tcp"],
      run: (scene) => failBehind(scene, fault),
    }),
  ),
  {
    name: "a peer that falls silent behind any byte: the handshake's time-out, or a ping and the end",
    needs: ["tcp"],
    async run(scene) {
      const timeouts = { handshakeMs: 300, pingIntervalMs: 150, pingTimeoutMs: 150, closeMs: 300 };
      await failBehind(scene, (peer) => peer.gone(), { timeouts }, { atOnce: STREAM.length });
    },
  },
  {
    name: "wss: the peer's TLS ends without a word, behind any byte",
    needs: ["tls", "tcp"],
    async run(scene) {
      await failBehind(scene, (peer) => peer.destroy(), { tls: certificate() }, { step: 3 });
    },
  },
  {
    name: "a handshake and frames that come byte by byte are as good as any",
    async run(scene) {
      const { server, recorder } = await scene.echo();
      const peer = await scene.raw(server);
      for (const byte of STREAM) await peer.write(Uint8Array.of(byte));
      assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
      const frames = await peer.frames(3);
      const sent = frames.map(({ opcode, payload }) => `${opcode}: ${payload.length} bytes`);
      assert.deepEqual(sent, ["1: 5 bytes", "10: 4 bytes", "2: 133 bytes"]);
      assert.deepEqual(recorder.log.slice(0, 3), ["open", 'text "hello"', "ping 70 69 6e 67"]);
    },
  },
];
