import { buildAnswer, type PlainRequest } from "../handshake/index.js";
import { HeldBytes } from "./held-bytes.js";
import { hostOptions } from "./host-options.js";

/** What is known of a plain request besides what is in it. */
export interface FetchInfo {
  /** The client's IP address, or "" for a Unix socket. */
  readonly remoteAddress: string;
}

/** Answers HTTP requests that ask for no WebSocket. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>;

/** A request that asks for no WebSocket: its content comes, then the application answers. */
export class PlainExchange {
  readonly #request: PlainRequest;
  readonly #content: HeldBytes;
  readonly #gone = new AbortController();

  /** @param rest - the bytes behind the head */
  constructor(request: PlainRequest, rest: Uint8Array) {
    this.#request = request;
    this.#content = new HeldBytes(rest.subarray(0, request.contentLength));
  }

  /** Whether all of the content is there, so that the application has been asked. */
  get complete(): boolean {
    return this.#content.length === this.#request.contentLength;
  }

  /** Takes content. What follows it would be another request, and there is no answer to a second one. */
  received(chunk: Uint8Array): void {
    this.#content.append(chunk.subarray(0, this.#request.contentLength - this.#content.length));
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    this.#gone.abort();
  }

  /**
   * Asks the application.
   * @param scheme - that the request came by
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
    const { status, statusText: phrase } = response;
    if (status < 200) throw new RangeError(`${status} is no answer to a plain request`);
    const blob = await response.blob();
    const headers = [...response.headers];
    // Bun tells the type of a string here and not in the headers.
    if (blob.type !== "" && !response.headers.has("Content-Type")) headers.push(["Content-Type", blob.type]);
    const body = new Uint8Array(await blob.arrayBuffer());
    return buildAnswer(this.#request.method, { status, phrase, headers, body }, Date.now());
  }

  #requestBy(scheme: string): Request | undefined {
    const { method, host, path, query, headers } = this.#request;
    const url = `${scheme}://${host}${path}${query === undefined ? "" : `?${query}`}`;
    const init = hostOptions({ method, headers: [...headers], signal: this.#gone.signal });
    const bare = method === "GET" || method === "HEAD";
    try {
      return new Request(url, bare ? init : hostOptions({ ...init, body: this.#content.take() }));
    } catch {
      return undefined;
    }
  }
}
