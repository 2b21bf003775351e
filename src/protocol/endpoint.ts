// The protocol of one endpoint, as a machine that is pushed: bytes go into `receive`, what they mean goes to the sink, and what
// must be written waits in the outbox. It has three states and no way back:
//
//   open     -> closing   this endpoint sent a Close frame and waits for the peer's
//   open     -> closed    the peer's Close frame came (and was answered), the connection failed, or the transport ended
//   closing  -> closed    the peer's Close frame came, the connection failed, or the transport ended
//
// On the way into `closed` the sink gets its one onClose. Nothing is decoded or sent after it.
//
// An endpoint reacts to what it finds at once: it answers a ping before its sink hears of it. The owner of a deferred one hands
// events on later, and has it react when it does, so that its answers stand among the application's in the order of the wire.

import type { Host } from "../host/host.js";
import type { KernelName } from "../kernel/kernel.js";
import { sharedWorkspace, type Workspace } from "../memory/workspace.js";
import { type Bytes, bytesOf } from "./arguments.js";
import { CloseCode } from "./close-code.js";
import { checkedClosePayload, closePayload, parseClosePayload } from "./close-payload.js";
import { Decoder, type ProtocolSink } from "./decoder.js";
import { type EndpointOptions, type EndpointState, resolveEndpointOptions } from "./endpoint-options.js";
import { type FailureCode, failure, InvalidStateError } from "./errors.js";
import { abnormalClose, type CloseEvent, type ConnectionEvent, type EndpointSink } from "./events.js";
import { FIN, Opcode } from "./opcode.js";
import { Sender } from "./sender.js";

export type { EndpointOptions, EndpointState, Role } from "./endpoint-options.js";

const NOTHING = new Uint8Array(0);

/** No more bytes of pongs wait in the outbox: of the pings beyond them, the newest is owed an answer. */
const MAX_PONG_BYTES = 1024;

/** One endpoint of an open WebSocket connection, after the opening handshake. Adapters drive it. */
export class Endpoint extends Sender implements ProtocolSink {
  readonly #workspace: Workspace;
  readonly #sink: EndpointSink;
  readonly #decoder: Decoder;
  readonly #host: Host;
  readonly #deferred: boolean;
  #state: EndpointState = "open";
  #closedHere = false;
  /** Whether the sink got its onClose. */
  #told = false;
  /** Payload of the newest ping that was not answered in its place. */
  #owedPong: Uint8Array | undefined;

