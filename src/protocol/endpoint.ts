// The protocol of one endpoint, as a machine that is pushed: bytes go into `receive`, what they mean goes to the sink, and what
// must be written waits in the outbox. It has three states and no way back:
//
//   open     -> closing   this endpoint sent a Close frame and waits for the peer's
//   open     -> closed    the peer's Close frame came (and was answered), the connection failed, or the transport ended
//   closing  -> closed    the peer's Close frame came, the connection failed, or the transport ended
//
// On the way into `closed` the sink gets its one onClose. Nothing is decoded or sent after it.

import type { KernelName } from "../kernel/kernel.js";
import { sharedWorkspace, type Workspace } from "../kernel/workspace.js";
import { type Bytes, bytesOf } from "./arguments.js";
import { CloseCode } from "./close-code.js";
import { checkedClosePayload, closePayload, parseClosePayload } from "./close-payload.js";
import { Decoder, type ProtocolSink } from "./decoder.js";
import { type EndpointOptions, type EndpointState, resolveEndpointOptions } from "./endpoint-options.js";
import { type Failure, type FailureCode, failure, InvalidStateError } from "./errors.js";
import type { CloseEvent, EndpointSink } from "./events.js";
import type { Host } from "./host.js";
import { FIN, Opcode } from "./opcode.js";
import { Sender } from "./sender.js";

export type { EndpointOptions, EndpointState, Role } from "./endpoint-options.js";

const NOTHING = new Uint8Array(0);

/** One endpoint of an open WebSocket connection, after the opening handshake. Adapters drive it. */
export class Endpoint extends Sender implements ProtocolSink {
  readonly #workspace: Workspace;
  readonly #sink: EndpointSink;
  readonly #decoder: Decoder;
  readonly #host: Host;
  #state: EndpointState = "open";
  /** Payload of the newest ping that was not answered yet. */
  #owedPong: Uint8Array | undefined;

