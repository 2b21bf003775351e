// An adapter of your own: a WebSocket connection over the MessagePorts of node:worker_threads. A port has no back-pressure, so
// the receiver says how much it took. On the port go bytes, { taken: number }, and "end".

/** So many bytes may be on their way before the transport is blocked. */
const MAX_IN_FLIGHT_BYTES = 64 * 1024;

/**
 * @typedef {import("wsimd/adapter").SocketTransport} SocketTransport
 * @implements {SocketTransport}
 */
export class PortTransport {
  remoteAddress = "";
  /** @type {"stream"} */
  readPath = "stream";
  /** What is written is copied at once, so its memory is free even before `bufferedAmount` is 0. */
  takesAtOnce = true;
  bufferedAmount = 0;
  sentBytes = 0;
  blocked = false;
  /** @type {import("wsimd/adapter").TransportSink | undefined} */
  #sink;
  #port;
  #paused = false;
  #ended = false;
  #peerEnded = false;
  /** @type {(Uint8Array | "end")[]} What came while the transport was paused, or before it had a sink. */
  #waiting = [];

  /** @param {import("node:worker_threads").MessagePort} port */
  constructor(port) {
    this.#port = port;
    port.on("message", (message) => this.#received(message));
    port.once("messageerror", (error) => this.#fail(error));
    port.once("close", () => this.#sink?.closed());
  }

  /** @returns {import("wsimd/adapter").TransportSink} */
  get sink() {
    if (this.#sink === undefined) throw new Error("the transport has no sink yet");
    return this.#sink;
  }
  set sink(sink) {
    this.#sink = sink;
  }

  /** A port delivers messages, and reads into no memory of ours. */
  readInto() {}

  /** @param {Uint8Array} bytes */
  write(bytes) {
    if (this.#ended) return;
    if (bytes.length === 0) {
      this.#fail(new Error("the memory of what was to be written is gone"));
      return;
    }
    this.bufferedAmount += bytes.length;
    this.blocked = this.bufferedAmount >= MAX_IN_FLIGHT_BYTES;
    const copy = new Uint8Array(bytes);
    this.#port.postMessage(copy, [copy.buffer]);
  }

  /** @param {readonly Uint8Array[]} chunks */
  writeAll(chunks) {
    for (const chunk of chunks) this.write(chunk);
  }

  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.postMessage("end");
    if (this.#peerEnded) this.#port.close();
  }

  destroy() {
    this.#ended = true;
    this.#waiting = [];
    this.#port.close();
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    // Later: no method of a transport calls its sink, which may be in the middle of something.
    queueMicrotask(() => this.#deliver());
  }

  /** @param {Uint8Array | "end" | { taken: number }} message */
  #received(message) {
    if (message === "end" || message instanceof Uint8Array) {
      this.#waiting.push(message);
      this.#deliver();
      return;
    }
    this.bufferedAmount -= message.taken;
    this.sentBytes += message.taken;
    if (!this.blocked || this.bufferedAmount >= MAX_IN_FLIGHT_BYTES / 2) return;
    this.blocked = false;
    this.#sink?.drained();
  }

  #deliver() {
    while (!this.#paused) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next === "end") {
        this.#peerEnded = true;
        this.#sink?.ended();
        if (this.#ended) this.#port.close();
      } else {
        this.#port.postMessage({ taken: next.length });
        this.#sink?.received(next);
      }
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    // Not from inside of a method that the sink has called.
    queueMicrotask(() => {
      this.#sink?.failed(error);
      this.destroy();
    });
  }
}
