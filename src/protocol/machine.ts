// The protocol of one endpoint, as a state machine: `receive` takes bytes, the sink gets the messages, and the outbox
// holds the bytes for the transport. It has three states and no way back:
//
//   open     -> closing   this endpoint sent a Close frame and waits for the peer's
//   open     -> closed    the peer's Close frame came (and was answered), the connection failed, or the transport ended
//   closing  -> closed    the peer's Close frame came, the connection failed, or the transport ended
//
// On the way into `closed` the sink gets its one onClose. Nothing is decoded or sent after it.
//
// A machine answers at once: the pong is in the outbox before the sink gets the ping. A deferred machine answers when
// its owner calls `react`, event by event, so that its answers and the application's leave in the order of the events.
import { sharedWorkspace, type Workspace } from "../memory/workspace.js";
import { type Bytes, bytesOf } from "./arguments.js";
import { CloseCode } from "./close-code.js";
import { checkedClosePayload, closePayload, parseClosePayload } from "./close-payload.js";
import { Decoder, type ProtocolSink } from "./decoder.js";
import { Encoder, type EncoderSink } from "./encoder.js";
import type { EndpointState, ResolvedEndpointOptions } from "./endpoint-options.js";
import { type FailureDetails, failure, InvalidStateError, LIMIT_FAILURES, type Violation } from "./errors.js";
import { abnormalClose, type CloseEvent, type ConnectionEvent, type EndpointSink } from "./events.js";
import type { CompressionTotals, CountingEncoder, MessageEncoder } from "./extensions/message-path.js";
import { FIN, Opcode } from "./opcode.js";
import { Outbox, type OutboxSink } from "./outbox.js";

const NOTHING = new Uint8Array(0);

/** The most bytes of pongs that wait in the outbox. Of further pings, only the newest is answered later. */
const MAX_PONG_BYTES = 1024;

/** The rank of each state: a state is only ever followed by a higher one. */
const RANK: Readonly<Record<EndpointState, number>> = { open: 0, closing: 1, closed: 2 };

/**
 * The state of a connection with its decoder, encoder and outbox. Its users are `Endpoint`, `Connection` and the codec
 * streams.
 */
export class Machine implements ProtocolSink, EncoderSink, OutboxSink {
  readonly options: ResolvedEndpointOptions;
  readonly workspace: Workspace;
  /** Bytes for the transport. */
  readonly outbox: Outbox;
  /** For control frames. */
  readonly encoder: Encoder;
  /** For messages: the encoder itself, or an extension in front of it. */
  readonly messages: MessageEncoder;
  readonly decoder: Decoder;
  /** The extension in front of the messages, if there is one. */
  readonly extended: CountingEncoder | undefined;
  readonly #sink: EndpointSink;
  #state: EndpointState = "open";
  #closedHere = false;
  /** Whether this side's Close frame is in the outbox, or has left it. */
  #closeSent = false;
  /** Whether the sink got its onClose. */
  #told = false;
  /** Payload of the newest ping that was not answered in its place. */
  #owedPong: Uint8Array | undefined;

  constructor(sink: EndpointSink, options: ResolvedEndpointOptions) {
    const workspace = sharedWorkspace(options.kernel);
    this.options = options;
    this.workspace = workspace;
    this.#sink = sink;
    this.outbox = new Outbox(workspace, options.host, this);
    this.encoder = new Encoder(workspace, options, this.outbox, this);
    this.extended = options.extension?.encoder(workspace, options.host, this.encoder, (error) =>
      this.onTrap(error),
    );
    this.messages = this.extended ?? this.encoder;
    this.decoder = new Decoder(workspace, options, sink, this);
  }

  /** The state of the connection. */
  get state(): EndpointState {
    return this.#state;
  }

  /** Whether the application itself closed or failed the connection, so that sending more is a caller's mistake. */
  get closedHere(): boolean {
    return this.#closedHere;
  }