  /**
   * @throws TypeError or RangeError for options that make no sense
   */
  constructor(sink: EndpointSink, options: EndpointOptions) {
    const { role, host, pieces, borrow, utf8, limits, kernel, maskingKey, turnMs } =
      resolveEndpointOptions(options);
    const workspace = sharedWorkspace(kernel);
    super(role, workspace, host, maskingKey);
    this.#sink = sink;
    this.#host = host;
    this.#workspace = workspace;
    this.#decoder = new Decoder(workspace, host, sink, this, {
      limits,
      pieces,
      borrow,
      utf8,
      turnMs,
      fromServer: role === "client",
    });
  }

  /** Where the connection stands. */
  get state(): EndpointState {
    return this.#state;
  }

  /** Which kernel decodes. */
  get kernel(): KernelName {
    return this.#workspace.kernel.name;
  }

  /**
   * Whether the WebSocket connection is over and the transport must end. Section 7.1.1: the server closes the TCP
   * connection first, "so that it holds the TIME_WAIT state"; a client waits a while for that.
   */
  get closeExpected(): boolean {
    return this.#state === "closed";
  }

  // ---- Receiving ----

  /**
   * Takes what one read from the network gave, of any length and cut anywhere. The chunk may be used again afterwards.
   * What the sink throws fails the connection with 1011, and is thrown on.
   * @returns how many bytes were taken: all, unless the option `turnMs` ended the call early. {@link interrupted} tells
   * @throws TypeError if the chunk is no bytes
   * @throws InvalidStateError from inside of one of this endpoint's own handlers, or while a call is {@link interrupted}
   */
  receive(chunk: Bytes): number {
    const bytes = bytesOf(chunk, "a chunk must be bytes");
    this.#assertNotReceiving();
    if (this.#state === "closed") return bytes.length;
    try {
      return this.#decoder.push(bytes);
    } catch (error) {
      this.#failFor(error);
      throw error;
    }
  }

  /** Where a transport may read to for {@link receiveWindow}. Another one when the kernel had to be replaced. */
  get readWindow(): Uint8Array {
    return this.#workspace.readWindow;
  }

  /** Whether a handler of any endpoint on this kernel is running, which still reads from the window. */
  get windowInUse(): boolean {
    return this.#workspace.reading;
  }

  /**
   * Takes `length` bytes that were read into the beginning of the {@link readWindow}.
   * @throws InvalidStateError while {@link windowInUse}, or while a call is {@link interrupted}
   */
  receiveWindow(length: number): void {
    this.#assertNotReceiving();
    if (this.windowInUse) throw new InvalidStateError("the read window is in use");
    if (this.#state === "closed") return;
    try {
      this.#decoder.pushWindow(length);
    } catch (error) {
      this.#failFor(error);
      throw error;
    }
  }

  /**
   * Takes out bytes that the system has read into the beginning of the {@link readWindow} while it was in use: a handler runs
   * an event loop of its own. The connections whose bytes stood there fail with 1011.
   * @returns a copy, for {@link receive}
   */
  salvageWindow(length: number): Uint8Array {
    return this.#workspace.salvageWindow(length);
  }

  /** Whether a handler of this endpoint is running. */
  get receiving(): boolean {
    return this.#decoder.walking;
  }

  /** Whether the option `turnMs` has ended a call before its messages: {@link resume} must come before the next bytes. */
  get interrupted(): boolean {
    return this.#decoder.interrupted;
  }

  /** Goes on where a call was {@link interrupted}. Does nothing if none was. */
  resume(): void {
    this.#assertNotWalking();
    try {
      this.#decoder.resume();
    } catch (error) {
      this.#failFor(error);
      throw error;
    }
  }

  /** The transport ended: no more bytes come. Section 7.1.5: without a Close frame the code is 1006. */
  end(): void {
    this.#close({ type: "close", code: CloseCode.ABNORMAL, reason: "", wasClean: false });
  }

  /** The decoder takes no more bytes once the sink has thrown, so the connection must not look as if it were open. */
  #failFor(error: unknown): void {
    try {
      this.fail(CloseCode.INTERNAL_ERROR, "", error);
    } catch {
      // The sink again. Who receives gets its first exception.
    }
  }

  #assertNotReceiving(): void {
    this.#assertNotWalking();
    if (this.#decoder.interrupted) throw new InvalidStateError("resume() comes first");
  }

  #assertNotWalking(): void {
    if (this.#decoder.walking) throw new InvalidStateError("receive() was called by a handler of its own");
  }

  // ---- Closing ----

  /**
   * Starts the closing handshake (section 7.1.2): sends a Close frame and waits for the peer's. Does nothing if the connection
   * is not open any more.
   * @param code - 1000-1003, 1007-1014 or 3000-4999; none by default
   * @param reason - at most 123 bytes of UTF-8; needs a code
   * @throws RangeError for a code that must not be sent, or a reason that is too long
   */
  close(code?: number, reason = ""): void {
    if (code === undefined && reason !== "") throw new TypeError("a reason needs a code");
    const payload = code === undefined ? NOTHING : checkedClosePayload(code, reason, this.#host);
    if (this.#state !== "open") return;
    this.#sendClose(payload);
    // Unless the kernel trapped over the Close.
    if (this.#state === "open") this.#state = "closing";
  }

  /**
   * *Fails the WebSocket Connection* (section 7.1.7): sends a Close frame and takes no further input. Does nothing if
   * the connection is over.
   * @throws RangeError for a code that must not be sent, or a reason over 123 bytes
   */
  fail(code: number, reason = "", cause?: unknown): void {
    const payload = checkedClosePayload(code, reason, this.#host);
    if (this.#state === "closed") return;
    const base = failure(
      code === CloseCode.INTERNAL_ERROR ? "INTERNAL" : "APPLICATION",
      this.#decoder.offset,
      cause,
    );
    this.#fail({ ...base, closeCode: code, message: reason === "" ? base.message : reason }, payload);
  }

  /**
   * Puts what is owed to the peer into the outbox: the pong for the newest ping. An adapter calls this when it is about to
   * write and the transport takes bytes, so that unread pongs never pile up (section 5.5.3).
   */
  settle(): void {
    const payload = this.#owedPong;
    if (payload === undefined) return;
    this.encoder.bytes(FIN | Opcode.PONG, payload);
    this.#owedPong = undefined;
  }

  #sendClose(payload: Uint8Array): void {
    this.settle();
    this.encoder.bytes(FIN | Opcode.CLOSE, payload);
  }

  #fail(reason: Failure, payload = closePayload(reason.closeCode, NOTHING)): void {
    const open = this.#state === "open";
    // Masking the Close may trap as well, and come back here.
    if (open) this.#state = "closing";
    try {
      if (open) this.#sendClose(payload);
    } finally {
      this.#close({
        type: "close",
        code: CloseCode.ABNORMAL,
        reason: "",
        wasClean: false,
        failure: reason,
      });
    }
  }

  #close(event: CloseEvent): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#decoder.stop();
    this.#owedPong = undefined;
    this.#sink.onClose(event);
  }

  // ---- What the decoder finds, and the kernel's traps ----

  /** @internal Section 5.5.3: an endpoint "MAY elect to send a Pong frame for only the most recently processed Ping". */
  onPing(payload: Uint8Array): void {
    // Section 5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame"; having sent
    // one itself makes no difference. A copy, for the handler owns the payload. Not slice(): a Buffer's gives a view.
    this.#owedPong = this.#host.copy(payload, 0, payload.length);
    this.#sink.onPing(payload);
  }

  /** @internal */
  onCloseFrame(payload: Uint8Array, offset: number): void {
    const parsed = parseClosePayload(payload, this.#workspace);
    if ("failure" in parsed) {
      this.onViolation(parsed.failure, offset + parsed.at);
      return;
    }
    // Section 5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint
    // MUST send a Close frame in response", which "typically echos the status code it received".
    if (this.#state === "open") this.#sendClose(payload.subarray(0, 2));
    this.#close({ type: "close", code: parsed.code, reason: parsed.reason, wasClean: true });
  }

  /** @internal */
  onViolation(code: FailureCode, offset: number): void {
    this.#fail(failure(code, offset));
  }

  /** @internal The application took back the memory of what it sent. */
  onLost(error: unknown): void {
    // The Close that this side has sent was dropped, too.
    if (this.#state === "closing") this.#state = "open";
    this.onTrap(error);
  }

  /** @internal */
  onTrap(error: unknown): void {
    this.#fail(failure("INTERNAL", this.#decoder.offset, error));
  }
}
