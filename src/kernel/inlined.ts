// Decodes the binary of the SIMD kernel, which scripts/build.js puts into generated/simd.ts as base64.

/**
 * Decodes base64. The first connection waits for it. `Buffer` of Node 20 takes 0.1 ms for the SIMD kernel, its `atob`
 * 0.5 ms; browsers have `atob` only.
 */
export function bytesFromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis;
  if (Buffer !== undefined) return Buffer.from(base64, "base64");
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
