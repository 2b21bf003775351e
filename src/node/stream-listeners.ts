// The listeners on the streams that transports drive: functions that all streams share, which find the transport by the
// stream.
import type { Duplex } from "node:stream";
import type { TransportSink } from "../adapter/transport.js";

/** A report of a stream: a chunk, or the name of an event. */
export type Report = Uint8Array | "drain" | "end" | "close";

/** The transport, as its stream's listeners call it. */
export interface StreamDriver {
  readonly sink: TransportSink;
  reported(report: Report): void;
  /** The stream broke. */
  failed(error: unknown): void;
  /** This side has ended. */
  finished(): void;
  /** Ends the transport for an error that did not come from the stream. */
  fail(error: unknown): void;
}

/** In the registry of all symbols, so that a second copy of this package sees it as well. */
const kTransport = Symbol.for("wsimd transport");

interface Carrier extends Duplex {
  [kTransport]?: StreamDriver;
}

/** Has the events of a stream reported to a transport. */
export function listen(stream: Carrier, driver: StreamDriver): void {
  stream[kTransport] = driver;
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("drain", onDrain);
  stream.on("error", onError);
  stream.on("close", onClose);
}

/** Has the end of this side reported to the transport. */
export function listenForFinish(stream: Duplex): void {
  stream.once("finish", onFinish);
}

/** Ends what {@link listen} began. */
export function unlisten(stream: Carrier): void {
  delete stream[kTransport];
  stream.off("data", onData);
  stream.off("end", onEnd);
  stream.off("drain", onDrain);
  stream.off("error", onError);
  stream.off("close", onClose);
  stream.off("finish", onFinish);
}

/** The sink of a stream's transport. */
export function sinkOf(stream: Carrier): TransportSink | undefined {
  return stream[kTransport]?.sink;
}

/** Whether a transport or other code already reads this stream. */
export function isTaken(stream: Duplex): boolean {
  return kTransport in stream || stream.listenerCount("data") > 0 || stream.listenerCount("readable") > 0;
}

function onData(this: Carrier, chunk: Uint8Array | string): void {
  const driver = this[kTransport];
  if (typeof chunk !== "string") driver?.reported(chunk);
  else driver?.fail(new TypeError("the stream gave a string: setEncoding() was called"));
}

function onEnd(this: Carrier): void {
  this[kTransport]?.reported("end");
}

function onDrain(this: Carrier): void {
  this[kTransport]?.reported("drain");
}

function onError(this: Carrier, error: unknown): void {
  this[kTransport]?.failed(error);
}

function onFinish(this: Carrier): void {
  this[kTransport]?.finished();
}

function onClose(this: Carrier): void {
  this[kTransport]?.reported("close");
}
