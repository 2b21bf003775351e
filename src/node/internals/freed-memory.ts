import { Buffer } from "node:buffer";

/** glibc draws its conclusions from blocks of up to 32 MiB, with what it adds to them itself. */
const BLOCK_BYTES = 31 * 1024 * 1024;

let done = false;

/**
 * Has glibc keep the memory of payloads that are gone for those that come. V8 frees array buffers many at a time, 32 MiB of them.
 * What is then free at the end of the heap glibc returns to the system, and each page of a later payload is fetched anew by a
 * fault, which for 1 MiB takes longer than all else. How much it keeps, twice as much, it learns from the longest block outside of
 * its heap that was freed. Here is one; nobody touches it, so it takes no memory, and V8 frees it with the first others. Other
 * allocators take no notice.
 */
export function keepFreedMemory(): void {
  if (done) return;
  done = true;
  try {
    Buffer.allocUnsafeSlow(BLOCK_BYTES);
  } catch {
    // A process that may not have so much gets along without.
  }
}
