// A server's stage for a request that asks for no WebSocket: its content comes, the application answers, and the
// connection ends.
import { TextEncoder } from "../../host/text-coders.js";
import { CONTINUE } from "../../http/expectation.js";
import type { PlainRequest } from "../../http/plain.js";
import { type FetchHandler, PlainExchange } from "./plain-exchange.js";
import type { Stage, StageOwner } from "./stage.js";

const CONTINUE_HEAD = new TextEncoder().encode(CONTINUE);
const CONTENT_LATE = { status: 408, reason: "the request took too long" };
const ANSWER_LATE = { status: 503, reason: "the server took too long" };
const FULL = { status: 503, reason: "the server holds too much content as it is" };
const NO_HOST = { status: 400, reason: "the host is none that a URL has" };

/** Has the application answer a plain request. */
export class PlainStage implements Stage {
  readonly #owner: StageOwner;
  readonly #fetch: FetchHandler;
  readonly #exchange: PlainExchange;

  constructor(owner: StageOwner, fetch: FetchHandler, request: PlainRequest) {
    this.#owner = owner;
    this.#fetch = fetch;
    this.#exchange = new PlainExchange(request, owner.server.contents);
  }

  get timeUp() {
    return this.#exchange.complete ? ANSWER_LATE : CONTENT_LATE;
  }

  get needsNoInput(): boolean {
    return this.#exchange.complete;
  }

  /** Begins with the bytes behind the head. @param waits - whether the client waits for a 100 if there are none */
  begin(rest: Uint8Array, waits: boolean): void {
    if (waits && rest.length === 0) this.#owner.transport.write(CONTINUE_HEAD);
    this.#content(rest);
  }

  received(chunk: Uint8Array): void {
    if (!this.#exchange.complete) this.#content(chunk);
  }

  abandon(): void {
    this.#exchange.abandon();
  }

  #content(chunk: Uint8Array): void {
    if (!this.#exchange.received(chunk)) {
      this.#owner.refuse(FULL);
      return;
    }
    if (this.#exchange.complete) this.#ask();
  }

  #ask(): void {
    const { server, transport } = this.#owner;
    const { remoteAddress } = transport;
    this.#exchange.ask(this.#fetch, server.secure ? "https" : "http", { remoteAddress }).then(
      (answer) => this.#owner.guard(() => this.#answer(answer)),
      (error: unknown) => {
        if (this.#owner.isAt(this)) this.#owner.broke(error, 500);
        else if (!this.#exchange.isAbandonment(error)) server.report(error);
      },
    );
  }

  #answer(answer: Uint8Array[] | undefined): void {
    // The answer comes too late: the time was up, or the client left.
    if (!this.#owner.isAt(this)) return;
    if (answer === undefined) this.#owner.refuse(NO_HOST);
    else this.#owner.answer(answer);
  }
}