  /** What compression has done so far. Undefined without an extension. */
  get compression(): CompressionTotals | undefined {
    const [sent, received] = [this.extended?.count, this.decoder.compressed];
    return sent && received && { sent: { ...sent }, received: { ...received } };
  }

  /**
   * The only place where the state changes.
   * @returns false if the connection is in this state or a later one already
   */
  #advance(to: EndpointState): boolean {
    if (RANK[to] <= RANK[this.#state]) return false;
    this.#state = to;
    // Section 5.5.1: "The application MUST NOT send any more data frames after sending a Close frame."
    this.outbox.dropWaiting();
    return true;
  }

  // ---- Receiving ----

  /** As `Endpoint.receive`. */
  receive(chunk: Bytes): number {
    const bytes = bytesOf(chunk, "a chunk must be bytes");
    this.#assertNotReceiving();
    if (this.#state === "closed") return bytes.length;
    try {
      return this.decoder.push(bytes);
    } catch (error) {
      this.#threw(error);
      return bytes.length;
    }
  }

  /** As `Endpoint.receiveWindow`. */
  receiveWindow(length: number): void {
    this.#assertNotReceiving();
    if (this.workspace.readWindow.inUse) throw new InvalidStateError("the read window is in use");
    if (this.#state === "closed") return;
    try {
      this.decoder.pushWindow(length);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** As `Endpoint.resume`. */
  resume(): void {
    this.#assertNotWalking();
    try {
      this.decoder.resume();
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Fails the connection after an exception: the decoder takes no more bytes, so the connection must not stay open. */
  #threw(error: unknown): void {
    if (this.options.deferred) {
      // A sink that collects does not throw: this is a bug of this package, or a lack of memory.
      this.#tell(abnormalClose(failure("INTERNAL", this.decoder.offset, { cause: error })));
      return;
    }
    try {
      this.fail(CloseCode.INTERNAL_ERROR, "", { cause: error });
    } catch {
      // onClose threw as well. The caller gets the first exception.
    }
    throw error;
  }

  #assertNotReceiving(): void {
    this.#assertNotWalking();
    if (this.decoder.interrupted) throw new InvalidStateError("resume() comes first");
  }

  #assertNotWalking(): void {
    if (this.decoder.walking) throw new InvalidStateError("receive() was called by a handler of its own");
  }

  // ---- Closing ----

  /** As `Endpoint.close`. */
  close(code?: number, reason = ""): void {
    if (code === undefined && reason !== "") throw new TypeError("a reason needs a code");
    const payload = code === undefined ? NOTHING : checkedClosePayload(code, reason, this.options.host);
    if (this.#state !== "open") return;
    this.settle();
    // The kernel may trap over the pong or the Close frame. Then the connection is over, and another Close frame was
    // sent.
    if (!this.#closeSent) this.encoder.bytes(FIN | Opcode.CLOSE, payload);
    this.#closedHere = true;
    if (this.#advance("closing")) this.#closeSent = true;
  }

  /** As `Endpoint.fail`. */
  fail(code: number, reason = "", details: FailureDetails = {}): void {
    const payload = checkedClosePayload(code, reason, this.options.host);
    if (this.#state === "closed") return;
    this.#closedHere = true;
    const { limit } = details;
    const other = code === CloseCode.INTERNAL_ERROR ? "INTERNAL" : "APPLICATION";
    const kind = limit === undefined ? other : LIMIT_FAILURES[limit.name];
    const base = failure(kind, this.decoder.offset, details);
    const reported = { ...base, closeCode: code, message: reason === "" ? base.message : reason };
    this.#conclude(abnormalClose(reported), payload);
  }

  /** The transport ended: no more bytes come. Section 7.1.5: without a Close frame the code is 1006. */
  end(): void {
    this.#end(abnormalClose());
  }

  /** Sends the last Close frame, unless there was one, and closes. */
  #conclude(event: CloseEvent, payload: Uint8Array): void {
    if (this.#state === "closed") return;
    const answers = !this.#closeSent;
    // Masking the Close frame may trap as well, and come back here.
    this.#closeSent = true;
    this.#advance("closing");
    try {
      if (answers) {
        this.settle();
        this.encoder.bytes(FIN | Opcode.CLOSE, payload);
      }
    } finally {
      this.#end(event);
    }
  }

  #end(event: CloseEvent): void {
    if (!this.#advance("closed")) return;
    this.decoder.stop();
    this.extended?.stop();
    this.#owedPong = undefined;
    this.#tell(event);
  }

  #tell(event: CloseEvent): void {
    if (this.#told) return;
    this.#told = true;
    this.#sink.onClose(event);
  }

  // ---- The decoder's findings, and the kernel's traps ----

  onPing(payload: Uint8Array): void {
    if (!this.options.deferred) this.#answerPing(payload);
    // Unless the kernel trapped over the pong.
    if (this.#state !== "closed") this.#sink.onPing(payload);
  }

  onCloseFrame(payload: Uint8Array, offset: number): void {
    const parsed = parseClosePayload(payload, this.workspace.linear);
    if ("failure" in parsed) this.onViolation({ code: parsed.failure }, offset + parsed.at);
    else this.#found({ type: "close", ...parsed, wasClean: true });
  }

  onViolation({ code, limit }: Violation, offset: number): void {
    this.#found(abnormalClose(failure(code, offset, { limit })));
  }

  /** The application took back the memory of a payload that was waiting to be written. */
  onLost(error: unknown): void {
    // The Close frame that this side has sent was dropped, too.
    this.#closeSent = false;
    this.onTrap(error);
  }

  onTrap(error: unknown): void {
    this.#found(abnormalClose(failure("INTERNAL", this.decoder.offset, { cause: error })));
  }

  /** The connection has ended. A trap outside of the decoder is answered at once, even by a deferred machine. */
  #found(event: CloseEvent): void {
    if (this.options.deferred && this.decoder.walking) this.#tell(event);
    else this.#conclude(event, answerTo(event));
  }

  // ---- Answers to the peer ----

  /**
   * Answers an event of a deferred machine: a ping, or the end of the connection. Other events need no answer.
   */
  react(event: ConnectionEvent): void {
    if (event.type === "ping") this.#answerPing(event.payload);
    else if (event.type === "close") this.#conclude(event, answerTo(event));
  }

  /** As `Endpoint.settle`. */
  settle(): void {
    const payload = this.#owedPong;
    if (payload === undefined) return;
    this.encoder.bytes(FIN | Opcode.PONG, payload);
    this.#owedPong = undefined;
  }

  /**
   * Section 5.5.2: "an endpoint MUST send a Pong frame in response, unless it already received a Close frame"; having
   * sent one itself makes no difference. Section 5.5.3: it "MAY elect to send a Pong frame for only the most recently
   * processed Ping".
   */
  #answerPing(payload: Uint8Array): void {
    if (this.#state === "closed" || !this.options.autoPong) return;
    const { outbox } = this;
    const bytes = payload.length + (this.options.role === "client" ? 6 : 2);
    if (this.#owedPong === undefined && outbox.pongBytes + bytes <= MAX_PONG_BYTES) {
      this.encoder.bytes(FIN | Opcode.PONG, payload);
      outbox.countPong(bytes);
    } else {
      // A copy, for the handler owns the payload. Not slice(): a Buffer's gives a view.
      this.#owedPong = this.options.host.copy(payload, 0, payload.length);
    }
  }
}

/**
 * The body of the Close frame that answers the end of a connection. Section 5.5.1: "If an endpoint receives a Close
 * frame and did not previously send a Close frame, the endpoint MUST send a Close frame in response", which "typically
 * echos the status code it received".
 */
function answerTo({ code, failure }: CloseEvent): Uint8Array {
  if (failure !== undefined) return closePayload(failure.closeCode, NOTHING);
  return code === CloseCode.NO_STATUS ? NOTHING : closePayload(code, NOTHING);
}
