// One open connection: it connects a transport and the codec to a WebSocket. Unlike `Session`, which serves the handlers
// of this package's own sockets, it keeps the rules of `ws`: no keepalive, no limit for output, and exceptions of
// listeners are the process's affair.
import type { Buffer } from "node:buffer";
import { Deadline, type Expiring } from "../adapter/deadline.js";
import type { SocketTransport, TransportSink } from "../adapter/transport.js";
import { sharedWorkspace, type Workspace } from "../memory/workspace.js";
import { nextTick } from "../node/globals.js";
import { nodeRuntime } from "../node/host.js";
import { CloseCode } from "../protocol/close-code.js";
import { Decoder, type ProtocolSink } from "../protocol/decoder.js";
import type { ResolvedEndpointOptions } from "../protocol/endpoint-options.js";
import type { Violation } from "../protocol/errors.js";
import { Opcode } from "../protocol/opcode.js";
import { Outbox, type OutboxSink } from "../protocol/outbox.js";
import { CLOSED, CLOSING, EMPTY_BUFFER, kStatusCode, OPEN, type ReadyState } from "./constants.js";
import { readClose } from "./control-payload.js";
import { Delivery, type DeliveryChoice, type Listeners } from "./delivery.js";
import { type ConnectionError, connectionLost, internalError, violationError } from "./errors.js";
import { Input, type InputOwner } from "./input.js";
import { rethrowLater } from "./later.js";
import { Output, type OutputOwner } from "./output.js";
import { Sending, type SendingOwner } from "./sending.js";

/** A WebSocket, as its engine sees it. */
export interface Surface extends Listeners {
  readonly _isServer: boolean;
  readonly _closeTimeout: number;
  _readyState: ReadyState;
  _closeFrameReceived: boolean;
  _closeFrameSent: boolean;
  _closeCode: number;
  _closeMessage: Buffer;
  /** Answers a ping, if the application wants that. */
  answer(payload: Uint8Array): void;
  /** Ends the connection with a status code and a reason. */
  close(code?: number, reason?: Buffer): void;
  /** The connection failed: the event 'error', unless there was one. */
  failed(error: Error): void;
  /** The connection is over. */
  ended(): void;
}

/** The choices of an engine. */
export interface EngineChoice extends DeliveryChoice {
  readonly codec: ResolvedEndpointOptions;
  /** Bytes from which on messages are compressed, if an extension was agreed on. */
  readonly compressFrom: number;
  readonly skipUtf8Validation: boolean;
}

