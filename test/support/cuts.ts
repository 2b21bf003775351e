// Ways to cut a stream into the chunks that a network might deliver it in.

/** The bytes between the cuts, which are offsets in rising order. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const edges = [0, ...cuts, bytes.length];
  const chunks: Uint8Array[] = [];
  for (let i = 1; i < edges.length; i++) chunks.push(bytes.slice(edges[i - 1], edges[i]));
  return chunks;
}

/** Each way to cut once, also before the first byte and behind the last: an empty chunk is a chunk. */
export function* everyCut(length: number): Generator<number[]> {
  for (let at = 0; at <= length; at++) yield [at];
}

/** Each way to cut twice. */
export function* everyTwoCuts(length: number): Generator<number[]> {
  for (let first = 1; first < length; first++) {
    for (let second = first + 1; second < length; second++) yield [first, second];
  }
}

/** A cut behind each byte. */
export function byteByByte(length: number): number[] {
  return Array.from({ length: Math.max(length - 1, 0) }, (_, i) => i + 1);
}

/** Cuts every `size` bytes. */
export function everyBytes(length: number, size: number): number[] {
  return Array.from({ length: Math.max(Math.ceil(length / size) - 1, 0) }, (_, i) => (i + 1) * size);
}
