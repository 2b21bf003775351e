// Has glibc keep the memory of freed payloads for later ones.
import { Buffer } from "node:buffer";

/**
 * A block of this size, with what the allocator adds to it, is still below the largest that moves glibc's thresholds:
 * 32 MiB.
 */
const BLOCK_BYTES = 31 * 1024 * 1024;

/** Whether it was done in this thread. */
let done = false;

/**
 * Raises two thresholds of glibc's malloc for the whole process, by having it free one block of 31 MiB: shorter blocks
 * no longer come from mmap, and up to twice that much free memory stays with the process (mallopt(3) describes both
 * under M_MMAP_THRESHOLD). Otherwise the pages of each payload of 1 MiB are new to the process, and each costs a page
 * fault: test/package/process-effects.test.ts counts them. The block is never written to, so it takes no memory. It is
 * freed when it is collected. Other allocators have no such thresholds.
 */
export function keepFreedMemory(): void {
  if (done) return;
  done = true;
  try {
    Buffer.allocUnsafeSlow(BLOCK_BYTES);
  } catch {
    // A process with too little memory for the block goes on without this.
  }
}
