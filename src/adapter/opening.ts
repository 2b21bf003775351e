import {
  asksForWebSocket,
  buildAccept,
  buildRefusal,
  checkPlain,
  checkUpgrade,
  HeadParser,
  type RefusalOptions,
  type RequestHead,
  selectSubprotocol,
  type UpgradeRequest,
} from "../handshake/index.js";
import { ownOptions } from "../protocol/option-readers.js";
import { Deadline, type Deadlines } from "./deadline.js";
import { HeldBytes } from "./held-bytes.js";
import { PlainExchange } from "./plain-exchange.js";
import type { ServerCore } from "./server.js";
import type { Acceptance, ClientRequest, Verdict } from "./server-options.js";
import { Session } from "./socket/session.js";
import type { SocketTransport, TransportSink } from "./transport.js";

/** When more than this came behind the head while the application is thinking, the client has to wait. */
const MAX_HELD_BYTES = 16 * 1024;

const NOTHING = new Uint8Array(0);

/** How a client is let in if `verify` says nothing. */
const NOTHING_MORE: Acceptance = ownOptions({});

function isLate(verdict: Verdict | Promise<Verdict>): verdict is Promise<Verdict> {
  return verdict !== undefined && "then" in verdict && typeof verdict.then === "function";
}
const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/**
 * A connection to a server that is no open WebSocket, not yet or never: reads the request, asks the application, answers, and
 * hands the transport to a socket or ends it.
 */
export class Opening extends Deadline implements TransportSink {
  readonly #server: ServerCore;
  readonly #transport: SocketTransport;
  #parser: HeadParser<"request"> | undefined;
  /**
   * What came behind the head while the application is thinking; undefined when it is not. Reading goes on, so that a
   * client that leaves is noticed.
   */
  #held: HeldBytes | undefined;
  /** A plain request that was not answered yet. */
  #plain: PlainExchange | undefined;
  #over = false;
  #sentBytes = 0;

  constructor(server: ServerCore, transport: SocketTransport) {
    super();
    this.#server = server;
    this.#transport = transport;
    transport.sink = this;
    server.opening(this);
    this.expireAfter(server.options.timeouts.handshakeMs);
  }

  protected override get deadlines(): Deadlines {
    return this.#server.runtime.deadlines;
  }

  received(chunk: Uint8Array): void {
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
      this.begin(result.head, result.rest.length === 0 ? NOTHING : new Uint8Array(result.rest));
    else this.refuse(result);
  }

  /**
   * Goes on with a head that was read elsewhere.
   * @param rest - the bytes behind it, copied if they are needed later
   */
  begin(head: RequestHead, rest: Uint8Array): void {
    this.#over = true;
    const { fetch } = this.#server;
    if (fetch !== undefined && !asksForWebSocket(head.headers)) {
      this.#beginPlain(head, rest);
      return;
    }
    const { origins, verify } = this.#server.options;
    const request = checkUpgrade(head, { origins });
    if (request.type === "refusal") this.refuse(request);
    else if (this.#server.closing) this.refuse({ status: 503, reason: "the server is going away" });
    else if (verify === undefined) this.#accept(request, NOTHING_MORE, rest);
    else this.#ask(request, verify, rest);
  }

  #ask(
    request: UpgradeRequest,
    verify: (request: ClientRequest) => Verdict | Promise<Verdict>,
    rest: Uint8Array,
  ): void {
    const asked = { ...request, remoteAddress: this.#transport.remoteAddress };
    try {
      const verdict = verify(asked);
      if (!isLate(verdict)) {
        this.#decide(request, verdict, rest);
        return;
      }
      this.#held = new HeldBytes(rest);
      verdict.then(
        (late) => this.#decideLate(request, late),
        (error: unknown) => this.#verifyThrew(error, this.#held !== undefined),
      );
    } catch (error) {
      this.#verifyThrew(error);
    }
  }

  #decideLate(request: UpgradeRequest, verdict: Verdict): void {
    const held = this.#held;
    // The time was up, or the client left.
    if (held === undefined) return;
    this.#held = undefined;
    this.#transport.resume();
    try {
      this.#decide(request, verdict, held.take());
    } catch (error) {
      this.#verifyThrew(error);
    }
  }

