// Bad frames: the error of each, in both roles, and the code that the peer gets.
import { expect } from "vitest";
import { masked, type RawPeer, unmasked } from "../adapters/raw-peer.js";
import { soon } from "../adapters/until.js";
import { frame, KEY } from "../support/frame.js";
import { errorWords } from "./log.js";
import type { RawPair } from "./scene.js";
import { suite } from "./suite.js";
import type { ClientOptions } from "./surface.js";

interface Bad {
  readonly what: string;
  readonly frames: readonly string[];
  readonly code: string;
  readonly message: string;
  readonly closeCode: number;
  readonly type?: "Error";
  readonly options?: ClientOptions;
}

const INVALID = "Invalid WebSocket frame: ";
const opcode = (number: number, ...frames: string[]): Bad => ({
  what: `opcode ${number}${frames.length > 1 ? " behind another frame" : ""}`,
  frames,
  code: "WS_ERR_INVALID_OPCODE",
  message: `${INVALID}invalid opcode ${number}`,
  closeCode: 1002,
});
const rsv1 = (what: string, ...frames: string[]): Bad => ({
  what: `RSV1 ${what}`,
  frames,
  code: "WS_ERR_UNEXPECTED_RSV_1",
  message: `${INVALID}RSV1 must be clear`,
  closeCode: 1002,
});
const rsv23 = (what: string, ...frames: string[]): Bad => ({
  what,
  frames,
  code: "WS_ERR_UNEXPECTED_RSV_2_3",
  message: `${INVALID}RSV2 and RSV3 must be clear`,
  closeCode: 1002,
});
const fin = (what: string, ...frames: string[]): Bad => ({
  what: `${what} without FIN`,
  frames,
  code: "WS_ERR_EXPECTED_FIN",
  message: `${INVALID}FIN must be set`,
  closeCode: 1002,
});
const length = (number: number, what: string, ...frames: string[]): Bad => ({
  what: `${what} of ${number}`,
  frames,
  code: "WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
  message: `${INVALID}invalid payload length ${number}`,
  closeCode: 1002,
});
const closeCode = (number: number, frames: string): Bad => ({
  what: `a Close frame with ${number}`,
  frames: [frames],
  code: "WS_ERR_INVALID_CLOSE_CODE",
  message: `${INVALID}invalid status code ${number}`,
  closeCode: 1002,
});
const utf8 = (what: string, ...frames: string[]): Bad => ({
  what: `${what} that is not UTF-8`,
  frames,
  code: "WS_ERR_INVALID_UTF8",
  message: `${INVALID}invalid UTF-8 sequence`,
  closeCode: 1007,
  type: "Error",
});
const tooLong = (what: string, ...frames: string[]): Bad => ({
  what,
  frames,
  code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
  message: "Max payload size exceeded",
  closeCode: 1009,
  options: { maxPayload: 5 },
});

const BAD: readonly Bad[] = [
  ...[3, 4, 5, 6, 7].map((number) => opcode(number, `8${number} 00 |`)),
  ...[11, 12, 13, 14, 15].map((number) => opcode(number, `8${number.toString(16)} 00 |`)),
  opcode(0, "80 00 |"),
  opcode(0, "00 00 |"),
  opcode(1, "01 01 | 'a'", "81 00 |"),
  opcode(2, "01 01 | 'a'", "82 00 |"),
  opcode(1, "02 01 | 'a'", "01 00 |"),
  rsv1("in a text frame", "c1 00 |"),
  rsv1("in a binary frame", "c2 00 |"),
  rsv1("in a ping", "c9 00 |"),
  rsv1("in a Close frame", "c8 00 |"),
  rsv1("in a continuation", "01 00 |", "c0 00 |"),
  rsv23("RSV2", "a1 00 |"),
  rsv23("RSV3", "91 00 |"),
  rsv23("all of RSV1-3", "f1 00 |"),
  rsv23("RSV3 in a ping", "99 00 |"),
  fin("a ping", "09 00 |"),
  fin("a pong", "0a 00 |"),
  fin("a Close frame", "08 00 |"),
  length(126, "a ping", "89 7e 00 7e | 61*126"),
  length(127, "a pong", "8a 7f 00 00 00 00 00 01 00 00 |"),
  length(126, "a Close frame", "88 7e 00 7e | 61*126"),
  length(1, "a Close frame", "88 01 | 03"),
  ...(
    [
      [0, "00 00"],
      [999, "03 e7"],
      [1004, "03 ec"],
      [1005, "03 ed"],
      [1006, "03 ee"],
      [1015, "03 f7"],
      [2000, "07 d0"],
      [2999, "0b b7"],
      [5000, "13 88"],
    ] as const
  ).map(([number, bytes]) => closeCode(number, `88 02 | ${bytes}`)),
  utf8("text", "81 01 | ff"),
  utf8("a longer text", `81 7d | ${"61 ".repeat(124)}ff`),
  utf8("text that ends in a character", "81 02 | e2 82"),
  utf8("text in fragments", "01 01 | 'a'", "80 01 | ff"),
  utf8("a surrogate", "81 03 | ed a0 80"),
  utf8("an overlong form", "81 02 | c0 80"),
  utf8("a reason", "88 04 | 03 e8 ff fe"),
  tooLong("a frame longer than maxPayload", "82 06 | 'abcdef'"),
  tooLong("a frame whose length alone is too large", "82 7e ff ff |"),
  tooLong("fragments longer than maxPayload", "02 03 | 'abc'", "80 03 | 'def'"),
  tooLong("text longer than maxPayload", "81 06 | 'abcdef'"),
  {
    what: "a length over 2^53 - 1",
    frames: ["82 7f 00 20 00 00 00 00 00 00 |"],
    code: "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    message: "Unsupported WebSocket frame: payload length > 2^53 - 1",
    closeCode: 1009,
  },
  {
    what: "a length with its highest bit",
    frames: ["82 7f 80 00 00 00 00 00 00 00 |"],
    code: "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
    message: "Unsupported WebSocket frame: payload length > 2^53 - 1",
    closeCode: 1009,
  },
  {
    what: "more fragments than maxFragments",
    frames: ["01 01 | 'a'", "00 01 | 'b'", "80 01 | 'c'"],
    code: "WS_ERR_TOO_MANY_BUFFERED_PARTS",
    message: "Too many message fragments",
    closeCode: 1008,
    options: { maxFragments: 2 },
  },
];

