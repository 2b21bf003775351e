// A host that counts allocations, for tests of the codec.
import { portableHost } from "../../src/host/host.js";
import type { Host, Transcoder } from "../../src/index.js";

/** Counts the memory that the codec asks its host for. */
export class CountingHost implements Host {
  /** Bytes of all calls of `allocate` and `copy`. */
  allocated = 0;
  copied = 0;
  calls = 0;
  /** Throws in `allocate` from this length on. */
  refuseFrom = Number.POSITIVE_INFINITY;

  allocate(length: number): Uint8Array {
    if (length >= this.refuseFrom) throw new RangeError("Array buffer allocation failed");
    this.calls++;
    this.allocated += length;
    // Poison: bytes that were never written must not be seen.
    return portableHost.allocate(length).fill(0xa5);
  }
  copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.calls++;
    this.copied += end - start;
    return portableHost.copy(bytes, start, end);
  }
  view(bytes: Uint8Array, start: number, end: number): Uint8Array {
    this.calls++;
    return portableHost.view(bytes, start, end);
  }
  decodeText(bytes: Uint8Array, start: number, end: number, ascii: boolean, transcoder: Transcoder): string {
    this.calls++;
    this.copied += end - start;
    return portableHost.decodeText(bytes, start, end, ascii, transcoder);
  }
  encodeText(text: string, bytes: Uint8Array, start: number): number {
    this.calls++;
    return portableHost.encodeText(text, bytes, start);
  }
  textBytes(text: string): Uint8Array {
    this.calls++;
    return portableHost.textBytes(text);
  }
}