  #decide(request: UpgradeRequest, verdict: Verdict, rest: Uint8Array): void {
    const decided = verdict === undefined ? NOTHING_MORE : ownOptions(verdict, "what verify answers");
    if (this.#server.closing) this.abandon();
    else if ("status" in decided) this.refuse(decided);
    else this.#accept(request, decided, rest);
  }

  #accept(request: UpgradeRequest, acceptance: Acceptance, rest: Uint8Array): void {
    const server = this.#server;
    const protocol = acceptance.protocol ?? selectSubprotocol(request.protocols, server.options.protocols);
    const answer = buildAccept(request, { protocol, headers: acceptance.headers });
    const session = new Session(server, {
      role: "server",
      transport: this.#transport,
      protocol: protocol ?? "",
      data: acceptance.data,
    });
    this.neverExpire();
    this.#transport.sink = session;
    server.socketOpened(session);
    server.opened(this);
    session.open(answer, rest);
  }

  /** Turns the client away. */
  refuse(refusal: RefusalOptions): void {
    this.#answer([buildRefusal(ownOptions(refusal, "a refusal"), Date.now())]);
  }

  /** Answers, and ends this side. */
  #answer(chunks: readonly Uint8Array[]): void {
    this.#forget();
    // The client's end has to be read.
    this.#transport.resume();
    this.#transport.writeAll(chunks);
    this.#transport.end();
    this.expireAfter(this.#server.options.timeouts.closeMs);
  }

  // ---- Plain requests ----

  #beginPlain(head: RequestHead, rest: Uint8Array): void {
    const { limits, timeouts } = this.#server.options;
    this.expireAfter(timeouts.handshakeMs);
    const request = checkPlain(head, limits.maxMessageBytes);
    if (request.type === "refusal") {
      this.refuse(request);
      return;
    }
    this.#plain = new PlainExchange(request, rest);
    if (request.expectsContinue && rest.length === 0) this.#transport.write(CONTINUE);
    this.#receivedContent(this.#plain, NOTHING);
  }

  #receivedContent(plain: PlainExchange, chunk: Uint8Array): void {
    plain.received(chunk);
    const { fetch, secure } = this.#server;
    if (fetch === undefined || !plain.complete) return;
    const { remoteAddress } = this.#transport;
    plain
      .ask(fetch, secure ? "https" : "http", { remoteAddress })
      .then((answer) => {
        // The time was up, or the client left.
        if (this.#plain !== plain) return;
        if (answer === undefined) this.refuse({ status: 400, reason: "the host is none that a URL has" });
        else this.#answer(answer);
      })
      .catch((error: unknown) => {
        if (this.#plain === plain) this.refuse({ status: 500 });
        this.#server.report(error);
      });
  }

  // ---- Time and ends ----

  #verifyThrew(error: unknown, waiting = true): void {
    if (waiting) this.refuse({ status: 500 });
    this.#server.report(error);
  }

  protected override expired(): void {
    if (this.#held !== undefined || this.#plain?.complete) {
      this.refuse({ status: 503, reason: "the server took too long" });
    } else if (!this.#over || this.#plain !== undefined) {
      this.refuse({ status: 408, reason: "the request took too long" });
    } else if (this.#progressed()) {
      this.expireAfter(this.#server.options.timeouts.closeMs);
    } else {
      this.#transport.destroy();
    }
  }

  /** Whether the client took some of the answer since this was last asked. */
  #progressed(): boolean {
    const { sentBytes, bufferedBytes } = this.#transport;
    const before = this.#sentBytes;
    this.#sentBytes = sentBytes;
    return bufferedBytes > 0 && sentBytes > before;
  }

  /** Ends it without an answer: the server closes. */
  abandon(): void {
    this.#forget();
    this.#transport.destroy();
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    this.received(window.subarray(0, length));
  }

  drained(): void {}

  ended(): void {
    // A client that has asked for a page may end its side and wait.
    if (this.#plain?.complete) return;
    // This side ends, too: what the application decides from now on can't be told to anybody.
    this.#forget();
    this.#transport.end();
  }

  closed(): void {
    this.#forget();
    this.neverExpire();
    this.#server.opened(this);
  }

  failed(): void {
    // `closed` follows, and nobody but the client that left has lost anything.
    this.#forget();
  }

  /** Listens to nobody any more, neither the client nor the application. */
  #forget(): void {
    this.#over = true;
    this.#held = undefined;
    this.#plain?.abandon();
    this.#plain = undefined;
  }
}