  /**
   * @param deferred - internal: it reacts to what it receives when `react` says so. Default: at once
   * @throws TypeError or RangeError for options that make no sense
   */
  constructor(sink: EndpointSink, options: EndpointOptions, deferred = false) {
    const { role, host, fragments, borrow, textType, limits, kernel, maskingKey, turnMs } =
      resolveEndpointOptions(options);
    const workspace = sharedWorkspace(kernel);
    super(role, workspace, host, maskingKey);
    this.#sink = sink;
    this.#host = host;
    this.#deferred = deferred;
    this.#workspace = workspace;
    this.#decoder = new Decoder(workspace, host, sink, this, {
      limits,
      fragments,
      // A deferred one's events outlive the call.
      borrow: borrow && !deferred,
      textType,
      turnMs: deferred ? Number.POSITIVE_INFINITY : turnMs,
      fromServer: role === "client",
    });
  }

  /** Where the connection stands. */
  get state(): EndpointState {
    return this.#state;
  }

  /** @internal */
  protected override get closedHere(): boolean {
    return this.#closedHere;
  }

  /** Which kernel decodes. */
  get kernel(): KernelName {
    return this.#workspace.linear.kernel.name;
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
      this.#threw(error);
      return bytes.length;
    }
  }

  /** Where a transport may read to for {@link receiveWindow}. Another one when the kernel had to be replaced. */
  get readWindow(): Uint8Array {
    return this.#workspace.readWindow.view;
  }

  /** Whether a handler of any endpoint on this kernel is running, which still reads from the window. */
  get windowInUse(): boolean {
    return this.#workspace.readWindow.inUse;
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
      this.#threw(error);
    }
  }

  /**
   * Takes out bytes that the system has read into the beginning of the {@link readWindow} while it was in use: a handler runs
   * an event loop of its own. The connections whose bytes stood there fail with 1011.
   * @returns a copy, for {@link receive}
   */
  salvageWindow(length: number): Uint8Array {
    return this.#workspace.readWindow.salvage(length);
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
      this.#threw(error);
    }
  }

  /** The transport ended: no more bytes come. Section 7.1.5: without a Close frame the code is 1006. */
  end(): void {
    this.#close(abnormalClose());
  }

  /** The decoder takes no more bytes then, so the connection must not look as if it were open. */
  #threw(error: unknown): void {
    if (this.#deferred) {
      // No sink that collects throws: a bug of ours, or a lack of memory.
      this.#tell(abnormalClose(failure("INTERNAL", this.#decoder.offset, error)));
      return;
    }
    try {
      this.fail(CloseCode.INTERNAL_ERROR, "", error);
    } catch {
      // The sink again. Who receives gets its first exception.
    }
    throw error;
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
    this.#closedHere = true;
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
    this.#closedHere = true;
    const base = failure(
      code === CloseCode.INTERNAL_ERROR ? "INTERNAL" : "APPLICATION",
      this.#decoder.offset,
      cause,
    );
    const reported = { ...base, closeCode: code, message: reason === "" ? base.message : reason };
    this.#conclude(abnormalClose(reported), payload);
  }

  /**
   * Puts what is owed to the peer into the outbox: the pong for the newest ping, if too many pongs waited for one in its place. An
   * adapter calls this when it is about to write and the transport takes bytes, so that unread pongs never pile up (section 5.5.3).
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

  /** Sends the last Close frame, unless there was one, and closes. */
  #conclude(event: CloseEvent, payload: Uint8Array): void {
    const open = this.#state === "open";
    // Masking the Close may trap as well, and come back here.
    if (open) this.#state = "closing";
    try {
      if (open) this.#sendClose(payload);
    } finally {
      this.#close(event);
    }
  }

  #close(event: CloseEvent): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#decoder.stop();
    this.#owedPong = undefined;
    this.#tell(event);
  }

  #tell(event: CloseEvent): void {
    if (this.#told) return;
    this.#told = true;
    this.#sink.onClose(event);
  }

  // ---- What the decoder finds, and the kernel's traps ----

  /** @internal */
  onPing(payload: Uint8Array): void {
    if (!this.#deferred) this.#answerPing(payload);
    // Unless the kernel trapped over the pong.
    if (this.#state !== "closed") this.#sink.onPing(payload);
  }

  /** @internal */
  onCloseFrame(payload: Uint8Array, offset: number): void {
    const parsed = parseClosePayload(payload, this.#workspace.linear);
    if ("failure" in parsed) this.onViolation(parsed.failure, offset + parsed.at);
    else this.#found({ type: "close", ...parsed, wasClean: true });
  }

  /** @internal */
  onViolation(code: FailureCode, offset: number): void {
    this.#found(abnormalClose(failure(code, offset)));
  }

  /** @internal The application took back the memory of what it sent. */
  onLost(error: unknown): void {
    // The Close that this side has sent was dropped, too.
    if (this.#state === "closing") this.#state = "open";
    this.onTrap(error);
  }

  /** @internal */
  onTrap(error: unknown): void {
    this.#found(abnormalClose(failure("INTERNAL", this.#decoder.offset, error)));
  }

  /** The end of the connection came. What traps outside of the decoder does not wait for its turn. */
  #found(event: CloseEvent): void {
    if (this.#deferred && this.#decoder.walking) this.#tell(event);
    else this.#conclude(event, answerTo(event));
  }

  // ---- What the endpoint says to it ----

  /**
   * @internal Answers an event that a deferred endpoint told its sink of: a ping, or the end of the connection. The others need no
   * answer.
   */
  react(event: ConnectionEvent): void {
    if (event.type === "ping") this.#answerPing(event.payload);
    else if (event.type === "close") this.#conclude(event, answerTo(event));
  }

  /**
   * Section 5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame"; having sent one itself
   * makes no difference. Section 5.5.3: it "MAY elect to send a Pong frame for only the most recently processed Ping".
   */
  #answerPing(payload: Uint8Array): void {
    if (this.#state === "closed") return;
    const { outbox } = this;
    const bytes = outbox.pongBytes + payload.length + (this.role === "client" ? 6 : 2);
    if (this.#owedPong === undefined && bytes <= MAX_PONG_BYTES) {
      this.encoder.bytes(FIN | Opcode.PONG, payload);
      outbox.pongBytes = bytes;
    } else {
      // A copy, for the handler owns the payload. Not slice(): a Buffer's gives a view.
      this.#owedPong = this.#host.copy(payload, 0, payload.length);
    }
  }
}

/**
 * The body of the Close frame that answers the end of a connection. Section 5.5.1: "If an endpoint receives a Close frame and did not
 * previously send a Close frame, the endpoint MUST send a Close frame in response", which "typically echos the status code it received".
 */
function answerTo({ code, failure }: CloseEvent): Uint8Array {
  if (failure !== undefined) return closePayload(failure.closeCode, NOTHING);
  return code === CloseCode.NO_STATUS ? NOTHING : closePayload(code, NOTHING);
}
