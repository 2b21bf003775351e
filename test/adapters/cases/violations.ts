// Cases: a peer that breaks the protocol or exceeds a limit.
import assert from "node:assert/strict";
import type { CloseEvent } from "../../../src/protocol/events.js";
import { masked, unmasked } from "../raw-peer.js";
import { Recorder } from "../recorder.js";
import type { Case } from "../scene.js";

interface Violation {
  readonly name: string;
  readonly frames: readonly string[];
  /** What goes out, and what is reported. */
  readonly close: string;
  readonly failure: string;
}

/** One of each kind: the rest are vectors of the protocol, but what they come to must survive the adapter. */
const VIOLATIONS: readonly Violation[] = [
  {
    name: "a message over the limit (10.4)",
    frames: ["82 65 |"],
    close: "03 f1",
    failure: "MESSAGE_TOO_LONG",
  },
  {
    name: "fragments that are over the limit together (10.4)",
    frames: ["02 3c | 00*60", "80 3c | 00*60"],
    close: "03 f1",
    failure: "MESSAGE_TOO_LONG",
  },
  {
    name: "too many fragments (10.4)",
    frames: ["01 00 |", "00 00 |", "00 00 |", "00 00 |", "00 00 |"],
    close: "03 f0",
    failure: "TOO_MANY_FRAGMENTS",
  },
  {
    name: "text that is not UTF-8 (8.1)",
    frames: ["81 03 | 'a' c0 80"],
    close: "03 ef",
    failure: "INVALID_UTF8",
  },
  { name: "a reserved bit (5.2)", frames: ["c1 01 | 'x'"], close: "03 ea", failure: "RESERVED_BITS" },
  { name: "a reserved opcode (5.2)", frames: ["83 00 |"], close: "03 ea", failure: "RESERVED_OPCODE" },
  { name: "a long ping (5.5)", frames: ["89 7e 00 7e |"], close: "03 ea", failure: "CONTROL_TOO_LONG" },
  { name: "a bad status code (7.4)", frames: ["88 02 | 03 ed"], close: "03 ea", failure: "CLOSE_CODE" },
];

const LIMITS = { maxMessageBytes: 100, maxFragments: 4 };

export const violationCases: readonly Case[] = [
  ...VIOLATIONS.map(
    ({ name, frames, close, failure }): Case => ({
      name: `a client's violation: ${name}`,
      async run(scene) {
        const recorder = new Recorder();
        const server = await scene.serve({ limits: LIMITS }, recorder);
        const peer = await scene.client(server);
        const witness = await scene.client(server);
        await peer.write(masked("81 02 | 'ok'", ...frames, "81 02 | 'no'", "89 00 |"));
        await peer.expect(`88 02 ${close}`);
        // The server first.
        await peer.fin();
        assert.equal(recorder.count("close"), 0);
        peer.end();
        assert.equal(await recorder.closed(), `close 1006 ${failure}`);
        assert.deepEqual(recorder.log, ["open", "open", 'text "ok"', `close 1006 ${failure}`]);
        // Other connections noticed nothing.
        await witness.write(masked("89 01 | 'w'"));
        await witness.expect("8a 01 'w'");
      },
    }),
  ),
  ...VIOLATIONS.map(
    ({ name, frames, close, failure }): Case => ({
      name: `a server's violation: ${name}`,
      async run(scene) {
        const raw = await scene.wsServer();
        const recorder = new Recorder();
        await scene.connect(raw.url, { limits: LIMITS }, recorder);
        const [peer] = raw.peers;
        assert.ok(peer);
        await peer.write(unmasked("81 02 | 'ok'", ...frames, "81 02 | 'no'"));
        const [frame] = await peer.frames(1);
        assert.equal(frame?.opcode, 8);
        assert.equal(Buffer.from(frame?.payload ?? []).toString("hex"), close.replace(" ", ""));
        await peer.fin();
        peer.end();
        assert.equal(await recorder.closed(), `close 1006 ${failure}`);
        assert.deepEqual(recorder.log, ["open", 'text "ok"', `close 1006 ${failure}`]);
      },
    }),
  ),
  {
    name: "the failure of an exceeded limit names it, and by how much it was exceeded (10.4)",
    async run(scene) {
      for (const [frames, limit] of [
        [["02 3c | 00*60", "80 3c |"], { name: "maxMessageBytes", value: 100, actual: 120 }],
        [["01 00 |", ...Array(4).fill("00 00 |")], { name: "maxFragments", value: 4, actual: 5 }],
      ] as const) {
        let event: CloseEvent | undefined;
        const recorder = new Recorder({
          close(_, closed) {
            event = closed;
          },
        });
        const server = await scene.serve({ limits: LIMITS }, recorder);
        const peer = await scene.client(server);
        await peer.write(masked(...frames));
        peer.end();
        await recorder.closed();
        assert.deepEqual(event?.failure?.limit, limit);
      }
    },
  },
  {
    name: "frames that are not masked, to a server; that are, to a client (5.1)",
    async run(scene) {
      const theirs = new Recorder();
      const server = await scene.serve({}, theirs);
      const peer = await scene.client(server);
      await peer.write(unmasked("81 01 | 'x'"));
      await peer.expect("88 02 03 ea");
      peer.destroy();
      assert.equal(await theirs.closed(), "close 1006 NOT_MASKED");
      const raw = await scene.wsServer((client) => client.write(masked("81 01 | 'x'")));
      const ours = new Recorder();
      await scene.connect(raw.url, {}, ours);
      await raw.peers[0]?.frames(1);
      raw.peers[0]?.end();
      assert.equal(await ours.closed(), "close 1006 MASKED");
    },
  },
  {
    name: "a client that breaks a rule and reads nothing is given up after the close time-out",
    async run(scene) {
      const recorder = new Recorder();
      const server = await scene.serve({ timeouts: { closeMs: 100 } }, recorder);
      const peer = await scene.client(server);
      await peer.write("ff ff");
      assert.equal(await recorder.closed(), "close 1006 RESERVED_BITS");
      await peer.gone();
    },
  },
];
