// The portable host: copies, views and text.
import { expect, test } from "vitest";
import { portableHost, type Transcoder } from "../../../src/host/host.js";
import { hex, toHex } from "../../support/hex.js";

const NONE: Transcoder = { memory: hex(""), utf8ToUtf16: () => undefined };

test("a copy is a copy, of a Buffer and of shared memory too", () => {
  for (const bytes of [new Uint8Array(4), Buffer.alloc(4), new Uint8Array(new SharedArrayBuffer(4))]) {
    bytes.set([1, 2, 3, 4]);
    const copy = portableHost.copy(bytes, 1, 3);
    bytes.fill(0xa5);
    expect(toHex(copy)).toBe("02 03");
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy.buffer.byteLength).toBe(2);
  }
});

test("a view is a view", () => {
  const bytes = hex("01 02 03 04");
  const view = portableHost.view(bytes, 1, 3);
  bytes[1] = 9;
  expect(toHex(view)).toBe("09 03");
});

test.each([0, 1, 23, 24, 25, 26, 1000])("ASCII of %i bytes", (length) => {
  const text = Array.from({ length }, (_, i) => String.fromCharCode(i % 128)).join("");
  const bytes = portableHost.textBytes(`<${text}>`);
  expect(portableHost.decodeText(bytes, 1, length + 1, true, NONE)).toBe(text);
  expect(portableHost.decodeText(bytes, 1, length + 1, false, NONE)).toBe(text);
});

test("text keeps its byte order mark and its NULs", () => {
  const text = "\ufeff\u0000é\u{1f496}\ufeff";
  const bytes = portableHost.textBytes(text);
  expect(toHex(bytes)).toBe("ef bb bf 00 c3 a9 f0 9f 92 96 ef bb bf");
  expect(portableHost.decodeText(bytes, 0, bytes.length, false, NONE)).toBe(text);
});

test("a lone surrogate becomes U+FFFD, and nothing is written behind the text's room", () => {
  const bytes = new Uint8Array(12).fill(0xa5);
  expect(portableHost.encodeText("\ud83d!", bytes, 2)).toBe(4);
  expect(toHex(bytes)).toBe("a5 a5 ef bf bd 21 a5 a5 a5 a5 a5 a5");
  expect(toHex(portableHost.textBytes("\udc00"))).toBe("ef bf bd");
});
