// Reads the binary that scripts/build.js inlines as base64.

/**
 * Decodes base64. A start-up waits for it, so Node's decoder comes first: for the SIMD kernel it takes Node 20 0.1 ms,
 * and `atob`, which browsers have, 0.5 ms or more.
 */
export function bytesFromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis;
  if (Buffer !== undefined) return Buffer.from(base64, "base64");
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
