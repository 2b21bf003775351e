// The sockets of a server that take broadcasts out of one run of bytes, since all of them get the same bytes.
import type { Host } from "../../host/host.js";
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SharingOutput } from "../socket/context.js";
import { SharedRun } from "../socket/shared-run.js";

/** The sockets that follow, of those that have agreed on the same extension, or on none. */
export class Followers {
  /** Undefined if they have agreed on none. */
  readonly extension: MessagePath | undefined;
  readonly run: SharedRun;
  /**
   * The outputs of the sockets, each with its place. Not a `Set`, for the reason that `IdMap` gives.
   */
  readonly #outputs: SharingOutput[] = [];

  constructor(extension: MessagePath | undefined, host: Host) {
    this.extension = extension;
    this.run = new SharedRun(host);
  }

  get size(): number {
    return this.#outputs.length;
  }

  add(output: SharingOutput): void {
    output.place = this.#outputs.push(output) - 1;
  }

  has(output: SharingOutput): boolean {
    return this.#outputs[output.place] === output;
  }

  /** Takes out an output that is here. */
  remove(output: SharingOutput): void {
    const last = this.#outputs.pop();
    if (last === undefined || last === output) return;
    this.#outputs[output.place] = last;
    last.place = output.place;
  }

  /**
   * Adds a message, for which the run has room, for all sockets.
   * @param compress - whether it may be compressed
   */
  append(message: PreparedMessage, compress: boolean): void {
    const encodes = compress && this.extension !== undefined;
    this.run.append(message, encodes ? this.#outputs[0]?.encoding(message) : undefined);
  }

  /** Ends the run in the middle of a turn: the sockets take their shares, and write them at the end of the turn. */
  gather(): void {
    this.#share((output) => output.gather());
  }

  /** Ends the run at the end of the turn: the sockets write their shares. Never throws. */
  flush(): void {
    this.#share((output) => output.flushShare());
  }

  #share(take: (output: SharingOutput) => void): void {
    const { run } = this;
    const { end } = run;
    // From the end: where a socket strays meanwhile, the last one takes its place.
    for (let place = this.#outputs.length - 1; place >= 0; place--) {
      const output = this.#outputs[place];
      if (output !== undefined) take(output);
    }
    // A handler may have broadcast meanwhile. Then the run goes on, and there will be another flush.
    if (run.end === end) run.finish();
  }
}
