// Compression and the kernel in use: an extension is refused where it does not run, and is not agreed on any more after
// the JavaScript kernel has taken over.
import { afterEach, describe, expect, test } from "vitest";
import { clientDeflate, deflateUnavailable, serverDeflate } from "../../../../src/deflate/index.js";
import {
  buildAccept,
  buildRequest,
  checkResponse,
  checkUpgrade,
  HeadParser,
  makeKey,
} from "../../../../src/handshake/index.js";
import type { ResponseHead } from "../../../../src/http/head.js";
import { Connection, Endpoint } from "../../../../src/index.js";
import type { LinearMemory } from "../../../../src/memory/linear-memory.js";
import { sharedWorkspace } from "../../../../src/memory/workspace.js";
import { CodecStreams } from "../../../../src/streams/index.js";
import { frame, KEY, parseFrames } from "../../../support/frame.js";
import { concat, hex } from "../../../support/hex.js";
import { RecordingSink } from "../../../support/recording-sink.js";

const NO_COMPRESSION = /the JavaScript kernel has no compression/;
const TEXT = "a text that is compressed, since it says the same again, the same again, ".repeat(9);

/** The path of a server whose client has offered without parameters. */
const agreed = () => serverDeflate({ kernel: "auto" }).accept([])?.agreed;

describe("an extension that was made for another kernel", () => {
  const options = { role: "server", kernel: "js" } as const;

  test.each([
    ["Connection", () => new Connection({ ...options, extension: agreed() })],
    ["Endpoint", () => new Endpoint(new RecordingSink(), { ...options, extension: agreed() })],
    ["CodecStreams", () => new CodecStreams({ ...options, extension: agreed() })],
  ])("is refused by a %s with the JavaScript kernel", (_, make) => {
    expect(agreed()).toBeDefined();
    expect(make).toThrow(TypeError);
    expect(make).toThrow(NO_COMPRESSION);
  });

  test("is taken by the other kernel that has compression", () => {
    const connection = new Connection({ role: "server", kernel: "scalar", extension: agreed() });
    expect(connection.sendText(TEXT)).toBe(true);
    expect(parseFrames(concat(connection.takeOutput()))).toMatchObject([{ rsv: 4 }]);
    connection.end();
  });
});

describe("when the JavaScript kernel has taken over, because the host had no memory for another", () => {
  const { linear } = sharedWorkspace("auto");
  const before = linear.kernel;
  afterEach(() => {
    linear.use(before);
    expect(deflateUnavailable("auto")).toBeUndefined();
  });

  test("a server declines from then on", () => {
    const extension = serverDeflate({ kernel: "auto" });
    expect(extension.accept([])).toBeDefined();
    takeOver(linear);
    expect(extension.accept([])).toBeUndefined();
    expect(deflateUnavailable("auto")).toMatch(NO_COMPRESSION);
  });

  test("a client offers nothing from then on, and takes no answer", () => {
    const extensions = [clientDeflate({ kernel: "auto" })];
    const offer = { host: "example.org", target: "/", key: makeKey(), extensions };
    const request = buildRequest(offer);
    expect(Buffer.from(request).toString()).toMatch(/Sec-WebSocket-Extensions: permessage-deflate/);
    takeOver(linear);
    expect(Buffer.from(buildRequest(offer)).toString()).not.toMatch(/Sec-WebSocket-Extensions/);
    expect(checkResponse(accepting(request), offer)).toMatchObject({ code: "UNREQUESTED_EXTENSION" });
  });

  test("a connection that compresses fails with 1011 when it has to, and nothing is thrown", () => {
    const compressed = frame({ rsv: 4, opcode: 1, mask: KEY, payload: hex("f2 48 cd c9 c9 07 00") });
    for (const use of [
      (connection: Connection) => void connection.sendText(TEXT),
      (connection: Connection) => void connection.receive(compressed),
    ]) {
      const connection = new Connection({ role: "server", kernel: "auto", extension: agreed() });
      takeOver(linear);
      connection.sendText("short");
      use(connection);
      const frames = parseFrames(concat(connection.takeOutput()));
      expect(frames).toMatchObject([
        { opcode: 1, rsv: 0 },
        { opcode: 8, payload: hex("03 f3") },
      ]);
      linear.use(before);
    }
  });
});

/** Has a call trap while the host makes no further WebAssembly instance. */
function takeOver(linear: LinearMemory): void {
  const { Instance } = WebAssembly;
  Object.assign(WebAssembly, {
    Instance: class {
      constructor() {
        throw new RangeError("could not allocate memory");
      }
    },
  });
  try {
    linear.trapped(new WebAssembly.RuntimeError("unreachable"));
  } finally {
    Object.assign(WebAssembly, { Instance });
  }
  expect(linear.kernel.name).toBe("js");
}

/** The head of an answer that agrees on permessage-deflate. */
function accepting(request: Uint8Array): ResponseHead {
  const asked = new HeadParser("request").push(request);
  if (asked.type !== "head") throw new Error(asked.type);
  const accepted = checkUpgrade(asked.head);
  if (accepted.type !== "upgrade") throw new Error(accepted.type);
  const extensions = [{ name: "permessage-deflate", parameters: [] }];
  const answer = new HeadParser("response").push(buildAccept(accepted, { extensions }));
  if (answer.type !== "head") throw new Error(answer.type);
  return answer.head;
}
