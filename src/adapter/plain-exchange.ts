import {
  buildAnswer,
  buildRefusal,
  checkPlain,
  type PlainRequest,
  type RefusalOptions,
  type RequestHead,
} from "../handshake/index.js";
import { Deadline, type Deadlines } from "./deadline.js";
import { HeldBytes } from "./held-bytes.js";
import type { ServerCore, Unopened } from "./server.js";
import type { SocketTransport, TransportSink } from "./transport.js";

/** What is known of a plain request besides what is in it. */
export interface FetchInfo {
  /** The client's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
}

/** Answers HTTP requests that ask for no WebSocket. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>;

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** A connection whose request asks for no WebSocket: reads its content, asks the application, answers, and ends. */
export class PlainExchange extends Deadline implements TransportSink, Unopened {
  readonly #server: ServerCore;
  readonly #transport: SocketTransport;
  readonly #fetch: FetchHandler;
  readonly #gone = new AbortController();
  /** What waits for its content; undefined once the application has it. */
  #waiting: { request: PlainRequest; content: HeldBytes } | undefined;
  #answered = false;
  #sentBytes = 0;

  constructor(server: ServerCore, transport: SocketTransport, fetch: FetchHandler) {
    super();
    this.#server = server;
    this.#transport = transport;
    this.#fetch = fetch;
    transport.sink = this;
    server.opening(this);
    this.expireAfter(server.options.timeouts.handshakeMs);
  }

  /** @param rest - the bytes behind the head, copied */
  begin(head: RequestHead, rest: Uint8Array): void {
    if (this.#answered) return;
    const { limits } = this.#server.options;
    const request = checkPlain(head, limits.maxMessageBytes);
    if (request.type === "refusal") {
      this.#refuse(request);
      return;
    }
    this.#waiting = { request, content: new HeldBytes(rest.subarray(0, request.contentLength)) };
    if (request.expectsContinue && rest.length === 0) this.#transport.write(CONTINUE);
    this.#askWhenComplete();
  }

  received(chunk: Uint8Array): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { request, content } = waiting;
    // What follows the content would be another request, and there is no answer to a second one.
    content.append(chunk.subarray(0, request.contentLength - content.length));
    this.#askWhenComplete();
  }

  #askWhenComplete(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || waiting.content.length < waiting.request.contentLength) return;
    this.#waiting = undefined;
    this.#ask(waiting.request, waiting.content.take()).catch((error: unknown) => {
      this.#refuse({ status: 500 });
      this.#server.report(error);
    });
  }

  async #ask(request: PlainRequest, content: Uint8Array<ArrayBuffer>): Promise<void> {
    const asked = this.#requestOf(request, content);
    if (asked === undefined) {
      this.#refuse({ status: 400, reason: "the host is none that a URL has" });
      return;
    }
    const { remoteAddress } = this.#transport;
    const response = await this.#fetch.call(undefined, asked, { remoteAddress });
    const { status, statusText: phrase } = response;
    if (status < 200) throw new RangeError(`${status} is no answer to a plain request`);
    const blob = await response.blob();
    const headers = [...response.headers];
    // Bun tells the type of a string here and not in the headers.
    if (blob.type !== "" && !response.headers.has("Content-Type")) headers.push(["Content-Type", blob.type]);
    const body = new Uint8Array(await blob.arrayBuffer());
    this.#answer(buildAnswer(request.method, { status, phrase, headers, body }));
  }

  /** @returns undefined if the host makes no URL: a port may be too high */
  #requestOf(plain: PlainRequest, content: Uint8Array<ArrayBuffer>): Request | undefined {
    const { method, host, path, query, headers } = plain;
    const url = `${this.#server.secure ? "https" : "http"}://${host}${path}${query === undefined ? "" : `?${query}`}`;
    const init = { method, headers: [...headers], signal: this.#gone.signal };
    const bare = method === "GET" || method === "HEAD";
    try {
      return new Request(url, bare ? init : { ...init, body: content });
    } catch {
      return undefined;
    }
  }

  #refuse(refusal: RefusalOptions): void {
    this.#answer([buildRefusal(refusal)]);
  }

  #answer(chunks: readonly Uint8Array[]): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#waiting = undefined;
    this.#transport.writeAll(chunks);
    this.#transport.end();
    this.expireAfter(this.#server.options.timeouts.closeMs);
  }

  protected override get deadlines(): Deadlines {
    return this.#server.runtime.deadlines;
  }

  protected override expired(): void {
    if (!this.#answered) {
      const late = this.#waiting === undefined;
      this.#gone.abort();
      this.#refuse(
        late
          ? { status: 503, reason: "the server took too long" }
          : { status: 408, reason: "the request took too long" },
      );
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

  abandon(): void {
    this.#answered = true;
    this.#transport.destroy();
  }

  receivedInWindow(length: number, window: Uint8Array): void {
    this.received(window.subarray(0, length));
  }

  drained(): void {}

  ended(): void {
    // A client that has asked may end its side and wait for the answer.
    if (this.#waiting !== undefined) this.#transport.end();
  }

  closed(): void {
    this.#answered = true;
    this.#waiting = undefined;
    this.#gone.abort();
    this.neverExpire();
    this.#server.opened(this);
  }

  failed(): void {
    // `closed` follows, and nobody but the client that left has lost anything.
  }
}
