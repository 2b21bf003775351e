// The sockets of a server as the receivers of broadcasts. Most take the messages of a turn out of one run of bytes.
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import { IdMap } from "../id-map.js";
import type { Broadcasts, SharingOutput } from "../socket/context.js";
import { type Flushable, flushLater } from "../socket/flush.js";
import type { Socket } from "../socket/handlers.js";
import type { ResolvedSocketOptions } from "../socket/options.js";
import { MAX_RUN_BYTES } from "../socket/run-bytes.js";
import type { SharedRun } from "../socket/shared-run.js";
import { type ApplicationSocket, sessionBehind } from "../socket/socket.js";
import type { Runtime } from "../transport.js";
import { Followers } from "./followers.js";

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
 * broadcasts and the number of sockets, and not with their product. Sockets with compression have runs of their own, one
 * for each way in which two sides can agree. The few sockets that stray get each message by `send`.
 */
export class Audience implements Broadcasts, Flushable {
  readonly #sockets: ReadonlyMap<number, ApplicationSocket>;
  readonly #runtime: Runtime;
  readonly #maxSharedBytes: number;
  readonly #groups: Followers[] = [];
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
    this.#sockets = sockets;
    this.#runtime = runtime;
    const limited = backpressure !== "queue" && limits.maxBackpressureBytes < LEAST_LIMIT_BYTES;
    this.#maxSharedBytes = limited ? -1 : Math.min(MAX_SHARED_BYTES, maxFrameBytes);
  }

  runFor(extension: MessagePath | undefined): SharedRun {
    for (const group of this.#groups) if (group.extension === extension) return group.run;
    const group = new Followers(extension, this.#runtime.host);
    this.#groups.push(group);
    return group.run;
  }

  /** The group that an output belongs to while it follows. */
  #groupOf({ run }: SharingOutput): Followers | undefined {
    for (const group of this.#groups) if (group.run === run) return group;
    return undefined;
  }

  follows(output: SharingOutput): void {
    this.#strays.delete(output.place);
    this.#groupOf(output)?.add(output);
  }

  strays(socket: Socket, output: SharingOutput): void {
    const group = this.#groupOf(output);
    if (group?.has(output) === true) group.remove(output);
    output.place = ++this.#lastStray;
    this.#strays.add({ id: output.place, socket });
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
    for (let full = this.#fullGroup(message); full !== undefined; full = this.#fullGroup(message))
      full.gather();
    // Copied, since a socket may begin to stray while the message is sent: it has the message in its share.
    const strays = this.#strays.size === 0 ? NONE : Array.from(this.#strays.values(), ({ socket }) => socket);
    const compress = message.compress && options?.compress !== false;
    const count = this.#share(message, compress, this.#outputOf(except));
    return count + sendEach(strays, message, options, except);
  }

  #fullGroup(message: PreparedMessage): Followers | undefined {
    for (const group of this.#groups) if (group.size > 0 && !group.run.takes(message)) return group;
    return undefined;
  }

  /** Adds a message for all followers but one. @returns their number */
  #share(message: PreparedMessage, compress: boolean, except: SharingOutput | undefined): number {
    let count = 0;
    for (const group of this.#groups) {
      if (group.size === 0) continue;
      count += group.size;
      if (except === undefined || !group.has(except)) group.append(message, compress);
      else {
        except.settle();
        group.append(message, compress);
        except.skip();
        count--;
      }
    }
    if (count > 0) this.#flushLater();
    return count;
  }

  /** The output of a socket, if it is one of these. */
  #outputOf(socket: Socket | undefined): SharingOutput | undefined {
    const own = socket === undefined ? undefined : this.#sockets.get(socket.id);
    return own === undefined || own !== socket ? undefined : sessionBehind(own).output;
  }

  #flushLater(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    flushLater(this, this.#runtime.defer);
  }

  /** Ends the runs at the end of the turn. Never throws. */
  flush(): void {
    this.#scheduled = false;
    for (const group of this.#groups) group.flush();
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
