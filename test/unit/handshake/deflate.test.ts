// permessage-deflate is negotiated as RFC 7692 sections 5 and 7.1 say, by servers and by clients, over real heads.
import { describe, expect, test } from "vitest";
import {
  clientExtension,
  type DeflatePreferences,
  PERMESSAGE_DEFLATE,
  serverExtension,
} from "../../../src/deflate/negotiation.js";
import { makeKey } from "../../../src/handshake/accept-key.js";
import type { AgreedExtension } from "../../../src/handshake/index.js";
import {
  acceptExtensions,
  buildAccept,
  buildRequest,
  checkResponse,
  HeadParser,
} from "../../../src/handshake/index.js";
import type { DeflateParameters } from "../../../src/protocol/deflate/parameters.js";
import { accepted, add, latin1, wire } from "./every-cut.js";

const decoder = new TextDecoder();
const KEY = makeKey(new Uint8Array(16));

const preferences = (given: Partial<DeflatePreferences> = {}): DeflatePreferences => ({
  takeover: true,
  windowBits: 12,
  ...given,
});

/** Parameters in one line: flags of server and client, and windows. */
function inShort(agreed: DeflateParameters): string {
  const side = (none: boolean, bits: number): string => `${bits}${none ? " fresh" : ""}`;
  return `${side(agreed.serverNoContextTakeover, agreed.serverMaxWindowBits)}, ${side(agreed.clientNoContextTakeover, agreed.clientMaxWindowBits)}`;
}

const agreedOf = ([first]: readonly AgreedExtension<DeflateParameters>[]): string =>
  first === undefined ? "declined" : inShort(first.agreed);

/** What a server answers to offers as they stand in a request: the line of the answer, and what it has agreed on. */
function served(offers: string, given: Partial<DeflatePreferences> = {}): { line: string; agreed: string } {
  const request = accepted(add(`Sec-WebSocket-Extensions: ${offers}`));
  const chosen = acceptExtensions(request.extensions, [serverExtension(preferences(given), (all) => all)]);
  const head = decoder.decode(buildAccept(request, { extensions: chosen }));
  const line = /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(head)?.[1] ?? "";
  return { line, agreed: agreedOf(chosen) };
}

const D = PERMESSAGE_DEFLATE;

