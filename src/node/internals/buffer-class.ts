// The class of Buffers.
import { Buffer } from "node:buffer";
import type { ViewClass } from "../../host/views.js";

/**
 * The class of all Buffers, which Node does not export: `new BufferClass(buffer, offset, length)` makes a Buffer
 * without the checks of `Buffer.from`.
 */
export const BufferClass: ViewClass = findBufferClass(Reflect.get(Buffer, Symbol.species));

/**
 * Checks that a class makes Buffers.
 * @param found - the value of `Buffer[Symbol.species]`
 * @returns the class, or one that does the same by public functions
 */
export function findBufferClass(found: unknown): ViewClass {
  if (makesBuffers(found)) return found;
  function StandIn(...args: unknown[]): object {
    return Reflect.construct(Uint8Array, args, Buffer);
  }
  StandIn.prototype = Buffer.prototype;
  const stand: unknown = StandIn;
  if (makesBuffers(stand)) return stand;
  throw new TypeError("Buffers have no class");
}

function makesBuffers(value: unknown): value is ViewClass {
  return typeof value === "function" && value.prototype === Buffer.prototype;
}
