// Node's host: text, copies and buffers.
import { expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import { decodeText, hostFor, nodeHost } from "../../../src/node/host.js";

/** What stands around the text must not change. */
const UNTOUCHED = 0xaa;

test.each([0, 1, 2, 31, 32, 33, 100])(
  "text of %i units is written as UTF-8, whatever stands where in it",
  (length) => {
    for (const special of ["", "\x7f", "\x80", "é", "\u07ff", "世", "\ud83d", "\udc00", "🚀"]) {
      for (let at = 0; at + special.length <= length; at++) {
        const text = "a".repeat(at) + special + "b".repeat(length - at - special.length);
        const bytes = new Uint8Array(3 * length + 2).fill(UNTOUCHED);
        const written = nodeHost.encodeText(text, bytes, 1);
        expect(bytes.subarray(1, 1 + written)).toEqual(portableHost.textBytes(text));
        expect(bytes[0]).toBe(UNTOUCHED);
        expect(bytes[3 * length + 1]).toBe(UNTOUCHED);
      }
    }
  },
);

test.each([0, 1, 2, 3, 40, 300])("text of %i units gets just the memory that its UTF-8 takes", (length) => {
  for (const special of ["", "é", "世", "\ud83d", "\udc00", "🚀", "é世🚀\ud83d"]) {
    for (let at = 0; at + special.length <= length; at++) {
      const text = "a".repeat(at) + special + "b".repeat(length - at - special.length);
      expect(nodeHost.textBytes(text)).toEqual(Buffer.from(text));
    }
  }
});

test("so does long text that goes over a byte for each unit late or early", () => {
  const long = "a".repeat(70_000);
  for (const text of [long, `${long}é`, `é${long}`, `${long}🚀`, "好".repeat(70_000), `${long}\ud83d`]) {
    expect(Buffer.compare(nodeHost.textBytes(text), Buffer.from(text))).toBe(0);
  }
});

test("strings are made of UTF-16 where V8 has no fast way from UTF-8", () => {
  expect(hostFor(12).decodeText).toBe(decodeText);
  expect(hostFor(13)).toBe(nodeHost);
});

// Around the lengths where another way of copying begins: inside of the object, a loop, slabs of two sizes, memory of its own.
const LENGTHS = [0, 1, 31, 32, 33, 64, 65, 255, 256, 257, 8192, 32_767, 32_768, 32_769, 100_000];
const source = new Uint8Array(100_003).map((_, i) => (i * 31) & 0xff);

test.each([
  ["copies", nodeHost.copy],
  ["copies for transports", nodeHost.copyOut ?? nodeHost.copy],
])("%s are Buffers of bytes that are theirs alone, whatever was copied before", (_, copyOf) => {
  const copies = LENGTHS.flatMap((length) => {
    // Of two sources, so that what is known of the last one is of no use.
    const other = source.slice(0, length + 3);
    return [
      { copy: copyOf(source, 1, 1 + length), start: 1, length },
      { copy: copyOf(other, 2, 2 + length), start: 2, length },
      { copy: copyOf(other.subarray(1), 2, 2 + length), start: 3, length },
    ];
  });
  for (const { copy, start, length } of copies) {
    expect(Object.getPrototypeOf(copy)).toBe(Buffer.prototype);
    expect(copy.byteOffset % 8).toBe(0);
    expect(Buffer.compare(copy, source.subarray(start, start + length))).toBe(0);
  }
  for (const { copy } of copies) copy.fill(0);
  expect(copyOf(source, 1, 40)).toEqual(Buffer.from(source.subarray(1, 40)));
});

test.each(LENGTHS)("nothing else is in the memory of %i bytes that the application gets", (length) => {
  for (const bytes of [nodeHost.copy(source, 1, 1 + length), nodeHost.allocate(length)]) {
    expect(bytes.buffer.byteLength).toBe(length);
    expect(bytes.byteOffset).toBe(0);
  }
});

test("what several copies for transports are in stays where it is, whoever asks to transfer it", () => {
  const copies = [16, 1000].map((length) => (nodeHost.copyOut ?? nodeHost.copy)(source, 0, length));
  for (const { buffer } of copies) {
    try {
      // Node 20 clones instead, later ones refuse.
      structuredClone(buffer, { transfer: [buffer] });
    } catch (error) {
      expect(String(error)).toContain("DataCloneError");
    }
  }
  expect(copies.map(({ length }) => length)).toEqual([16, 1000]);
});

test("a view is a Buffer over the same bytes", () => {
  const bytes = source.slice(0, 10);
  const view = nodeHost.view(bytes.subarray(2), 1, 4);
  bytes[3] = 7;
  expect(view).toEqual(Buffer.from([7, source[4] ?? 0, source[5] ?? 0]));
});
