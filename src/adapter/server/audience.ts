// The sockets of a server as the receivers of broadcasts. Most take the messages of a turn out of one run of bytes.
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import { IdMap } from "../id-map.js";
import type { Broadcasts, SharingOutput } from "../socket/context.js";
import { type Flushable, flushLater } from "../socket/flush.js";
import type { Socket } from "../socket/handlers.js";
import type { ResolvedSocketOptions } from "../socket/options.js";
import { MAX_RUN_BYTES, SharedRun } from "../socket/shared-run.js";
import { type ApplicationSocket, sessionBehind } from "../socket/socket.js";
import type { Runtime } from "../transport.js";

/** Longer payloads are sent on each socket, by reference: a copy of them would cost more than it saves. */
const MAX_SHARED_BYTES = 16 * 1024;

/** With a lower limit the output of a turn may have to be offered to the system before its end, message by message. */
const LEAST_LIMIT_BYTES = 4 * MAX_RUN_BYTES;

const NONE: readonly Socket[] = [];

/** A socket that strays. The numbers ascend, so that a new one never moves others in the {@link IdMap}. */
interface Stray {
  readonly id: number;
  readonly socket: Socket;
}

/**
 * Sends messages to all sockets. A broadcast adds a frame to the run of the turn; at the end of the turn each socket
 * that follows writes its share, however many messages it has. So the cost of a turn grows with the number of its
 * broadcasts and the number of sockets, and not with their product. The few sockets that stray get each message by
 * `send`.
 */
export class Audience implements Broadcasts, Flushable {
  readonly run: SharedRun;
  readonly #sockets: ReadonlyMap<number, ApplicationSocket>;
  readonly #runtime: Runtime;
  readonly #maxSharedBytes: number;
  /**
   * The outputs of the sockets that follow, each with its place. Not a `Set`, for the reason that {@link IdMap} gives.
   */
  readonly #followers: SharingOutput[] = [];
  readonly #strays = new IdMap<Stray>();
  #lastStray = 0;
  #scheduled = false;

  /** @param sockets - all sockets by their `id` */
  constructor(
    sockets: ReadonlyMap<number, ApplicationSocket>,
    options: ResolvedSocketOptions,
    runtime: Runtime,
  ) {
    const { backpressure, limits, maxFrameBytes } = options;
    this.run = new SharedRun(runtime.host);
    this.#sockets = sockets;
    this.#runtime = runtime;
    const limited = backpressure !== "queue" && limits.maxBackpressureBytes < LEAST_LIMIT_BYTES;
    this.#maxSharedBytes = limited ? -1 : Math.min(MAX_SHARED_BYTES, maxFrameBytes);
  }

  follows(output: SharingOutput): void {
    this.#strays.delete(output.place);
    output.place = this.#followers.push(output) - 1;
  }

  strays(socket: Socket, output: SharingOutput): void {
    if (this.#isFollower(output)) this.#leave(output);
    output.place = ++this.#lastStray;
    this.#strays.add({ id: output.place, socket });
  }

  /** Takes an output out of the list of followers. */
  #leave(output: SharingOutput): void {
    const last = this.#followers.pop();
    if (last === undefined || last === output) return;
    this.#followers[output.place] = last;
    last.place = output.place;
  }

  #isFollower(output: SharingOutput): boolean {
    return this.#followers[output.place] === output;
  }

  /** The socket, which strays, is gone. */
  forget(output: SharingOutput): void {
    this.#strays.delete(output.place);
  }

  /** Sends a message to all sockets but one. @returns the number of sockets that took it */
  send(message: PreparedMessage, options: SendOptions | undefined, except: Socket | undefined): number {
    const { payload, serverFrame } = message;
    // The frame is empty if the application has transferred its memory, which `send` deals with.
    const shared = payload.length <= this.#maxSharedBytes && serverFrame.length > 0;
    if (!shared) return sendEach(this.#sockets.values(), message, options, except);
    // First: a socket that begins to stray here does not get the message out of the run.
    while (!this.run.hasRoom(serverFrame.length)) this.#gather();
    // Copied, since a socket may begin to stray while the message is sent: it has the message in its share.
    const strays = this.#strays.size === 0 ? NONE : Array.from(this.#strays.values(), ({ socket }) => socket);
    const followers = this.#followers.length;
    const left = this.#leaveOut(except, serverFrame);
    return followers - left + sendEach(strays, message, options, except);
  }

  /** Adds a frame for all followers but one. @returns the number of followers that were left out */
  #leaveOut(except: Socket | undefined, frame: Uint8Array): number {
    const output = this.#outputOf(except);
    if (output === undefined || !this.#isFollower(output)) {
      this.#add(frame);
      return 0;
    }
    output.settle();
    this.#add(frame);
    output.skip();
    return 1;
  }

  /** The output of a socket, if it is one of these. */
  #outputOf(socket: Socket | undefined): SharingOutput | undefined {
    const own = socket === undefined ? undefined : this.#sockets.get(socket.id);
    return own === undefined || own !== socket ? undefined : sessionBehind(own).output;
  }

  #add(frame: Uint8Array): void {
    this.run.add(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    flushLater(this, this.#runtime.defer);
  }

  /** Ends the run in the middle of a turn: the sockets take their shares, and write them at the end of the turn. */
  #gather(): void {
    this.#share((output) => output.gather());
  }

  /** Ends the run at the end of the turn: the sockets write their shares. Never throws. */
  flush(): void {
    this.#scheduled = false;
    this.#share((output) => output.flushShare());
  }

  #share(take: (output: SharingOutput) => void): void {
    const { run } = this;
    const { end } = run;
    // From the end: where a socket strays meanwhile, the last one takes its place.
    for (let place = this.#followers.length - 1; place >= 0; place--) {
      const output = this.#followers[place];
      if (output !== undefined) take(output);
    }
    // A handler may have broadcast meanwhile. Then the run goes on, and there will be another flush.
    if (run.end === end) run.finish();
  }
}

/** @returns the number of sockets that took the message */
function sendEach(
  sockets: Iterable<Socket>,
  message: PreparedMessage,
  options: SendOptions | undefined,
  except: Socket | undefined,
): number {
  let count = 0;
  for (const socket of sockets) if (socket !== except && socket.send(message, options) !== "dropped") count++;
  return count;
}
