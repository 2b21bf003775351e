// A connection to a server before it is a WebSocket, or instead.

import { asksForWebSocket, checkUpgrade, type UpgradeRequest } from "../../handshake/request.js";
import { buildAccept } from "../../handshake/response.js";
import { selectSubprotocol } from "../../handshake/subprotocol.js";
import { TextEncoder } from "../../host/text-coders.js";
import { CONTINUE } from "../../http/expectation.js";
import { given } from "../../http/given.js";
import { HeadParser, type RequestHead } from "../../http/head.js";
import { checkPlain } from "../../http/plain.js";
import { buildRefusal, type RefusalOptions } from "../../http/refusal.js";
import { ownOptions } from "../../protocol/option-readers.js";
import { Deadline, type Expiring } from "../deadline.js";
import { Session } from "../socket/session.js";
import type { SocketTransport, TransportSink } from "../transport.js";
import { AllocationError, HeldBytes } from "./held-bytes.js";
import type { Acceptance, HandshakeRequest, UpgradeResult } from "./options.js";
import { PlainExchange } from "./plain-exchange.js";
import type { ServerCore } from "./server.js";
import { isPromise, isRefusal } from "./verdict.js";

/** When more than this came behind the head while the application is thinking, the client has to wait. */
const MAX_HELD_BYTES = 16 * 1024;

const NOTHING = new Uint8Array(0);
const CONTINUE_HEAD = new TextEncoder().encode(CONTINUE);
const FULL = { status: 503, reason: "the server holds too much content as it is" };

/**
 * A connection to a server that is no open WebSocket, not yet or never: reads the request, asks the application, answers, and
 * hands the transport to a socket or ends it.
 *
 * The transport, the clock and promises call it, so nothing may be thrown at them. All that they call goes through `#guard`: an
 * exception, whatever its cause, costs this connection and no other.
 */
export class Opening implements TransportSink, Expiring {
  readonly #server: ServerCore;
  readonly #transport: SocketTransport;
  readonly #deadline: Deadline;
  #parser: HeadParser<"request"> | undefined;
  /**
   * What came behind the head while the application is thinking; undefined when it is not. Reading goes on, so that a
   * client that leaves is noticed.
   */
  #held: HeldBytes | undefined;
  /** A plain request that was not answered yet. */
  #plain: PlainExchange | undefined;
  #over = false;
  /** An answer is on its way, or a part of it: there is no other. */
  #answered = false;
  #sentBytes = 0;

