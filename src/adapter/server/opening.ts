// A connection to a server until it becomes a WebSocket, or ends as something else.
import { chooseExtensions } from "../../handshake/negotiation.js";
import { asksForWebSocket, readUpgrade, type UpgradeRequest } from "../../handshake/request.js";
import { preferredSubprotocol } from "../../handshake/subprotocol.js";
import { given } from "../../http/given.js";
import type { RequestHead } from "../../http/head.js";
import { checkPlain } from "../../http/plain.js";
import { reasonPhrase } from "../../http/reason-phrase.js";
import type { RefusalOptions } from "../../http/refusal.js";
import type { AgreedPath } from "../compression.js";
import { Deadline, type Expiring } from "../deadline.js";
import { assertHandler } from "../socket/delivery.js";
import { Session } from "../socket/session.js";
import type { SocketTransport, TransportSink } from "../transport.js";
import { writeChunks } from "../write-chunks.js";
import { type Answers, HTTP1_ANSWERS } from "./answers.js";
import { DecisionStage } from "./decision-stage.js";
import { HeadStage } from "./head-stage.js";
import { AllocationError } from "./held-bytes.js";
import type { Acceptance, UpgradeResult } from "./options.js";
import type { FetchHandler } from "./plain-exchange.js";
import { PlainStage } from "./plain-stage.js";
import { comparablePath } from "./request-path.js";
import type { PendingOpening, ServerCore } from "./server.js";
import { tellRefused } from "./server-handlers.js";
import type { Stage, StageOwner } from "./stage.js";
import { DEFAULT_ACCEPTANCE, decisionOf } from "./verdict.js";

/** The answer to an upgrade request for a path at which there are no WebSockets. */
export const ELSEWHERE = { status: 404, reason: "no WebSocket here" };
const CLOSING = { status: 503, reason: "the server is closing" };
/** The time in which a client may complete its head while the server closes. */
const CLOSING_HEAD_MS = 500;

let lastId = 0;

/** What is known of a connection when its opening begins. */
export interface OpeningStart {
  /** Writes the answers of the version of HTTP by which the request comes. Default: HTTP/1.1. */
  readonly answers?: Answers;
  /** Whether the head of the request was read elsewhere, so that the client can be answered at once. Default false. */
  readonly headRead?: boolean;
  /** The request as the application's HTTP server made it, for the hook `upgrade`. */
  readonly incoming?: unknown;
}

/**
 * A connection to a server that is not, or not yet, a WebSocket. It goes through stages: reading the head, then asking
 * the application or serving a plain request. Then it hands the transport to a session, or answers and ends it.
 *
 * A request whose head was read elsewhere begins with {@link headRead}; one that was checked as well begins with
 * {@link decide}.
 *
 * The transport, the clock and promises call it, so nothing may be thrown at them. All that they call goes through
 * `guard`: any exception costs this connection and no other.
 */
export class Opening implements TransportSink, Expiring, StageOwner, PendingOpening {
  readonly id = ++lastId;
  readonly server: ServerCore;
  readonly transport: SocketTransport;
  readonly incoming: unknown;
  readonly #answers: Answers;
  readonly #deadline: Deadline;
  /** Undefined once the answer is decided, or the client has left. */
  #stage: Stage | undefined;
  /** An answer, or a part of one, was sent: there can be no other. */
  #answered = false;
  /** The request, as soon as its head was read. */
  #asked: Pick<RequestHead, "target" | "headers"> | undefined;
  #sentBytes = 0;

  constructor(server: ServerCore, transport: SocketTransport, start: OpeningStart = {}) {
    const { answers = HTTP1_ANSWERS, headRead = false, incoming } = start;
    this.server = server;
    this.transport = transport;
    this.incoming = incoming;
    this.#answers = answers;
    this.#deadline = new Deadline(server.runtime.deadlines, this);
    this.#stage = new HeadStage(this);
    transport.sink = this;
    this.guard(() => {
      server.openingBegan(this);
      if (server.closing && !headRead) this.#waitForHead();
      else this.#deadline.start(server.options.timeouts.handshakeMs);
    });
  }

