// The class `PerMessageDeflate`, and compression in connections.
import { constants, deflateRawSync } from "node:zlib";
import { expect } from "vitest";
import { Random } from "../support/reference-random.js";
import type { Library } from "./library.js";
import { suite } from "./suite.js";
import type { DeflateOptions, PerMessageDeflate } from "./surface.js";

type Work = (deflate: PerMessageDeflate, data: Buffer | string, fin?: boolean) => Promise<Buffer>;

const compressed: Work = (deflate, data, fin = true) =>
  new Promise((resolve, reject) => {
    deflate.compress(data, fin, (error, result) => (result === undefined ? reject(error) : resolve(result)));
  });

const decompressed: Work = (deflate, data, fin = true) =>
  new Promise((resolve, reject) => {
    deflate.decompress(Buffer.from(data), fin, (error, result) =>
      result === undefined ? reject(error) : resolve(result),
    );
  });

/** An object that has taken part in a handshake. */
function agreed(
  { PerMessageDeflate, extension }: Library,
  field = "",
  options: DeflateOptions = {},
): PerMessageDeflate {
  const deflate = new PerMessageDeflate(options);
  deflate.accept(extension.parse(`permessage-deflate${field}`)["permessage-deflate"] ?? []);
  return deflate;
}

const BOTH_FORGET = "; server_no_context_takeover; client_no_context_takeover";

