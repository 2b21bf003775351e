// Checks the binaries that the compiler made: it ignores options that it does not know, so the options alone ensure
// nothing.

const MAX_BYTES = { simd: 8192, scalar: 6144 };
const EXPORTS = ["decode", "mask", "memory", "utf8ToUtf16", "validateUtf8"];
const SECTION_MEMORY = 5;
const SECTION_DATA = 11;
const HAS_MAXIMUM = 1;
const I32_CONST = 0x41;
const SIMD_INSTRUCTION = /\bv128\b|\b[if](?:8x16|16x8|32x4|64x2)\b/;

/**
 * @param {"simd" | "scalar"} target
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} text - the same as text
 * @param {{ pages: number, tablesEnd: number }} layout
 * @returns {string | undefined} a description of the fault, if there is one
 */
export function checkBinary(target, bytes, text, layout) {
  const simd = SIMD_INSTRUCTION.test(text);
  if (simd && target === "scalar") return "has SIMD instructions";
  if (bytes.length >= MAX_BYTES[target])
    return `has ${bytes.length} bytes, the limit is ${MAX_BYTES[target]}`;
  if (!WebAssembly.validate(bytes)) return "is not valid WebAssembly";
  const module = new WebAssembly.Module(bytes);
  const names = WebAssembly.Module.exports(module).map((each) => each.name);
  if (names.sort().join() !== EXPORTS.join()) return `exports ${names.join()}, not ${EXPORTS.join()}`;
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) return `imports ${imports.map((each) => each.name).join()}`;
  if (!simd && target === "simd") return "has no SIMD instruction";
  const { initial, maximum } = memoryPages(bytes);
  if (initial !== layout.pages || maximum !== layout.pages) {
    return `has ${initial} to ${maximum} memory pages, not ${layout.pages}`;
  }
  const tablesEnd = dataEnd(bytes);
  if (tablesEnd > layout.tablesEnd) return `has tables up to ${tablesEnd}, beyond STATIC_TABLES_END`;
  return undefined;
}

/** @param {Uint8Array} bytes */
function memoryPages(bytes) {
  const reader = section(bytes, SECTION_MEMORY);
  if (reader === undefined || reader.unsigned() !== 1) return { initial: undefined, maximum: undefined };
  const flags = reader.unsigned();
  const initial = reader.unsigned();
  return { initial, maximum: (flags & HAS_MAXIMUM) === 0 ? undefined : reader.unsigned() };
}

/**
 * The address behind the last byte of static data; infinite if a segment's place is not a constant.
 * @param {Uint8Array} bytes
 */
function dataEnd(bytes) {
  const reader = section(bytes, SECTION_DATA);
  let end = 0;
  for (let count = reader?.unsigned() ?? 0; reader !== undefined && count > 0; count--) {
    if (reader.unsigned() !== 0 || reader.byte() !== I32_CONST) return Number.POSITIVE_INFINITY;
    const start = reader.unsigned();
    reader.byte();
    const length = reader.unsigned();
    end = Math.max(end, start + length);
    reader.skip(length);
  }
  return end;
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