  // ---- Calls from outside: the transport and other parts of the server ----

  received(chunk: Uint8Array): void {
    this.guard(() => this.#stage?.received(chunk));
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    this.guard(() => this.#stage?.received(window.subarray(0, length)));
  }

  /**
   * Goes on with a head, unless this was abandoned.
   * @param rest - the bytes behind it, copied if they are needed later
   */
  headRead(head: RequestHead, rest: Uint8Array): void {
    this.guard(() => {
      this.#asked = head;
      if (this.#stage !== undefined) this.#begin(head, rest);
    });
  }

  /**
   * Goes on with a request that was checked, unless this was abandoned.
   * @param rest - the bytes behind it, copied if they are needed later
   */
  decide(request: UpgradeRequest, rest: Uint8Array): void {
    this.guard(() => {
      this.#asked = request;
      if (this.#stage !== undefined) this.#decide(request, rest);
    });
  }

  refuse(refusal: RefusalOptions, head?: RequestHead): void {
    this.guard(() => {
      if (head !== undefined) this.#asked = head;
      this.#refuse(refusal);
    });
  }

  answer(chunks: readonly Uint8Array[]): void {
    this.guard(() => this.#answer(chunks));
  }

  /**
   * The server closes. A client that waits for a decision is told so. One whose head is not there yet has a moment to
   * send it, so that it is told as well. Plain requests and answers that are on their way go on.
   */
  serverCloses(): void {
    this.guard(() => {
      if (this.#stage instanceof DecisionStage) this.#refuse(CLOSING);
      else if (this.#stage instanceof HeadStage) this.#waitForHead();
    });
  }

  /** Ends it without an answer. */
  abandon(): void {
    this.guard(() => {
      this.#forget();
      this.transport.destroy();
    });
  }

  drained(): void {}

  ended(): void {
    this.guard(() => {
      // A client may end its side after a plain request, and wait for the answer.
      if (this.#stage?.needsNoInput) return;
      // This side ends as well: an answer could not reach the client any more.
      this.#forget();
      this.transport.end();
    });
  }

  closed(): void {
    this.guard(() => {
      this.#forget();
      this.#deadline.stop();
      this.server.openingEnded(this);
    });
  }

  failed(): void {
    // `closed` follows. The connection broke before it was a WebSocket, so no handler is told.
    this.guard(() => this.#forget());
  }

  expired(): void {
    this.guard(() => this.#expired());
  }

  isAt(stage: Stage): boolean {
    return this.#stage === stage;
  }

  guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.broke(error, error instanceof AllocationError ? 503 : 500);
    }
  }

  broke(error: unknown, status: number): void {
    const refused = !this.#answered && succeeds(() => this.#refuse({ status }));
    if (!refused) {
      succeeds(() => this.#forget());
      succeeds(() => this.transport.destroy());
    }
    this.server.report(error);
  }

  // ---- The request ----

  #begin(head: RequestHead, rest: Uint8Array): void {
    const { closing, fetch, options, path } = this.server;
    if (closing) {
      this.#refuse(CLOSING);
      return;
    }
    if (fetch !== undefined && !asksForWebSocket(head.headers)) {
      this.#beginPlain(head, rest, fetch);
      return;
    }
    const request = readUpgrade(head, options.origins);
    if (request.type === "refusal") this.#refuse(request);
    else if (path !== undefined && comparablePath(request.path) !== path) this.#refuse(ELSEWHERE);
    else this.#decide(request, rest);
  }

  #waitForHead(): void {
    this.#deadline.start(Math.min(CLOSING_HEAD_MS, this.server.options.timeouts.handshakeMs));
  }

  #beginPlain(head: RequestHead, rest: Uint8Array, fetch: FetchHandler): void {
    const { limits, timeouts } = this.server.options;
    this.#deadline.start(timeouts.handshakeMs);
    const request = checkPlain(head, Math.min(limits.maxContentBytes, limits.maxTotalContentBytes));
    if (request.type === "refusal") {
      this.#refuse(request);
      return;
    }
    const stage = new PlainStage(this, fetch, request);
    this.#stage = stage;
    stage.begin(rest, request.expectsContinue);
  }

  #decide(request: UpgradeRequest, rest: Uint8Array): void {
    const { upgrade, data } = this.server.options;
    // There is nothing that could wait, or in which more bytes could come.
    const loading = this.server.loadingFor(request.extensions);
    if (upgrade === undefined && data === undefined && loading === undefined) {
      this.#accept(request, DEFAULT_ACCEPTANCE, rest);
      return;
    }
    const stage = new DecisionStage(this, rest);
    this.#stage = stage;
    stage.ask(request, (verdict, all) => this.#decided(request, verdict, all));
  }

  #decided(request: UpgradeRequest, verdict: UpgradeResult, rest: Uint8Array): void {
    const decision = decisionOf(verdict);
    if ("refusal" in decision) this.#refuse(decision.refusal);
    else this.#accept(request, decision.acceptance, rest);
  }

  #accept(request: UpgradeRequest, acceptance: Acceptance, rest: Uint8Array): void {
    const { server, transport } = this;
    const { data: makeData } = server.options;
    const { headers, deliver } = acceptance;
    const protocol = acceptance.protocol ?? preferredSubprotocol(request.protocols, server.options.protocols);
    if (deliver !== undefined) assertHandler(server.handlers, deliver);
    const extensions = this.#extensions(request);
    const head = this.#answers.accept(request, { protocol, headers, extensions });
    const session = new Session(server, {
      role: "server",
      deliver,
      transport,
      protocol: protocol ?? "",
      extensions,
      data: Object.hasOwn(acceptance, "data") ? acceptance.data : makeData?.(),
    });
    this.#deadline.stop();
    this.#answered = true;
    this.#stage = undefined;
    transport.sink = session;
    server.socketOpened(session.socket);
    server.openingEnded(this);
    session.open(head, rest);
  }

  /** What both sides can use. Compression was loaded before the decision, if the client has offered anything. */
  #extensions({ extensions }: UpgradeRequest): readonly AgreedPath[] | undefined {
    const compression = this.server.compression?.value;
    return compression && chooseExtensions(extensions, [compression]);
  }

  #refuse(refusal: RefusalOptions): void {
    const chunks = this.#answers.refuse(refusal);
    try {
      this.#answer(chunks);
    } finally {
      this.#tellRefused(refusal);
    }
  }

  #tellRefused(refusal: RefusalOptions): void {
    const { handlers } = this.server;
    if (handlers.refused === undefined) return;
    const { status } = refusal;
    tellRefused(handlers, {
      status,
      reason: given(refusal, "reason") ?? reasonPhrase(status),
      remoteAddress: this.transport.remoteAddress,
      target: this.#asked?.target,
      origin: this.#asked?.headers.get("Origin"),
    });
  }

  #answer(chunks: readonly Uint8Array[]): void {
    this.#answered = true;
    this.#forget();
    // The client's end has to be read.
    this.transport.resume();
    writeChunks(this.transport, chunks);
    this.transport.end();
    this.#deadline.start(this.server.options.timeouts.closeMs);
  }

  // ---- Time and ends ----

  #expired(): void {
    if (this.server.closing && this.#stage instanceof HeadStage) this.abandon();
    else if (this.#stage !== undefined) this.#refuse(this.#stage.timeUp);
    else if (this.#progressed()) this.#deadline.start(this.server.options.timeouts.closeMs);
    else this.transport.destroy();
  }

  /** Whether the client took some of the answer since the last call. */
  #progressed(): boolean {
    const { sentBytes, bufferedAmount } = this.transport;
    const before = this.#sentBytes;
    this.#sentBytes = sentBytes;
    return bufferedAmount > 0 && sentBytes > before;
  }

  /** Takes no more input, and ignores the application's answer. */
  #forget(): void {
    const stage = this.#stage;
    this.#stage = undefined;
    stage?.abandon();
  }
}

/** Runs a step. @returns whether it threw nothing */
function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}