describe("a server", () => {
  test.each([
    // What browsers offer: Chromium and Safari the first, Firefox the second.
    [`${D}; client_max_window_bits`, `${D}; server_max_window_bits=12; client_max_window_bits=12`, "12, 12"],
    [D, `${D}; client_no_context_takeover; server_max_window_bits=12`, "12, 15 fresh"],
  ])("answers the offer %s of a browser by %s", (offers, line, agreed) => {
    expect(served(offers)).toEqual({ line, agreed });
  });

  test("answers client_max_window_bits only to a client that has offered it (section 7.1.2.2)", () => {
    for (const windowBits of [8, 9, 12, 15]) {
      for (const takeover of [true, false]) {
        for (const offer of [D, `${D}; server_max_window_bits=9`, `${D}; server_no_context_takeover`])
          expect(served(offer, { windowBits, takeover }).line).not.toContain("client_max_window_bits");
      }
    }
  });

  test("lets a client keep its window between messages only if that is as small as it should be", () => {
    expect(served(D, { windowBits: 11 }).agreed).toBe("11, 15 fresh");
    expect(served(D, { windowBits: 15 })).toEqual({ line: D, agreed: "15, 15" });
    expect(served(`${D}; client_max_window_bits`, { windowBits: 11 }).agreed).toBe("11, 11");
  });

  test.each([
    ["client_max_window_bits=8", 12, "client_max_window_bits=8"],
    ["client_max_window_bits=15", 12, "client_max_window_bits=12"],
    ["client_max_window_bits=12", 15, "client_max_window_bits=12"],
    ["client_max_window_bits", 9, "client_max_window_bits=9"],
    // zlib can't deflate with 8 bits, so nobody is asked to.
    ["client_max_window_bits", 8, "client_max_window_bits=9"],
  ])(
    "answers %s, with windows of %i bits, by %s: the same or a smaller one (section 7.1.2.2)",
    (offered, windowBits, answer) => {
      expect(served(`${D}; ${offered}`, { windowBits }).line).toMatch(new RegExp(`; ${answer}$`));
    },
  );

  test.each([
    ["8", 12, "8"],
    ["10", 12, "10"],
    ["12", 12, "12"],
    ["15", 12, "12"],
    ["15", 15, "15"],
    ["9", 15, "9"],
  ])(
    "confirms server_max_window_bits=%s, with windows of %i bits, by %s (section 7.1.2.1)",
    (offered, windowBits, answer) => {
      const { line, agreed } = served(`${D}; server_max_window_bits=${offered}`, { windowBits });
      expect(line).toContain(`; server_max_window_bits=${answer}`);
      expect(agreed).toMatch(new RegExp(`^${answer},`));
    },
  );

  test("confirms server_no_context_takeover (section 7.1.1.1)", () => {
    expect(served(`${D}; server_no_context_takeover; client_max_window_bits`)).toEqual({
      line: `${D}; server_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12`,
      agreed: "12 fresh, 12",
    });
  });

  test("binds a client that says it takes nothing over (section 7.1.1.2)", () => {
    expect(served(`${D}; client_no_context_takeover; client_max_window_bits`)).toEqual({
      line: `${D}; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=12`,
      agreed: "12, 12 fresh",
    });
  });

  test("without takeover binds both sides, offered or not", () => {
    const flags = "server_no_context_takeover; client_no_context_takeover";
    for (const offer of [D, `${D}; ${flags}`, `${D}; server_no_context_takeover`]) {
      expect(served(offer, { takeover: false })).toEqual({
        line: `${D}; ${flags}; server_max_window_bits=12`,
        agreed: "12 fresh, 15 fresh",
      });
    }
  });

  test.each([
    ['server_max_window_bits="10"', "10"],
    ['server_max_window_bits="1\\0"', "10"],
    ["server_max_window_bits = 10", "10"],
  ])("takes the value of %s as the token that it is (RFC 6455 section 9.1)", (parameter, value) => {
    expect(served(`${D}; ${parameter}`).line).toContain(`server_max_window_bits=${value}`);
  });

  const DECLINED: readonly (readonly [reason: string, ...parameters: string[]])[] = [
    ["an unknown parameter", "x", "x=1", "max_window_bits=10", "compression_level=9"],
    ["a name in other letters", "Server_no_context_takeover", "CLIENT_MAX_WINDOW_BITS"],
    [
      "a repeated parameter",
      "server_no_context_takeover; server_no_context_takeover",
      "client_no_context_takeover; client_no_context_takeover",
      "server_max_window_bits=10; server_max_window_bits=10",
      "client_max_window_bits; client_max_window_bits=10",
      "client_max_window_bits; client_max_window_bits",
    ],
    ["a value where none may be", "server_no_context_takeover=1", "client_no_context_takeover=true"],
    ["no value where one is needed", "server_max_window_bits"],
    [
      "a window that is too small",
      "server_max_window_bits=7",
      "client_max_window_bits=7",
      "client_max_window_bits=0",
    ],
    [
      "a window that is too large",
      "server_max_window_bits=16",
      "client_max_window_bits=16",
      "client_max_window_bits=80",
    ],
    [
      "a number that is not written as it must be",
      ...["08", "010", "+8", "-8", "8.0", "1e1", "0x8", "0xa", "a", "10x", "x10", "*"].flatMap((value) => [
        `server_max_window_bits=${value}`,
        `client_max_window_bits=${value}`,
      ]),
      'server_max_window_bits="08"',
    ],
    ["the name of an object's property", "__proto__", "constructor=1", "toString"],
  ];

  for (const [reason, ...parameters] of DECLINED) {
    test.each(parameters)(
      `declines an offer with ${reason}, ${"%s"}, and tries the next (section 7.1)`,
      (each) => {
        expect(served(`${D}; ${each}`)).toEqual({ line: "", agreed: "declined" });
        expect(
          served(`${D}; client_max_window_bits; ${each.replace(/^client_max_window_bits$/, "x")}`).agreed,
        ).toBe("declined");
        expect(served(`${D}; ${each}, ${D}; server_max_window_bits=9`).agreed).toBe("9, 15 fresh");
      },
    );
  }

  test("accepts the first offer that it can, and no other (section 5.1)", () => {
    expect(served(`${D}; server_max_window_bits=9, ${D}; server_max_window_bits=10`).agreed).toBe(
      "9, 15 fresh",
    );
    expect(served(`permessage-bzip2, ${D}`).line).toMatch(/^permessage-deflate[^,]*$/);
    expect(served("x-webkit-deflate-frame, PERMESSAGE-DEFLATE").agreed).toBe("declined");
  });
});

