// A server's stage in which the application decides on an opening handshake. Reading goes on, so that a client that
// leaves is noticed.
import type { UpgradeRequest } from "../../handshake/request.js";
import { HeldBytes } from "./held-bytes.js";
import type { UpgradeResult } from "./options.js";
import type { Stage, StageOwner } from "./stage.js";
import { isPromise } from "./verdict.js";

const LATE = { status: 503, reason: "the server took too long" };

/** When more bytes than this have come before the application has decided, reading is paused. */
const MAX_HELD_BYTES = 16 * 1024;

/** Takes the application's decision. @param rest - the bytes behind the head, owned by the caller */
export type Decided = (verdict: UpgradeResult, rest: Uint8Array) => void;

/** Asks the application, and holds the bytes behind the head until it has answered. */
export class DecisionStage implements Stage {
  readonly timeUp = LATE;
  readonly needsNoInput = false;
  readonly #owner: StageOwner;
  readonly #rest: Uint8Array;
  /** The bytes behind the head, `#rest` included, as soon as they must be kept. */
  #held: HeldBytes | undefined;

  /** @param rest - the bytes behind the head, copied if they are needed later */
  constructor(owner: StageOwner, rest: Uint8Array) {
    this.#owner = owner;
    this.#rest = rest;
  }

  /** Asks, once. @param decided - is called at once or later, or never if the client has left or the time was up */
  ask(request: UpgradeRequest, decided: Decided): void {
    const loading = this.#owner.server.loadingFor(request.extensions);
    if (loading === undefined) this.#ask(request, decided);
    else
      this.#await(loading.load(), () => {
        if (this.#owner.isAt(this)) this.#ask(request, decided);
      });
  }

  #ask(request: UpgradeRequest, decided: Decided): void {
    const { server, transport, incoming } = this.#owner;
    const { upgrade } = server.options;
    if (upgrade === undefined) {
      this.#decided(undefined, decided);
      return;
    }
    const { remoteAddress, tls } = transport;
    const verdict = upgrade({ ...request, remoteAddress, tls, incoming });
    if (isPromise(verdict)) this.#await(verdict, (late) => this.#decided(late, decided));
    else this.#decided(verdict, decided);
  }

  /** Goes on when a promise was kept. Its error becomes a 500. */
  #await<Value>(promise: Promise<Value>, goOn: (value: Value) => void): void {
    this.#hold();
    promise.then(
      (value) => this.#owner.guard(() => goOn(value)),
      (error: unknown) => {
        if (this.#owner.isAt(this)) this.#owner.broke(error, 500);
        else this.#owner.server.report(error);
      },
    );
  }

  received(chunk: Uint8Array): void {
    const held = this.#hold();
    held.append(chunk);
    if (held.length > MAX_HELD_BYTES) this.#owner.transport.pause();
  }

  abandon(): void {
    this.#held = undefined;
  }

  /** A verdict came. The client may have left meanwhile, or had to wait: a handler may run an event loop of its own. */
  #decided(verdict: UpgradeResult, decided: Decided): void {
    if (!this.#owner.isAt(this)) return;
    if (this.#held !== undefined) this.#owner.transport.resume();
    decided(verdict, this.#take());
  }

  #hold(): HeldBytes {
    if (this.#held === undefined) {
      this.#held = new HeldBytes();
      this.#held.append(this.#rest);
    }
    return this.#held;
  }

  #take(): Uint8Array {
    return this.#held?.take() ?? this.#rest;
  }
}