/** What the peer gets: the code of the Close frame, and then the end. */
async function closedBy(peer: RawPeer): Promise<number> {
  const [frame] = await peer.frames(1);
  expect(frame?.opcode).toBe(8);
  await peer.fin();
  const [high = 0, low = 0] = frame?.payload ?? [];
  return high * 256 + low;
}

/** What becomes of a connection to which these bytes come. */
async function outcome(
  { peer, log }: RawPair,
  bytes: Uint8Array,
): Promise<{ words: string[]; closeCode: number }> {
  await peer.write(bytes);
  const closeCode = await closedBy(peer);
  peer.end();
  await log.closed();
  return { words: log.words.filter((each) => each !== "open"), closeCode };
}

suite("bad frames", "connections", (test) => {
  for (const role of ["server", "client"] as const) {
    const write = role === "server" ? masked : unmasked;
    for (const { what, frames, code, message, closeCode, type = "RangeError", options = {} } of BAD)
      test(`${what} to a ${role}: ${message}, ${closeCode}`, async (scene) => {
        const found = await outcome(await scene.raws(role, options), write(...frames));
        expect(found).toEqual({ words: [`error ${code} ${type}: ${message}`, 'close 1006 ""'], closeCode });
      });

    test(`messages to a ${role} before a bad frame are delivered, and none behind it`, async (scene) => {
      const options = { autoPong: false };
      const bytes = write("81 01 | 'a'", "89 00 |", "85 00 |", "81 01 | 'b'");
      const { words } = await outcome(await scene.raws(role, options), bytes);
      expect(words).toEqual([
        'text "a"',
        'ping ""',
        `error WS_ERR_INVALID_OPCODE RangeError: ${INVALID}invalid opcode 5`,
        'close 1006 ""',
      ]);
    });

    test(`a bad frame to a ${role} that is closing is an error, and the end`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      ws.close(1000);
      await peer.frames(1);
      await peer.write(write("85 00 |"));
      await peer.fin();
      peer.end();
      await log.closed();
      expect(log.words.filter((each) => each !== "open")).toEqual([
        `error WS_ERR_INVALID_OPCODE RangeError: ${INVALID}invalid opcode 5`,
        'close 1006 ""',
      ]);
    });

    test(`a second bad frame to a ${role} is no second error`, async (scene) => {
      const { peer, log } = await scene.raws(role);
      await peer.write(write("85 00 |"));
      await closedBy(peer);
      await peer.write(write("86 00 |"));
      peer.end();
      await log.closed();
      expect(log.count("error")).toBe(1);
    });

    test(`the state of a ${role} in a listener for the error is CLOSING`, async (scene) => {
      const { ws, peer, log } = await scene.raws(role);
      const states: number[] = [];
      ws.on("error", () => states.push(ws.readyState));
      await peer.write(write("85 00 |"));
      await closedBy(peer);
      peer.end();
      await log.closed();
      expect(states).toEqual([2]);
    });

    test(`an error without a listener of a ${role} is an uncaught exception`, async (scene) => {
      const { ws, peer } = await scene.raws(role);
      ws.removeAllListeners("error");
      const caught = new Promise<unknown>((resolve) => process.once("uncaughtException", resolve));
      await peer.write(write("85 00 |"));
      expect(errorWords(await soon(caught, "an exception"))).toBe(
        `WS_ERR_INVALID_OPCODE RangeError: ${INVALID}invalid opcode 5`,
      );
      expect(scene.uncaught()).toHaveLength(1);
    });

    test(`maxPayload of a ${role} takes messages of just that length`, async (scene) => {
      const { peer, log } = await scene.raws(role, { maxPayload: 5 });
      await peer.write(write("82 05 | 'abcde'", "02 03 | 'abc'", "80 02 | 'de'", "89 06 | 'abcdef'"));
      await log.until("ping");
      expect(log.count("message")).toBe(2);
    });

    test(`skipUTF8Validation of a ${role} delivers text as it is`, async (scene) => {
      const { peer, log } = await scene.raws(role, { skipUTF8Validation: true });
      await peer.write(write("81 02 | ff 61", "01 01 | e2", "80 01 | 61"));
      await log.until("message", 2);
      expect(log.messages).toEqual([Buffer.from([0xff, 0x61]), Buffer.from([0xe2, 0x61])]);
    });

    test(`skipUTF8Validation of a ${role} holds for reasons`, async (scene) => {
      const { peer, ws, log } = await scene.raws(role, { skipUTF8Validation: true });
      const reasons: unknown[] = [];
      ws.on("close", (_: number, reason: Buffer) => reasons.push(reason));
      await peer.write(write("88 03 | 03 e8 ff"));
      await peer.frames(1);
      peer.end();
      await log.closed();
      expect(reasons).toEqual([Buffer.from([0xff])]);
    });

    test.differs("minimal lengths", `a length of a ${role} that is not minimal`, {
      async ws(scene) {
        const { peer, log } = await scene.raws(role);
        await peer.write(write("82 7e 00 01 | 'a'", "82 7f 00 00 00 00 00 00 00 01 | 'b'"));
        await log.until("message", 2);
      },
      async wsimd(scene) {
        for (const literal of ["82 7e 00 01 | 'a'", "82 7f 00 00 00 00 00 00 00 01 | 'b'"]) {
          const { words, closeCode } = await outcome(await scene.raws(role), write(literal));
          expect(closeCode).toBe(1002);
          expect(words.map((each) => each.split(" ")[0])).toEqual(["error", "close"]);
        }
      },
    });

    const early = write("01 01 | ff");
    test.differs("early UTF-8 errors", `a first fragment to a ${role} that is not UTF-8`, {
      async ws(scene) {
        const { peer, log } = await scene.raws(role);
        await peer.write(early);
        await peer.write(write("89 00 |"));
        await log.until("ping");
        expect(log.count("error")).toBe(0);
      },
      async wsimd(scene) {
        const { words, closeCode } = await outcome(await scene.raws(role), early);
        expect(closeCode).toBe(1007);
        expect(words).toEqual([
          `error WS_ERR_INVALID_UTF8 Error: ${INVALID}invalid UTF-8 sequence`,
          'close 1006 ""',
        ]);
      },
    });

    test.differs("early header errors", `one byte of a header to a ${role}`, {
      async ws(scene) {
        const { peer, ws } = await scene.raws(role);
        await peer.write(Uint8Array.of(0x85));
        peer.end();
        await soon(new Promise((resolve) => ws.once("close", resolve)), "the end");
        expect(peer.byteLength).toBe(0);
      },
      async wsimd(scene) {
        const { closeCode } = await outcome(await scene.raws(role), Uint8Array.of(0x85));
        expect(closeCode).toBe(1002);
      },
    });
  }

  test("a frame without a mask to a server", async (scene) => {
    const { words, closeCode } = await outcome(await scene.served(), unmasked("81 02 | 'hi'"));
    expect(words).toEqual([
      `error WS_ERR_EXPECTED_MASK RangeError: ${INVALID}MASK must be set`,
      'close 1006 ""',
    ]);
    expect(closeCode).toBe(1002);
  });

  test("a frame with a mask to a client", async (scene) => {
    const { words, closeCode } = await outcome(await scene.connected(), masked("81 02 | 'hi'"));
    expect(words).toEqual([
      `error WS_ERR_UNEXPECTED_MASK RangeError: ${INVALID}MASK must be clear`,
      'close 1006 ""',
    ]);
    expect(closeCode).toBe(1002);
  });

  test("a control frame without a mask to a server", async (scene) => {
    const { words } = await outcome(await scene.served(), unmasked("89 00 |"));
    expect(words[0]).toBe(`error WS_ERR_EXPECTED_MASK RangeError: ${INVALID}MASK must be set`);
  });

  test("both sides may fail at once", async (scene) => {
    const { server, client } = await scene.pair();
    const words = `error WS_ERR_INVALID_OPCODE RangeError: ${INVALID}invalid opcode 5`;
    server.ws._socket.write(frame({ opcode: 5 }));
    client.ws._socket.write(frame({ opcode: 5, mask: KEY }));
    await Promise.all([server.log.closed(), client.log.closed()]);
    expect(client.log.words).toEqual(["open", words, 'close 1006 ""']);
    expect(server.log.words).toEqual([words, 'close 1006 ""']);
  });

  test("a peer that breaks the rules sees its code in its own close event", async (scene) => {
    const { server, client } = await scene.pair();
    client.ws.send("hi", { mask: false });
    expect(await client.log.closed()).toBe('close 1002 ""');
    expect(await server.log.closed()).toBe('close 1006 ""');
  });
});
