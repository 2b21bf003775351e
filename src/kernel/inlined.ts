// Decodes the binaries of SIMD kernels, which scripts/build.js puts into modules in generated/ as hexadecimal digits.

/**
 * Decodes hexadecimal digits. The first connection waits for it. `Buffer` of Node 20 takes 0.05 ms for the SIMD kernel,
 * a loop on a host without `Buffer` 1 to 2 ms.
 *
 * The digits of base64 are fewer, but compressed, as pages load it, the kernel has 550 bytes more that way: a pattern
 * of bytes has the same digits in hexadecimal wherever it stands.
 */
export function bytesFromHex(hex: string): Uint8Array<ArrayBuffer> {
  const { Buffer } = globalThis;
  if (Buffer !== undefined) return Buffer.from(hex, "hex");
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
