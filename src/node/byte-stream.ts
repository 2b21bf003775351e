// Checks that a stream of Node's can carry a WebSocket.
import type { Duplex } from "node:stream";

/** @throws TypeError if a value is not a duplex stream of bytes */
export function assertByteStream(stream: unknown): asserts stream is Duplex {
  if (!isDuplex(stream)) throw new TypeError("the upgraded stream must be a Duplex, a net.Socket mostly");
  if (stream.readableObjectMode || stream.writableObjectMode)
    throw new TypeError("the upgraded stream must carry bytes, but it is in object mode");
  if (typeof stream.readableEncoding === "string")
    throw new TypeError("the upgraded stream must carry bytes, but setEncoding() makes strings of them");
}

const METHODS = ["on", "once", "off", "write", "end", "destroy", "pause", "resume", "cork", "uncork"];

function isDuplex(stream: unknown): stream is Duplex {
  return (
    typeof stream === "object" &&
    stream !== null &&
    METHODS.every((name) => typeof Reflect.get(stream, name) === "function")
  );
}
