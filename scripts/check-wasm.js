// Checks the binaries that the compiler made: it ignores options that it does not know, so the options alone ensure
// nothing.

import { gzipSync } from "node:zlib";

/** A binary has fewer bytes. */
export const MAX_BYTES = { simd: 8192, scalar: 6144, "deflate-simd": 14 * 1024, "deflate-scalar": 14 * 1024 };
/** The binary that users of compression download has fewer bytes when it is compressed by gzip. */
const MAX_GZIPPED_BYTES = { "deflate-simd": 6 * 1024 };
const CODEC_EXPORTS = ["decode", "mask", "memory", "utf8ToUtf16", "validateUtf8"];
const DEFLATE_EXPORTS = ["deflate", "inflate", "resetInflate", "restoreInflate"];
/** The deflate kernel works in the memory of the codec's. */
const DEFLATE_IMPORTS = ["memory"];
const SECTION_IMPORT = 2;
const SECTION_MEMORY = 5;
const SECTION_DATA = 11;
const HAS_MAXIMUM = 1;
const I32_CONST = 0x41;
const SIMD_INSTRUCTION = /\bv128\b|\b[if](?:8x16|16x8|32x4|64x2)\b/;

/** @typedef {{ pages: number, tablesStart: number, tablesEnd: number }} Rules */

/**
 * @param {keyof typeof MAX_BYTES} target
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} text - the same as text
 * @param {Rules} rules - of its memory
 * @returns {string | undefined} a description of the fault, if there is one
 */
export function checkBinary(target, bytes, text, rules) {
  const wantsSimd = target.endsWith("simd");
  const deflates = target.startsWith("deflate");
  const simd = SIMD_INSTRUCTION.test(text);
  if (simd && !wantsSimd) return "has SIMD instructions";
  if (bytes.length >= MAX_BYTES[target])
    return `has ${bytes.length} bytes, the limit is ${MAX_BYTES[target]}`;
  if (!WebAssembly.validate(bytes)) return "is not valid WebAssembly";
  const module = new WebAssembly.Module(bytes);
  const names = namesOf(WebAssembly.Module.exports(module));
  const wanted = (deflates ? DEFLATE_EXPORTS : CODEC_EXPORTS).join();
  if (names !== wanted) return `exports ${names}, not ${wanted}`;
  const imports = namesOf(WebAssembly.Module.imports(module));
  if (imports !== (deflates ? DEFLATE_IMPORTS : []).join()) return `imports ${imports}`;
  if (!simd && wantsSimd) return "has no SIMD instruction";
  const { initial, maximum } = deflates ? importedPages(bytes) : memoryPages(bytes);
  if (initial !== rules.pages || maximum !== rules.pages) {
    return `has ${initial} to ${maximum} memory pages, not ${rules.pages}`;
  }
  const tables = dataBounds(bytes);
  if (tables.start < rules.tablesStart) return `has tables from ${tables.start} on, in another's memory`;
  if (tables.end > rules.tablesEnd) return `has tables up to ${tables.end}, beyond the end of static tables`;
  return zipped(target, bytes);
}

/**
 * @param {keyof typeof MAX_BYTES} target
 * @param {Uint8Array} bytes
 */
function zipped(target, bytes) {
  if (target !== "deflate-simd") return undefined;
  const { length } = gzipSync(bytes, { level: 9 });
  const limit = MAX_GZIPPED_BYTES[target];
  return length > limit ? `has ${length} bytes compressed, the limit is ${limit}` : undefined;
}

/** @param {readonly { name: string }[]} items */
function namesOf(items) {
  return items
    .map((each) => each.name)
    .sort()
    .join();
}

/**
 * The pages of the memory that is the only import.
 * @param {Uint8Array} bytes
 */
function importedPages(bytes) {
  const reader = section(bytes, SECTION_IMPORT);
  if (reader === undefined || reader.unsigned() !== 1) return { initial: undefined, maximum: undefined };
  reader.skip(reader.unsigned());
  reader.skip(reader.unsigned());
  reader.byte();
  return limits(reader);
}

/** @param {Uint8Array} bytes */
function memoryPages(bytes) {
  const reader = section(bytes, SECTION_MEMORY);
  if (reader === undefined || reader.unsigned() !== 1) return { initial: undefined, maximum: undefined };
  return limits(reader);
}

/** @param {Reader} reader */
function limits(reader) {
  const flags = reader.unsigned();
  const initial = reader.unsigned();
  return { initial, maximum: (flags & HAS_MAXIMUM) === 0 ? undefined : reader.unsigned() };
}

/**
 * The addresses of the first byte of static data, and behind the last; infinite if a segment's place is not a constant.
 * @param {Uint8Array} bytes
 */
function dataBounds(bytes) {
  const reader = section(bytes, SECTION_DATA);
  let first = Number.POSITIVE_INFINITY;
  let end = 0;
  for (let count = reader?.unsigned() ?? 0; reader !== undefined && count > 0; count--) {
    if (reader.unsigned() !== 0 || reader.byte() !== I32_CONST)
      return { start: first, end: Number.POSITIVE_INFINITY };
    const start = reader.unsigned();
    reader.byte();
    const length = reader.unsigned();
    first = Math.min(first, start);
    end = Math.max(end, start + length);
    reader.skip(length);
  }
  return { start: first, end };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} wanted - id of a section
 */
function section(bytes, wanted) {
  const reader = new Reader(bytes, 8);
  while (reader.more) {
    const id = reader.byte();
    const length = reader.unsigned();
    if (id === wanted) return reader;
    reader.skip(length);
  }
  return undefined;
}

/** Reads the binary format's bytes and LEB128 numbers. */
class Reader {
  #bytes;
  #offset;

  /**
   * @param {Uint8Array} bytes
   * @param {number} offset
   */
  constructor(bytes, offset) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get more() {
    return this.#offset < this.#bytes.length;
  }

  byte() {
    return this.#bytes[this.#offset++] ?? 0;
  }

  /** A signed number reads the same while it is small and positive, as addresses are. */
  unsigned() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  /** @param {number} length */
  skip(length) {
    this.#offset += length;
  }
}
