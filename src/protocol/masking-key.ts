// Masking keys of the client role (section 5.3).
/**
 * Gives the masking key for one frame: a 32-bit integer whose bytes stand on the wire in little-endian order. Section
 * 5.3: "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source of
 * entropy".
 */
export type MaskingKeySource = () => number;

const POOL_KEYS = 2048;

const pool = new Uint32Array(POOL_KEYS);
let used = POOL_KEYS;

/** Masking keys from the host's CSPRNG (`crypto.getRandomValues`), fetched 2,048 at a time, each used once. */
export function randomMaskingKey(): number {
  if (used === POOL_KEYS) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const key = pool[used] ?? 0;
  pool[used++] = 0;
  return key;
}