suite("permessage-deflate", "classes", (test) => {
  test("has a name", ({ library }) => {
    expect(library.PerMessageDeflate.extensionName).toBe("permessage-deflate");
  });

  for (const [options, offer] of [
    [undefined, { client_max_window_bits: true }],
    [{ clientMaxWindowBits: false }, {}],
    [
      { clientMaxWindowBits: true, serverMaxWindowBits: true },
      { client_max_window_bits: true, server_max_window_bits: true },
    ],
    [
      { serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: false },
      { client_max_window_bits: true },
    ],
    [
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 11,
      },
      {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: 10,
        client_max_window_bits: 11,
      },
    ],
  ] as const)
    test(`the offer of ${JSON.stringify(options)}`, ({ library }) => {
      const deflate = new library.PerMessageDeflate(options);
      expect(deflate.offer()).toStrictEqual(offer);
      expect(deflate.params).toBe(null);
    });

  for (const isServer of [true, false])
    for (const [field, error] of [
      [
        "; server_no_context_takeover; server_no_context_takeover",
        new Error('Parameter "server_no_context_takeover" must have only a single value'),
      ],
      ["; foo", new Error('Unknown parameter "foo"')],
      [
        "; client_no_context_takeover=10",
        new TypeError('Invalid value for parameter "client_no_context_takeover": 10'),
      ],
      [
        "; server_no_context_takeover=10",
        new TypeError('Invalid value for parameter "server_no_context_takeover": 10'),
      ],
      [
        "; server_max_window_bits=7",
        new TypeError('Invalid value for parameter "server_max_window_bits": 7'),
      ],
      [
        "; server_max_window_bits=16",
        new TypeError('Invalid value for parameter "server_max_window_bits": 16'),
      ],
      [
        "; server_max_window_bits=9.5",
        new TypeError('Invalid value for parameter "server_max_window_bits": 9.5'),
      ],
      [
        "; server_max_window_bits=ten",
        new TypeError('Invalid value for parameter "server_max_window_bits": ten'),
      ],
      [
        "; server_max_window_bits",
        new TypeError('Invalid value for parameter "server_max_window_bits": true'),
      ],
      [
        "; client_max_window_bits=16",
        new TypeError('Invalid value for parameter "client_max_window_bits": 16'),
      ],
      [", permessage-deflate; foo", new Error('Unknown parameter "foo"')],
    ] as const)
      test(`a ${isServer ? "server" : "client"} refuses "${field}"`, ({ library }) => {
        const accept = () => agreed(library, field, { isServer });
        expect(accept).toThrow(error);
        expect(accept).toThrow(error instanceof TypeError ? TypeError : Error);
      });

  test("a client refuses client_max_window_bits without a value", ({ library }) => {
    expect(() => agreed(library, "; client_max_window_bits")).toThrow(
      new TypeError('Invalid value for parameter "client_max_window_bits": true'),
    );
  });

  for (const [field, options, answer] of [
    ["", {}, ""],
    ["; client_max_window_bits", {}, ""],
    ["; client_max_window_bits", { clientMaxWindowBits: true }, ""],
    ["; client_max_window_bits=11", {}, "; client_max_window_bits=11"],
    ["; client_max_window_bits=11", { clientMaxWindowBits: false }, ""],
    ["; client_max_window_bits=11", { clientMaxWindowBits: 10 }, "; client_max_window_bits=10"],
    ["; client_max_window_bits", { clientMaxWindowBits: 10 }, "; client_max_window_bits=10"],
    ["; server_max_window_bits=10", {}, "; server_max_window_bits=10"],
    ["", { serverMaxWindowBits: 9 }, "; server_max_window_bits=9"],
    [
      "; server_max_window_bits=14; client_max_window_bits=13",
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 12,
        clientMaxWindowBits: 11,
      },
      "; server_max_window_bits=12; client_max_window_bits=11; server_no_context_takeover; client_no_context_takeover",
    ],
    [
      "; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover; client_max_window_bits=11",
      {},
      "; client_no_context_takeover; server_max_window_bits=10; server_no_context_takeover; client_max_window_bits=11",
    ],
    ["; client_no_context_takeover", { clientNoContextTakeover: false }, "; client_no_context_takeover"],
    [
      "; server_max_window_bits=10, permessage-deflate",
      { serverMaxWindowBits: 11 },
      "; server_max_window_bits=11",
    ],
    [
      "; server_no_context_takeover, permessage-deflate; client_max_window_bits",
      { serverNoContextTakeover: false },
      "",
    ],
  ] as const)
    test(`a server with ${JSON.stringify(options)} answers the offer "${field}"`, ({ library }) => {
      const deflate = agreed(library, field, { ...options, isServer: true });
      expect(library.extension.format({ "permessage-deflate": deflate.params ?? {} })).toBe(
        `permessage-deflate${answer}`,
      );
    });

  for (const [field, options] of [
    ["; server_no_context_takeover", { serverNoContextTakeover: false }],
    ["; server_max_window_bits=10", { serverMaxWindowBits: false }],
    ["; server_max_window_bits=10", { serverMaxWindowBits: 11 }],
    ["; client_max_window_bits=9", { clientMaxWindowBits: 10 }],
    ["", { clientMaxWindowBits: 10 }],
  ] as const)
    test(`a server with ${JSON.stringify(options)} declines the offer "${field}"`, ({ library }) => {
      expect(() => agreed(library, field, { ...options, isServer: true })).toThrow(
        new Error("None of the extension offers can be accepted"),
      );
    });

  for (const [field, options, params] of [
    ["", {}, {}],
    ["", { clientMaxWindowBits: 10 }, { client_max_window_bits: 10 }],
    ["; client_max_window_bits=9", { clientMaxWindowBits: 10 }, { client_max_window_bits: 9 }],
    [
      "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=11",
      {},
      {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: 10,
        client_max_window_bits: 11,
      },
    ],
  ] as const)
    test(`a client with ${JSON.stringify(options)} takes the answer "${field}"`, ({ library }) => {
      expect({ ...agreed(library, field, options).params }).toEqual(params);
    });

  for (const [field, options, message] of [
    [
      "; client_no_context_takeover",
      { clientNoContextTakeover: false },
      'Unexpected parameter "client_no_context_takeover"',
    ],
    [
      "; client_max_window_bits=10",
      { clientMaxWindowBits: false },
      'Unexpected or invalid parameter "client_max_window_bits"',
    ],
    [
      "; client_max_window_bits=11",
      { clientMaxWindowBits: 10 },
      'Unexpected or invalid parameter "client_max_window_bits"',
    ],
  ] as const)
    test(`a client with ${JSON.stringify(options)} refuses the answer "${field}"`, ({ library }) => {
      expect(() => agreed(library, field, options)).toThrow(new Error(message));
    });

  test("accept returns what becomes params, of the kind that it was given", ({ library }) => {
    const deflate = new library.PerMessageDeflate();
    const accepted = deflate.accept([{}]);
    expect(accepted).toStrictEqual({});
    expect(deflate.params).toBe(accepted);
    expect(Object.getPrototypeOf(agreed(library).params)).toBe(null);
  });

  // ---- compress and decompress ----

  test("compresses and decompresses whole messages", async ({ library }) => {
    const deflate = agreed(library);
    for (const data of [Buffer.from([1, 2, 3]), Buffer.alloc(0), new Random(1).bytes(100_000)])
      expect(await decompressed(deflate, await compressed(deflate, Buffer.from(data)))).toEqual(
        Buffer.from(data),
      );
    expect(String(await decompressed(deflate, await compressed(deflate, "\u20ac")))).toBe("\u20ac");
  });

  test("compresses and decompresses messages in fragments", async ({ library }) => {
    const deflate = agreed(library);
    const parts = [await compressed(deflate, "abc", false), await compressed(deflate, "abcabc")];
    expect(await decompressed(deflate, parts[0] ?? "", false)).toEqual(Buffer.from("abc"));
    expect(await decompressed(deflate, parts[1] ?? "", true)).toEqual(Buffer.from("abcabc"));
  });

  test("a message refers to the one before, where that is allowed", async ({ library }) => {
    const server = agreed(library, "", { isServer: true });
    const first = await compressed(server, "foofoo");
    expect((await compressed(server, "foofoo")).length).toBeLessThan(first.length);
    for (const field of ["; server_no_context_takeover", BOTH_FORGET]) {
      const forgetful = agreed(library, field, { isServer: true });
      expect(await compressed(forgetful, "foofoo")).toEqual(first);
      expect(await compressed(forgetful, "foofoo")).toEqual(first);
    }
  });

  test("the level and the memory of zlib are the caller's", async ({ library }) => {
    const data = Buffer.from("Some compressible data, some compressible data.");
    for (const [level, shorter] of [
      [0, false],
      [9, true],
    ] as const) {
      const deflate = agreed(library, BOTH_FORGET, { zlibDeflateOptions: { level, memLevel: 5 } });
      const result = await compressed(deflate, data);
      expect(result.length < data.length).toBe(shorter);
      expect(await decompressed(deflate, result)).toEqual(data);
    }
  });

  test("a dictionary of zlib is used", async ({ library }) => {
    const dictionary = Buffer.from("a dictionary that both sides have");
    const deflate = agreed(library, "", {
      zlibDeflateOptions: { dictionary },
      zlibInflateOptions: { dictionary },
    });
    const result = await compressed(deflate, dictionary);
    expect(result.length).toBeLessThan(10);
    expect(await decompressed(deflate, result)).toEqual(dictionary);
  });

  test("the window is the one that was agreed on", async ({ library }) => {
    const block = new Random(7).bytes(900);
    const data = Buffer.concat([block, new Random(8).bytes(1000), block]);
    const small = await compressed(agreed(library, "; client_max_window_bits=9"), data);
    const large = await compressed(agreed(library, "; client_max_window_bits=12"), data);
    expect(small.length).toBeGreaterThan(large.length + 500);
  });

  test("bad data is an error of zlib's", async ({ library }) => {
    const error = await decompressed(agreed(library), "something invalid").catch((each) => each);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: "Z_DATA_ERROR", errno: constants.Z_DATA_ERROR });
  });

  for (const length of [50, 1 << 20])
    test(`a message of ${length} bytes exceeds maxPayload`, async ({ library }) => {
      const deflate = agreed(library, "", { maxPayload: 25 });
      const data = await compressed(deflate, Buffer.alloc(length, "A"));
      const error = await decompressed(deflate, data).catch((each) => each);
      expect(error).toBeInstanceOf(RangeError);
      expect(error).toMatchObject({
        code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
        message: "Max payload size exceeded",
      });
    });

  test("a message of maxPayload bytes is taken", async ({ library }) => {
    const deflate = agreed(library, "", { maxPayload: 25 });
    expect((await decompressed(deflate, await compressed(deflate, "A".repeat(25)))).length).toBe(25);
  });

  test("cleanup fails the call that is running", async ({ library }) => {
    const deflate = agreed(library);
    const result = compressed(deflate, "A".repeat(50));
    process.nextTick(() => deflate.cleanup());
    await expect(result).rejects.toEqual(
      new Error("The deflate stream was closed while data was being processed"),
    );
    deflate.cleanup();
  });

  test("goes on behind a block that ends the data", async ({ library }) => {
    const deflate = agreed(library, BOTH_FORGET);
    const data = Buffer.concat([deflateRawSync("12345678"), Buffer.from([0])]);
    for (let i = 0; i < 3; i++) expect(String(await decompressed(deflate, data))).toBe("12345678");
  });

  test("calls of many objects run at a time, and each gets its own result", async ({ library }) => {
    const work = Array.from({ length: 40 }, async (_, i) => {
      const deflate = agreed(library);
      const text = `message ${i} `.repeat(i + 1);
      return String(await decompressed(deflate, await compressed(deflate, text))) === text;
    });
    expect(await Promise.all(work)).toEqual(work.map(() => true));
  });
});
