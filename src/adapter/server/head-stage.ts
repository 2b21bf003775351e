// A server's first stage: reading the head of the request.
import { HeadReader } from "../../http/head.js";
import type { Stage, StageOwner } from "./stage.js";

const LATE = { status: 408, reason: "the request took too long" };
const NOTHING = new Uint8Array(0);

/** Reads the head of a request. */
export class HeadStage implements Stage {
  readonly timeUp = LATE;
  readonly needsNoInput = false;
  readonly #owner: StageOwner;
  /** Made when the first bytes arrive: many clients send none for a while after connecting. */
  #parser: HeadReader<"request"> | undefined;

  constructor(owner: StageOwner) {
    this.#owner = owner;
  }

  received(chunk: Uint8Array): void {
    this.#parser ??= new HeadReader("request", this.#owner.server.options.limits);
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    // The bytes are copied, because the application runs before they are handled and may cause the chunk's memory to be
    // reused.
    if (result.type === "head")
      this.#owner.headRead(result.head, result.rest.length === 0 ? NOTHING : new Uint8Array(result.rest));
    else this.#owner.refuse(result);
  }

  abandon(): void {}
}
