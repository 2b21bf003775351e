// One plain HTTP request and the application's answer to it.
import { buildAnswer, type PlainRequest } from "../../http/plain.js";
import { hostOptions } from "../host-options.js";
import type { Allowance } from "./allowance.js";
import { HeldBytes } from "./held-bytes.js";

/** Facts about a plain request that its head does not hold. */
export interface FetchInfo {
  /** The client's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
}

/**
 * Answers HTTP requests that ask for no WebSocket. The request's URL is made of `Host` and the target; that of
 * `OPTIONS *` has the path `/`, and a request in HTTP/1.0 that names no host is for `localhost`. Its signal is aborted
 * when the client leaves or the time is up.
 */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>;

/** The part of a `RequestInit` that is about content. */
interface Content {
  readonly body: BodyInit | null;
  readonly duplex?: "half";
}

/** Set explicitly: for missing properties, Node reads `Object.prototype`. */
const NO_CONTENT: Content = { body: null };

/** A request that asks for no WebSocket: its content comes, then the application answers. */
export class PlainExchange {
  readonly #request: PlainRequest;
  readonly #allowance: Allowance;
  readonly #content: HeldBytes;
  readonly #gone = new AbortController();
  #receivedBytes = 0;
  /** The part of the allowance that the content takes until the exchange is over. */
  #takenBytes = 0;

  /** @param allowance - for the contents of all requests of the server */
  constructor(request: PlainRequest, allowance: Allowance) {
    this.#request = request;
    this.#allowance = allowance;
    this.#content = new HeldBytes(request.contentLength);
  }

  /** Whether all of the content is there. */
  get complete(): boolean {
    return this.#receivedBytes === this.#request.contentLength;
  }

  /**
   * Takes content. Bytes behind it are ignored: a second request on the connection gets no answer.
   * @returns false if the allowance is used up
   * @throws AllocationError
   */
  received(chunk: Uint8Array): boolean {
    const bytes = chunk.subarray(0, this.#request.contentLength - this.#receivedBytes);
    const growth = this.#content.growthFor(bytes.length);
    if (!this.#allowance.take(growth)) return false;
    this.#takenBytes += growth;
    this.#content.append(bytes);
    this.#receivedBytes += bytes.length;
    return true;
  }

  /** The exchange is over: an answer is no longer needed. */
  abandon(): void {
    this.#content.takeBlocks();
    this.#allowance.giveBack(this.#takenBytes);
    this.#takenBytes = 0;
    this.#gone.abort();
  }

  /** Whether an exception of the application is only the abort of the request's signal. */
  isAbandonment(error: unknown): boolean {
    const { signal } = this.#gone;
    if (!signal.aborted) return false;
    return error === signal.reason || (error instanceof Error && error.name === "AbortError");
  }

  /**
   * Asks the application.
   * @param scheme - the scheme of the request's URL
   * @returns the answer, to be written; undefined if the host makes no URL: a port may be too high
   */
  async ask(
    fetch: FetchHandler,
    scheme: "http" | "https",
    info: FetchInfo,
  ): Promise<Uint8Array[] | undefined> {
    const asked = this.#requestBy(scheme);
    if (asked === undefined) return undefined;
    const response = await fetch.call(undefined, asked, info);
    assertResponse(response);
    const { status, statusText: phrase } = response;
    if (status < 200) throw new RangeError(`${status} is no answer to a plain request`);
    const blob = await response.blob();
    const headers = [...response.headers];
    // For a body that is a string, Bun gives its type here and not in the headers.
    if (blob.type !== "" && !response.headers.has("Content-Type")) headers.push(["Content-Type", blob.type]);
    const body = new Uint8Array(await blob.arrayBuffer());
    return buildAnswer(this.#request.method, { status, phrase, headers, body }, Date.now());
  }

  #requestBy(scheme: string): Request | undefined {
    const { method, host, path, query, headers } = this.#request;
    const url = `${scheme}://${host}${path}${query === undefined ? "" : `?${query}`}`;
    if (!URL.canParse(url)) return undefined;
    const content = method === "GET" || method === "HEAD" ? NO_CONTENT : bodyOf(this.#content.takeBlocks());
    return new Request(
      url,
      hostOptions({ method, headers: [...headers], signal: this.#gone.signal, ...content }),
    );
  }
}

/** An answer of any realm has these members. */
function assertResponse(answer: unknown): void {
  const { status, blob } = Object(answer);
  if (typeof status === "number" && typeof blob === "function") return;
  throw new TypeError("fetch must return a Response, or a promise of one");
}

/**
 * The content as the body of a `Request`: one block as it is, several as a stream, so that the content is never copied
 * as a whole.
 */
function bodyOf(blocks: Uint8Array<ArrayBuffer>[]): Content {
  if (blocks.length < 2) return { body: blocks[0] ?? new Uint8Array(0) };
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    const block = blocks.shift();
    if (block === undefined) controller.close();
    else controller.enqueue(block);
  };
  return { body: new ReadableStream(hostOptions({ pull })), duplex: "half" };
}
