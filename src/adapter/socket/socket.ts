// The socket that applications hold. It shows its own public state and nothing of the session behind it.

import type { Bytes } from "../../protocol/arguments.js";
import type { EndpointState, Role } from "../../protocol/endpoint-options.js";
import type { CompressionTotals } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import { giveDisposal } from "../async-disposal.js";
import type { HandshakeResponse } from "../handshake-response.js";
import type { Transport } from "../transport.js";
import type { SendResult, Socket } from "./handlers.js";
import { type OutgoingStream, type StreamingSession, sendStream } from "./outgoing-stream.js";
import type { Output } from "./output.js";
import type { PartStream } from "./part-source.js";
import { type SendingSession, sendControl, sendMessage, sendPart } from "./sending.js";
import { subscribe, topicsOf, unsubscribe } from "./subscriptions.js";
import type { TransportEnd } from "./transport-end.js";

/** A socket's own properties, which inspection shows. */
export interface SocketFacts {
  readonly id: number;
  readonly role: Role;
  readonly protocol: string;
  readonly extensions: string;
  readonly remoteAddress: string;
  readonly response: HandshakeResponse | undefined;
  readonly data: unknown;
}

/** The session behind a socket, as the socket and the rest of the adapter call it. */
export interface SocketSession
  extends SendingSession,
    StreamingSession,
    Pick<Socket, "close" | "terminate" | "pause" | "resume"> {
  readonly output: Output;
  outgoing: OutgoingStream | undefined;
  readonly state: EndpointState;
  readonly transport: Transport;
  /** Closes, and resolves after the handler `close` was called. */
  dispose(): Promise<void>;
  /** Ends the transport, because time is up. */
  timedOut(cause: TransportEnd): void;
  /** Ends the session as if its transport had reported its end. */
  closed(): void;
}

let sessionOf: (socket: ApplicationSocket) => SocketSession;

/** The socket that applications hold. Each call is passed to the session, which applications cannot reach. */
export class ApplicationSocket implements Socket<unknown> {
  readonly id: number;
  readonly role: Role;
  readonly protocol: string;
  readonly extensions: string;
  readonly remoteAddress: string;
  readonly response: HandshakeResponse | undefined;
  data: unknown;
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #session: SocketSession;

  static {
    giveDisposal(ApplicationSocket.prototype, function () {
      return this.#session.dispose();
    });
    sessionOf = (socket) => socket.#session;
  }

  constructor(session: SocketSession, facts: SocketFacts) {
    const { id, role, protocol, extensions, remoteAddress, response, data } = facts;
    this.id = id;
    this.role = role;
    this.protocol = protocol;
    this.extensions = extensions;
    this.remoteAddress = remoteAddress;
    this.response = response;
    this.data = data;
    this.#session = session;
  }

  get state(): EndpointState {
    return this.#session.state;
  }

  get bufferedAmount(): number {
    return this.#session.output.bufferedAmount;
  }

  get compression(): CompressionTotals | undefined {
    return this.#session.endpoint.compression;
  }

  get topics(): readonly string[] {
    return topicsOf(this.#session);
  }

  subscribe(topic: string): boolean {
    return subscribe(this.#session, topic);
  }

  unsubscribe(topic: string): boolean {
    return unsubscribe(this.#session, topic);
  }

  send(message: string | Bytes | PreparedMessage, options?: SendOptions): SendResult {
    return sendMessage(this.#session, message, options);
  }

  sendFragment(part: string | Bytes, final: boolean, options?: SendOptions): SendResult {
    return sendPart(this.#session, part, final, options);
  }

  sendStream(stream: PartStream, options?: SendOptions): Promise<void> {
    return sendStream(this.#session, stream, options);
  }

  ping(payload?: string | Bytes): SendResult {
    return sendControl(this.#session, "ping", payload);
  }

  pong(payload?: string | Bytes): SendResult {
    return sendControl(this.#session, "pong", payload);
  }

  flush(): void {
    this.#session.output.flushNow();
  }

  close(code?: number, reason?: string): void {
    this.#session.close(code, reason);
  }

  terminate(): void {
    this.#session.terminate();
  }

  pause(): void {
    this.#session.pause();
  }

  resume(): void {
    this.#session.resume();
  }
}

/** The session behind a socket, for the adapter alone. */
export function sessionBehind(socket: ApplicationSocket): SocketSession {
  return sessionOf(socket);
}
