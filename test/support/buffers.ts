// Buffers that change their length, which the types of ES2023 do not know yet.

/** An ArrayBuffer that may grow to twice its length. */
export function resizableBuffer(length: number): ArrayBuffer {
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [length, { maxByteLength: 2 * length }]);
  if (!("resizable" in buffer && buffer.resizable === true))
    throw new Error("this host has no resizable buffers");
  return buffer;
}

/** A SharedArrayBuffer that may grow to twice its length. */
export function growableBuffer(length: number): SharedArrayBuffer {
  const buffer: SharedArrayBuffer = Reflect.construct(SharedArrayBuffer, [
    length,
    { maxByteLength: 2 * length },
  ]);
  if (!("growable" in buffer && buffer.growable === true))
    throw new Error("this host has no growable buffers");
  return buffer;
}