  constructor(server: ServerCore, transport: SocketTransport) {
    this.#server = server;
    this.#deadline = new Deadline(server.runtime.deadlines, this);
    this.#transport = transport;
    transport.sink = this;
    this.#guard(() => {
      server.opening(this);
      this.#deadline.start(server.options.timeouts.handshakeMs);
    });
  }

  // ---- What the world calls ----

  received(chunk: Uint8Array): void {
    this.#guard(() => this.#received(chunk));
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    this.#guard(() => this.#received(window.subarray(0, length)));
  }

  /**
   * Goes on with a head that was read elsewhere.
   * @param rest - the bytes behind it, copied if they are needed later
   */
  begin(head: RequestHead, rest: Uint8Array): void {
    this.#guard(() => this.#begin(head, rest));
  }

  /** Turns the client away. */
  refuse(refusal: RefusalOptions): void {
    this.#guard(() => this.#refuse(refusal));
  }

  /** Ends it without an answer: the server closes. */
  abandon(): void {
    this.#guard(() => {
      this.#forget();
      this.#transport.destroy();
    });
  }

  drained(): void {}

  ended(): void {
    this.#guard(() => {
      // A client that has asked for a page may end its side and wait.
      if (this.#plain?.complete) return;
      // This side ends, too: what the application decides from now on can't be told to anybody.
      this.#forget();
      this.#transport.end();
    });
  }

  closed(): void {
    this.#guard(() => {
      this.#forget();
      this.#deadline.stop();
      this.#server.opened(this);
    });
  }

  failed(): void {
    // `closed` follows. Only the client that left has lost anything.
    this.#guard(() => this.#forget());
  }

  expired(): void {
    this.#guard(() => this.#expired());
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#broke(error, error instanceof AllocationError ? 503 : 500);
    }
  }

  /** Something threw that should not: answers with the status if that can be, and ends it in any case. */
  #broke(error: unknown, status: number): void {
    const refused = !this.#answered && succeeds(() => this.#refuse({ status }));
    if (!refused) {
      succeeds(() => this.#forget());
      succeeds(() => this.#transport.destroy());
    }
    this.#server.report(error);
  }

  // ---- The request ----

  #received(chunk: Uint8Array): void {
    if (this.#held !== undefined) {
      this.#held.append(chunk);
      if (this.#held.length > MAX_HELD_BYTES) this.#transport.pause();
    }
    if (this.#plain?.complete === false) this.#receivedContent(this.#plain, chunk);
    if (this.#over) return;
    this.#parser ??= new HeadParser("request", this.#server.options.limits);
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    // The application's turn comes first, and the chunk's memory may be used in it.
    if (result.type === "head")
      this.#begin(result.head, result.rest.length === 0 ? NOTHING : new Uint8Array(result.rest));
    else this.#refuse(result);
  }

  #begin(head: RequestHead, rest: Uint8Array): void {
    this.#over = true;
    const { fetch } = this.#server;
    if (fetch !== undefined && !asksForWebSocket(head.headers)) {
      this.#beginPlain(head, rest);
      return;
    }
    const { origins, upgrade } = this.#server.options;
    const request = checkUpgrade(head, { origins });
    if (request.type === "refusal") this.#refuse(request);
    else if (this.#server.closing) this.#refuse({ status: 503, reason: "the server is going away" });
    else if (upgrade === undefined) this.#accept(request, {}, rest);
    else this.#ask(request, upgrade, rest);
  }

  #ask(
    request: UpgradeRequest,
    upgrade: (request: HandshakeRequest) => UpgradeResult | Promise<UpgradeResult>,
    rest: Uint8Array,
  ): void {
    const { remoteAddress, tls } = this.#transport;
    const verdict = upgrade({ ...request, remoteAddress, tls });
    if (!isPromise(verdict)) {
      this.#decide(request, verdict, rest);
      return;
    }
    const held = new HeldBytes();
    held.append(rest);
    this.#held = held;
    verdict.then(
      (late) => this.#guard(() => this.#decideLate(request, late)),
      (error: unknown) => {
        // The time may be up, or the client gone.
        if (this.#held === undefined) this.#server.report(error);
        else this.#broke(error, 500);
      },
    );
  }

  #decideLate(request: UpgradeRequest, verdict: UpgradeResult): void {
    const held = this.#held;
    // The time was up, or the client left.
    if (held === undefined) return;
    this.#held = undefined;
    this.#transport.resume();
    this.#decide(request, verdict, held.take());
  }

  #decide(request: UpgradeRequest, verdict: UpgradeResult, rest: Uint8Array): void {
    if (this.#server.closing) this.abandon();
    else if (verdict !== undefined && isRefusal(verdict)) this.#refuse(verdict);
    else this.#accept(request, ownOptions(verdict ?? {}, "what upgrade answers"), rest);
  }

  #accept(request: UpgradeRequest, acceptance: Acceptance, rest: Uint8Array): void {
    const server = this.#server;
    const protocol =
      given(acceptance, "protocol") ?? selectSubprotocol(request.protocols, server.options.protocols);
    const answer = buildAccept(request, { protocol, headers: given(acceptance, "headers") });
    const session = new Session(server, {
      role: "server",
      transport: this.#transport,
      protocol: protocol ?? "",
      data: given(acceptance, "data"),
    });
    this.#deadline.stop();
    this.#answered = true;
    this.#transport.sink = session;
    server.socketOpened(session);
    server.opened(this);
    session.open(answer, rest);
  }

  #refuse(refusal: RefusalOptions): void {
    this.#answer([buildRefusal(refusal, Date.now())]);
  }

  /** Answers, and ends this side. */
  #answer(chunks: readonly Uint8Array[]): void {
    this.#answered = true;
    this.#forget();
    // The client's end has to be read.
    this.#transport.resume();
    this.#transport.writeAll(chunks);
    this.#transport.end();
    this.#deadline.start(this.#server.options.timeouts.closeMs);
  }

  // ---- Plain requests ----

  #beginPlain(head: RequestHead, rest: Uint8Array): void {
    const { limits, timeouts } = this.#server.options;
    this.#deadline.start(timeouts.handshakeMs);
    const request = checkPlain(head, Math.min(limits.maxContentBytes, limits.maxTotalContentBytes));
    if (request.type === "refusal") {
      this.#refuse(request);
      return;
    }
    const plain = new PlainExchange(request, this.#server.contents);
    this.#plain = plain;
    if (request.expectsContinue && rest.length === 0) this.#transport.write(CONTINUE_HEAD);
    this.#receivedContent(plain, rest);
  }

  #receivedContent(plain: PlainExchange, chunk: Uint8Array): void {
    if (!plain.received(chunk)) {
      this.#refuse(FULL);
      return;
    }
    const { fetch, secure } = this.#server;
    if (fetch === undefined || !plain.complete) return;
    const { remoteAddress } = this.#transport;
    plain.ask(fetch, secure ? "https" : "http", { remoteAddress }).then(
      (answer) => this.#guard(() => this.#answerPlain(plain, answer)),
      (error: unknown) => {
        if (this.#plain === plain) this.#broke(error, 500);
        else if (!plain.isAbandonment(error)) this.#server.report(error);
      },
    );
  }

  #answerPlain(plain: PlainExchange, answer: Uint8Array[] | undefined): void {
    // The time was up, or the client left.
    if (this.#plain !== plain) return;
    if (answer === undefined) this.#refuse({ status: 400, reason: "the host is none that a URL has" });
    else this.#answer(answer);
  }

  // ---- Time and ends ----

  #expired(): void {
    if (this.#held !== undefined || this.#plain?.complete) {
      this.#refuse({ status: 503, reason: "the server took too long" });
    } else if (!this.#over || this.#plain !== undefined) {
      this.#refuse({ status: 408, reason: "the request took too long" });
    } else if (this.#progressed()) {
      this.#deadline.start(this.#server.options.timeouts.closeMs);
    } else {
      this.#transport.destroy();
    }
  }

  /** Whether the client took some of the answer since this was last asked. */
  #progressed(): boolean {
    const { sentBytes, bufferedAmount } = this.#transport;
    const before = this.#sentBytes;
    this.#sentBytes = sentBytes;
    return bufferedAmount > 0 && sentBytes > before;
  }

  /** Listens to nobody any more, neither the client nor the application. */
  #forget(): void {
    this.#over = true;
    this.#held = undefined;
    this.#plain?.abandon();
    this.#plain = undefined;
  }
}

/** Whether a step throws nothing. */
function succeeds(step: () => void): boolean {
  try {
    step();
    return true;
  } catch {
    return false;
  }
}
