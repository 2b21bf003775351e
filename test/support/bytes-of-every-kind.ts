// Bytes of every kind that callers may have, of this realm and another.
import { createContext, runInContext } from "node:vm";
import type { Bytes } from "../../src/protocol/arguments.js";

/** The payload of all of them, which is text, too. */
export const PAYLOAD = Uint8Array.of(0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x79, 0x6f);

/** The payload as bytes of each kind, at the start of its memory and inside of it. */
const MAKE = `(kinds => {
  const filled = (memory, offset) => {
    new Uint8Array(memory, offset, 8).set([0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x20, 0x79, 0x6f]);
    return memory;
  };
  const found = [];
  for (const [memoryName, memoryOf] of [["ArrayBuffer", (n) => new ArrayBuffer(n)], ["SharedArrayBuffer", (n) => new SharedArrayBuffer(n)]]) {
    found.push([memoryName, filled(memoryOf(8), 0)]);
    for (const kind of kinds) {
      const View = globalThis[kind];
      const count = 8 / (View.BYTES_PER_ELEMENT ?? 1);
      found.push([kind + " of all of it, " + memoryName, new View(filled(memoryOf(8), 0))]);
      found.push([kind + " inside of it, " + memoryName, new View(filled(memoryOf(32), 16), 16, count)]);
    }
  }
  return found;
})`;
const KINDS = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DataView"],
];

type Kinds = readonly (readonly [title: string, bytes: Bytes])[];

/** By realm: bytes of each kind, with a title. */
export const BYTES_OF_EVERY_KIND: readonly (readonly [title: string, kinds: Kinds])[] = [
  ["this realm", [["a Buffer", Buffer.from(PAYLOAD)], ...indirectly(MAKE)(KINDS)]],
  ["another realm", runInContext(MAKE, createContext())(KINDS)],
];

function indirectly(code: string): (kinds: readonly string[]) => Kinds {
  // biome-ignore lint/security/noGlobalEval: the same code makes them in both realms.
  return globalThis.eval(code);
}