/** The parts of one open connection. It is the sink of all of them itself, so that it needs no closures. */
export class Engine
  implements TransportSink, ProtocolSink, OutboxSink, InputOwner, OutputOwner, SendingOwner, Expiring
{
  readonly transport: SocketTransport;
  readonly outbox: Outbox;
  readonly decoder: Decoder;
  readonly input: Input;
  readonly output: Output;
  readonly sending: Sending;
  readonly #surface: Surface;
  readonly #workspace: Workspace;
  readonly #delivery: Delivery;
  readonly #skipUtf8Validation: boolean;
  /** Made when the closing handshake begins. */
  #deadline: Deadline | undefined;
  /** Whether nothing is read until there is a listener. */
  #awaitsListener = false;
  /** Whether the peer broke a rule. */
  #violated = false;
  /** Whether the transport was reported closed. */
  #closed = false;
  /** Whether the WebSocket was told of the end. */
  #over = false;
  /** Whether nothing can be sent any more. */
  gone = false;

  constructor(surface: Surface, transport: SocketTransport, choice: EngineChoice) {
    const workspace = sharedWorkspace();
    this.#surface = surface;
    this.#skipUtf8Validation = choice.skipUtf8Validation;
    this.#workspace = workspace;
    this.transport = transport;
    this.outbox = new Outbox(workspace, choice.codec.host, this);
    this.output = new Output(this);
    this.sending = new Sending(this, workspace, choice.codec, choice.compressFrom);
    this.input = new Input(this);
    this.#delivery = new Delivery(surface, this.input, choice);
    this.decoder = new Decoder(workspace, choice.codec, this.#delivery, this);
  }

  /** Begins to take the transport's reports. @param head - bytes that came with the handshake */
  start(head: Uint8Array): void {
    this.transport.sink = this;
    this.transport.readInto(this.#workspace.readWindow.view);
    if (head.length > 0) nextTick(takeHead, this, head);
  }

  /** Reads nothing until {@link startMessages}. */
  holdMessages(): void {
    this.#awaitsListener = true;
    this.input.hold();
    this.transport.pause();
  }

  startMessages(): void {
    if (!this.#awaitsListener) return;
    this.#awaitsListener = false;
    this.input.release();
  }

  /** Bytes that the system has not taken, once it has got as many as it takes. */
  get bufferedAmount(): number {
    return this.gone ? 0 : this.output.bufferedAmount + this.sending.queuedBytes;
  }

  // ---- Closing ----

  /** Begins the closing handshake. @param payload - of the Close frame */
  close(payload: Uint8Array): void {
    this.sending.control(Opcode.CLOSE, payload, !this.#surface._isServer, undefined);
    this.output.flushTurn();
    // The peer's Close frame has to be read.
    this.startMessages();
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    this.#deadline ??= new Deadline(nodeRuntime.deadlines, this);
    this.#deadline.start(this.#surface._closeTimeout);
  }

  /** As {@link SendingOwner.closeFrameSent}. */
  closeFrameSent(): void {
    this.#surface._closeFrameSent = true;
    this.finish();
  }

  /** Ends this side, if both Close frames were exchanged, or no other one is taken. */
  finish(): void {
    const { _closeFrameSent, _closeFrameReceived } = this.#surface;
    if (_closeFrameSent && (_closeFrameReceived || this.#violated)) this.output.finish();
  }

  /** Ends the connection at once, behind what the system takes of the output. */
  terminate(): void {
    if (this.gone) return;
    this.output.flushNow();
    this.#surface._readyState = CLOSING;
    this.gone = true;
    this.input.ignore();
    this.transport.destroy();
  }

  /** The time for the closing handshake is over. */
  expired(): void {
    this.gone = true;
    this.transport.destroy();
  }

  /** The connection fails: by the peer, or by a bug. */
  #fail(error: ConnectionError): void {
    if (this.#violated) {
      // Not even the Close frame can be sent.
      this.terminate();
      return;
    }
    this.#violated = true;
    this.input.ignore();
    this.#surface.close(error[kStatusCode]);
    this.#surface.failed(error);
  }

  // ---- Reports of the transport ----

  received(chunk: Uint8Array): void {
    this.input.received(chunk);
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    const { readWindow } = this.#workspace;
    if (window !== readWindow.view) {
      // The kernel was replaced since.
      this.input.received(window.subarray(0, length));
      this.transport.readInto(readWindow.view);
    } else if (readWindow.inUse) this.input.received(readWindow.salvage(length));
    else this.input.receivedInWindow(length, window);
  }

  drained(): void {
    this.output.drained();
  }

  ended(): void {
    if (this.gone) return;
    this.#surface._readyState = CLOSING;
    this.output.finish();
  }

  failed(): void {
    // The application is told by 'close', with 1006.
    this.#surface._readyState = CLOSING;
    this.gone = true;
  }

  closed(): void {
    this.#closed = true;
    this.gone = true;
    this.#deadline?.stop();
    this.#surface._readyState = CLOSING;
    this.output.stop(connectionLost);
    this.startMessages();
    this.inputOver();
  }

  /** As {@link InputOwner.inputOver}. */
  inputOver(): void {
    if (!this.#closed || this.#over || this.input.waits) return;
    this.#over = true;
    this.decoder.stop();
    this.sending.stop();
    this.#surface.ended();
  }

  // ---- Reports of the codec ----

  onPing(payload: Uint8Array): void {
    const bytes = payload.length === 0 ? EMPTY_BUFFER : payload;
    this.#surface.answer(bytes);
    this.#delivery.control("ping", bytes);
  }

  onCloseFrame(payload: Uint8Array): void {
    const close = readClose(payload, this.#skipUtf8Validation);
    if (close.violation !== undefined) this.onViolation(close.violation);
    else this.#concluded(close.code, close.reason);
  }

  #concluded(code: number, reason: Buffer): void {
    const surface = this.#surface;
    surface._closeFrameReceived = true;
    surface._closeCode = code;
    surface._closeMessage = reason;
    this.input.ignore();
    if (code === CloseCode.NO_STATUS) surface.close();
    else surface.close(code, reason);
  }

  onViolation(violation: Violation): void {
    this.#fail(violationError(violation));
  }

  onTrap(error: unknown): void {
    this.#fail(internalError(error));
  }

  onLost(error: unknown): void {
    this.#fail(internalError(error));
  }

  // ---- Reports of the parts ----

  /** A Blob can't be read, so no message behind it can be sent. */
  unreadable(error: Error): void {
    const surface = this.#surface;
    if (surface._readyState === CLOSED) return;
    if (surface._readyState === OPEN) {
      surface._readyState = CLOSING;
      this.#awaitEnd();
    }
    this.output.finish();
    surface.failed(error);
  }

  /** As {@link OutputOwner.sendWaiting}. */
  sendWaiting(): void {
    this.sending.release();
  }

  drainedOut(): void {
    try {
      this.#surface.emit("drain");
    } catch (error) {
      rethrowLater(error);
    }
  }

  broke(error: unknown): void {
    this.terminate();
    this.#surface.failed(internalError(error));
  }
}

function takeHead(engine: Engine, head: Uint8Array): void {
  engine.received(head);
}