/** What a client makes of an answer, and of the one that is not there. */
function answered(fields: readonly string[], given: Partial<DeflatePreferences> = {}): string {
  const plain = decoder
    .decode(buildAccept({ key: KEY, protocols: [] }))
    .trimEnd()
    .split("\r\n");
  const lines = [...plain, ...fields.map((field) => `Sec-WebSocket-Extensions: ${field}`)];
  const result = new HeadParser("response").push(latin1(wire(lines)));
  if (result.type !== "head") throw new Error(result.type);
  const extensions = [clientExtension(preferences(given), (all) => all)];
  const answer = checkResponse(result.head, { key: KEY, extensions });
  return answer.type === "failure" ? answer.code : agreedOf(answer.extensions);
}

/** The line of a client's request. */
function offered(given: Partial<DeflatePreferences> = {}): string {
  const extensions = [clientExtension(preferences(given), (all) => all)];
  const request = decoder.decode(buildRequest({ host: "a", target: "/", key: KEY, extensions }));
  return /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(request)?.[1] ?? "";
}

describe("a client", () => {
  test("asks for windows of its size, and offers to do without that", () => {
    expect(offered()).toBe(
      `${D}; server_max_window_bits=12; client_max_window_bits, ${D}; client_max_window_bits`,
    );
    expect(offered({ windowBits: 15 })).toBe(`${D}; client_max_window_bits`);
  });

  test("without takeover asks the server for none, and says that it has none", () => {
    const flags = "server_no_context_takeover; client_no_context_takeover";
    expect(offered({ takeover: false, windowBits: 15 })).toBe(`${D}; ${flags}; client_max_window_bits`);
    expect(offered({ takeover: false, windowBits: 9 })).toBe(
      `${D}; ${flags}; server_max_window_bits=9; client_max_window_bits, ${D}; ${flags}; client_max_window_bits`,
    );
  });

  test.each([
    // The server does not know the extension, or does not want it.
    [[], {}, "declined"],
    [[`${D}; server_max_window_bits=12; client_max_window_bits=12`], {}, "12, 12"],
    // A server may say less than was offered: then its window is the largest, and the client's own is as it wants it.
    [[D], {}, "15, 12"],
    [[D], { windowBits: 15 }, "15, 15"],
    [[`${D}; server_max_window_bits=8; client_max_window_bits=8`], {}, "8, 8"],
    // A client may use less than it may.
    [[`${D}; client_max_window_bits=15`], {}, "15, 12"],
    // A server may say more than was offered (sections 7.1.1.1, 7.1.1.2, 7.1.2.1).
    [[`${D}; server_no_context_takeover`], {}, "15 fresh, 12"],
    [[`${D}; client_no_context_takeover`], {}, "15, 12 fresh"],
    [[`${D}; server_max_window_bits=10`], { windowBits: 15 }, "10, 15"],
    [[`${D}; client_max_window_bits=15`], { windowBits: 15 }, "15, 15"],
    [[`${D}; server_no_context_takeover`], { takeover: false }, "15 fresh, 12 fresh"],
    [[`${D}; server_max_window_bits="10"`], {}, "10, 12"],
  ] as const)("takes the answer %j, with %j: %s", (fields, given, agreed) => {
    expect(answered(fields, given)).toBe(agreed);
  });

  test.each([
    ["has an unknown parameter", `${D}; x`],
    ["has a parameter in other letters", `${D}; SERVER_MAX_WINDOW_BITS=10`],
    ["has server_no_context_takeover twice", `${D}; server_no_context_takeover; server_no_context_takeover`],
    ["has server_max_window_bits twice", `${D}; server_max_window_bits=10; server_max_window_bits=10`],
    ["has client_max_window_bits twice", `${D}; client_max_window_bits=10; client_max_window_bits=10`],
    ["gives server_no_context_takeover a value", `${D}; server_no_context_takeover=1`],
    ["gives client_no_context_takeover a value", `${D}; client_no_context_takeover=0`],
    ["has server_max_window_bits without a value (section 7.1.2.1)", `${D}; server_max_window_bits`],
    ["has client_max_window_bits without a value (section 7.1.2.2)", `${D}; client_max_window_bits`],
    ["has a window below 8", `${D}; server_max_window_bits=7`],
    ["has a window of the client's below 8", `${D}; client_max_window_bits=7`],
    ["has a window over 15", `${D}; server_max_window_bits=16`],
    ["has a leading zero", `${D}; server_max_window_bits=09`],
    ["has a leading zero for the client", `${D}; client_max_window_bits=09`],
    ["is there twice (section 5.2)", `${D}, ${D}`],
    ["comes with another extension", `${D}, permessage-bzip2`],
    ["is another extension", "x-webkit-deflate-frame"],
    ["is in other letters", "Permessage-Deflate"],
    ["is malformed", `${D};`],
  ])("fails the handshake if the answer %s: %s", (_, field) => {
    expect(answered([field])).toBe("UNREQUESTED_EXTENSION");
  });

  test("with windows of any size fails if client_max_window_bits has no value (section 7.1.2.2)", () => {
    expect(answered([`${D}; client_max_window_bits`], { windowBits: 15 })).toBe("UNREQUESTED_EXTENSION");
  });

  test("fails if the server does not confirm that it takes nothing over (section 7.1.1.1)", () => {
    expect(answered([D], { takeover: false })).toBe("UNREQUESTED_EXTENSION");
    expect(answered([`${D}; client_no_context_takeover`], { takeover: false })).toBe("UNREQUESTED_EXTENSION");
  });

  test("that has not offered it fails for the best of answers (section 5.2)", () => {
    const head = buildAccept(accepted(add(`Sec-WebSocket-Extensions: ${D}`)), {
      extensions: [{ name: D, parameters: [] }],
    });
    const result = new HeadParser("response").push(head);
    if (result.type !== "head") throw new Error(result.type);
    const { key } = accepted(add(`Sec-WebSocket-Extensions: ${D}`));
    expect(checkResponse(result.head, { key })).toMatchObject({ code: "UNREQUESTED_EXTENSION" });
  });
});

describe("both", () => {
  const BITS = [8, 9, 12, 15];
  const SIDES = [true, false].flatMap((takeover) => BITS.map((windowBits) => ({ takeover, windowBits })));

  test.each(SIDES.flatMap((client) => SIDES.map((server) => [client, server] as const)))(
    "agree, with %j of the client and %j of the server, on what neither exceeds",
    (client, server) => {
      const { line, agreed } = served(offered(client), server);
      const fresh = client.takeover && server.takeover ? "" : " fresh";
      const peers = Math.max(9, server.windowBits);
      const serverBits = Math.min(server.windowBits, Math.max(9, client.windowBits));
      expect(agreed).toBe(`${serverBits}${fresh}, ${peers}${fresh}`);
      // A client may use less than it may.
      expect(answered([line], client)).toBe(
        `${serverBits}${fresh}, ${Math.min(client.windowBits, peers)}${fresh}`,
      );
    },
  );
});
