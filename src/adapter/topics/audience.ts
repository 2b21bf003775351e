// Receivers of messages, which are sockets of a server, and audiences: the receivers of a topic, or all of a group.
import type { PreparedEncoding } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import type { Part } from "./run-bytes.js";
import type { Share } from "./shared-run.js";

/**
 * A receiver *follows* what is published while nothing can keep a message from the peer or make one wait: then it takes
 * its share by itself, before anything else that it sends, and at the latest at the end of the turn. At other times it
 * *strays*, and each message is sent on it.
 */
export interface Receiver {
  /** The `id` of the socket. */
  readonly id: number;
  /** Whether it follows. Only its group changes it. */
  follows: boolean;
  /** Its place in the list of all followers, or of all strays. */
  place: number;
  /** The audiences of its topics, each with its place in their lists. Undefined before the first. */
  topics: Map<Audience, number> | undefined;
  /** Of the audiences for which the run of this turn has messages: how many it belongs to, and one of them. */
  meetings: number;
  met: Audience | undefined;
  /** Sends a message, as a stray. @param topic - undefined if it is for all sockets. @returns whether it was taken */
  receive(message: PreparedMessage, options: SendOptions | undefined, topic: string | undefined): boolean;
  /** The encoding of a message for all receivers of its group; undefined if the message goes out as it is. */
  encoding(message: PreparedMessage): PreparedEncoding | undefined;
  /** Puts its share of what was published so far into the outbox. */
  settle(): void;
  /** Passes over what was published so far. */
  skip(): void;
  /** Takes its share in the middle of a turn, because the run has to end. */
  gather(): void;
  /**
   * Takes its share at the end of a turn, and writes it. Never throws.
   * @param share - the share, if it has taken nothing of this run yet. Undefined if it has to ask for its own
   */
  flushShare(share: Share | undefined): void;
}

const NONE: readonly never[] = [];

/**
 * Two lists of receivers: those that follow, and those that stray. Each receiver knows its place in the list, so that
 * it leaves without a search: the last one takes its place.
 */
export class Audience {
  /** The name of the topic. Undefined for all receivers of a group. */
  readonly topic: string | undefined;
  /** The lists are made when they are needed: most topics have few receivers. */
  #followers: Receiver[] | undefined;
  #strays: Receiver[] | undefined;
  #parts: Part[] | undefined;

  constructor(topic?: string) {
    this.topic = topic;
  }

  get followers(): readonly Receiver[] {
    return this.#followers ?? NONE;
  }

  get strays(): readonly Receiver[] {
    return this.#strays ?? NONE;
  }

  get size(): number {
    return this.followers.length + this.strays.length;
  }

  /** All receivers, copied: what is done with them may change the lists. */
  all(): readonly Receiver[] {
    return [...this.followers, ...this.strays];
  }

  /** Whether a receiver, of any group, is one of the followers. */
  isFollowedBy(receiver: Receiver): boolean {
    return receiver.follows && this.followers[this.#placeOf(receiver)] === receiver;
  }

  /** Adds a receiver to the list that it belongs to now. */
  add(receiver: Receiver): void {
    const list = receiver.follows ? this.#followers : this.#strays;
    if (list !== undefined) this.#put(receiver, list.push(receiver) - 1);
    else {
      // A list of one: `push` would reserve room for more.
      if (receiver.follows) this.#followers = [receiver];
      else this.#strays = [receiver];
      this.#put(receiver, 0);
    }
  }

  /** Takes a receiver out of its list. */
  remove(receiver: Receiver): void {
    const list = receiver.follows ? this.#followers : this.#strays;
    const last = list?.pop();
    if (list === undefined || last === undefined || last === receiver) return;
    const place = this.#placeOf(receiver);
    list[place] = last;
    this.#put(last, place);
  }

  #placeOf(receiver: Receiver): number {
    return this.topic === undefined ? receiver.place : (receiver.topics?.get(this) ?? -1);
  }

  #put(receiver: Receiver, place: number): void {
    if (this.topic === undefined) receiver.place = place;
    else receiver.topics?.set(this, place);
  }

  // ---- The run of the turn ----

  /** Its parts of the run, in their order. No two of them touch. */
  get parts(): readonly Part[] {
    return this.#parts ?? NONE;
  }

  /** A message for this audience was added to the run. */
  note(begin: number, end: number): void {
    const last = this.#parts?.at(-1);
    if (last?.end === begin) last.end = end;
    else if (this.#parts === undefined) this.#parts = [{ begin, end }];
    else this.#parts.push({ begin, end });
  }

  /** The run is over. */
  forgetParts(): void {
    this.#parts = undefined;
  }
}
