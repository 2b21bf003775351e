// The sockets of a server that get the same bytes for the same message, and what is published to them.
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import type { SendOptions } from "../../protocol/send-options.js";
import { Deadline, type Expiring } from "../deadline.js";
import { type Flushable, flushLater } from "../flush.js";
import type { Runtime } from "../transport.js";
import { Audience, type Receiver } from "./audience.js";
import type { Part } from "./run-bytes.js";
import { type Share, SharedRun } from "./shared-run.js";

/** What is published besides the message itself. */
export interface Publication {
  readonly message: PreparedMessage;
  readonly options: SendOptions | undefined;
  /** A receiver that does not get it. */
  readonly except: Receiver | undefined;
  /** Milliseconds that followers may wait for it, so that it shares a write with others. */
  readonly withinMs: number;
}

/** What holds for all receivers of a server. */
export interface PublishingRules {
  /** The longest payload, in bytes, that followers take out of the run: less than 0 for none. */
  readonly maxSharedBytes: number;
  /** Topics of a socket. */
  readonly maxTopics: number;
  /** Whether a subscriber whose transport is blocked gets no messages, and is told so later. */
  readonly skipsSlow: boolean;
}

/**
 * The receivers that have agreed on the same extension, or on none. Each message adds a frame to the run of the turn; at
 * the end of the turn each receiver that follows writes its share, however many messages it has. So the cost of a turn
 * grows with the number of its messages and the number of their receivers, and not with their product. The few
 * receivers that stray get each message by itself.
 */
export class Group implements Flushable, Expiring {
  /** Undefined if they have agreed on none. */
  readonly extension: MessagePath | undefined;
  readonly run: SharedRun;
  readonly #runtime: Runtime;
  readonly #rules: PublishingRules;
  readonly #everyone = new Audience();
  readonly #topics = new Map<string, Audience>();
  /** The audiences for which the run has messages. */
  #addressed: Audience[] = [];
  /** Whether the run ends with this turn. */
  #scheduled = false;
  /** Runs while messages wait for company, behind the end of a turn. */
  readonly #patience: Deadline;
  #patienceEndsAt = 0;

  constructor(extension: MessagePath | undefined, runtime: Runtime, rules: PublishingRules) {
    this.extension = extension;
    this.run = new SharedRun(runtime.host);
    this.#runtime = runtime;
    this.#rules = rules;
    this.#patience = new Deadline(runtime.deadlines, this);
  }

  /** As {@link PublishingRules.skipsSlow}. */
  get skipsSlow(): boolean {
    return this.#rules.skipsSlow;
  }

  // ---- Receivers ----

  /** A socket is there. It strays until it says otherwise. */
  join(receiver: Receiver): void {
    this.#everyone.add(receiver);
  }

  /** A socket is gone. It keeps the names of its topics. */
  leave(receiver: Receiver): void {
    if (receiver.place < 0) return;
    this.#withEach(receiver, (audience) => this.#remove(receiver, audience));
    receiver.place = -1;
    receiver.follows = false;
  }

  /** A socket takes its share by itself from now on, or no more. */
  turn(receiver: Receiver, follows: boolean): void {
    if (receiver.place < 0 || receiver.follows === follows) return;
    this.#withEach(receiver, (audience) => audience.remove(receiver));
    receiver.follows = follows;
    this.#withEach(receiver, (audience) => audience.add(receiver));
  }

  #withEach(receiver: Receiver, step: (audience: Audience) => void): void {
    step(this.#everyone);
    if (receiver.topics !== undefined) for (const topic of receiver.topics.keys()) step(topic);
  }

  #remove(receiver: Receiver, audience: Audience): void {
    audience.remove(receiver);
    if (audience.topic !== undefined && audience.size === 0) this.#topics.delete(audience.topic);
  }

  // ---- Topics ----

  /**
   * @returns false if the socket is subscribed already, or gone
   * @throws RangeError if it has too many topics
   */
  subscribe(receiver: Receiver, name: string): boolean {
    if (receiver.place < 0) return false;
    let topic = this.#topics.get(name);
    if (topic !== undefined && receiver.topics?.has(topic)) return false;
    const { maxTopics } = this.#rules;
    if ((receiver.topics?.size ?? 0) >= maxTopics)
      throw new RangeError(`a socket may have ${maxTopics} topics (limits.maxTopics)`);
    if (topic === undefined) {
      topic = new Audience(name);
      this.#topics.set(name, topic);
    }
    // What was published to the topic before is not for it.
    if (topic.parts.length > 0) receiver.settle();
    receiver.topics ??= new Map();
    receiver.topics.set(topic, 0);
    topic.add(receiver);
    return true;
  }

  /** What was published before still arrives. @returns whether the socket was subscribed */
  unsubscribe(receiver: Receiver, name: string): boolean {
    const topic = topicNamed(receiver, name, this.#topics.get(name));
    if (topic === undefined) return false;
    if (receiver.place >= 0) {
      if (topic.parts.length > 0) receiver.settle();
      this.#remove(receiver, topic);
    }
    receiver.topics?.delete(topic);
    return true;
  }

  /** The receivers of a topic, copied. */
  subscribers(name: string): readonly Receiver[] {
    return this.#topics.get(name)?.all() ?? [];
  }

  subscriberCount(name: string): number {
    return this.#topics.get(name)?.size ?? 0;
  }

  // ---- Publishing ----

  /** Sends a message to all sockets. @returns the number of sockets that took it */
  broadcast(publication: Publication): number {
    return this.#publish(this.#everyone, publication);
  }

  /** Sends a message to the subscribers of a topic. @returns the number of sockets that took it */
  publish(name: string, publication: Publication): number {
    const topic = this.#topics.get(name);
    return topic === undefined ? 0 : this.#publish(topic, publication);
  }

  #publish(audience: Audience, publication: Publication): number {
    const { payload, serverFrame } = publication.message;
    // The frame is empty if the application has transferred its memory, which sending it deals with.
    const shared = payload.length <= this.#rules.maxSharedBytes && serverFrame.length > 0;
    if (!shared) return sendEach(audience.all(), audience, publication);
    // First: a socket that begins to stray here does not get the message out of the run.
    if (audience.followers.length > 0) while (!this.run.takes(publication.message)) this.#gather();
    // Copied, since a socket may begin to stray while the message is sent: it has the message in its share.
    const strays = [...audience.strays];
    const followers = this.#addForFollowers(audience, publication);
    return followers + (strays.length > 0 ? sendEach(strays, audience, publication) : 0);
  }

  /** @returns the number of followers that get it */
  #addForFollowers(audience: Audience, { message, options, except, withinMs }: Publication): number {
    const leavesOut = except !== undefined && audience.isFollowedBy(except);
    const count = audience.followers.length - (leavesOut ? 1 : 0);
    if (count === 0) return 0;
    if (leavesOut) except.settle();
    const begin = this.run.end;
    const compress = message.compress && options?.compress !== false && this.extension !== undefined;
    this.run.append(message, compress ? audience.followers[0]?.encoding(message) : undefined);
    if (audience.parts.length === 0) this.#addressed.push(audience);
    audience.note(begin, this.run.end);
    if (leavesOut) except.skip();
    this.#schedule(withinMs);
    return count;
  }

  // ---- The end of a run ----

  /** Has the run end with this turn, or within so many milliseconds. */
  #schedule(withinMs: number): void {
    if (this.#scheduled) return;
    if (withinMs > 0) {
      const endsAt = performance.now() + withinMs;
      if (this.#patience.pending && endsAt >= this.#patienceEndsAt) return;
      this.#patienceEndsAt = endsAt;
      this.#patience.start(withinMs);
      return;
    }
    this.#scheduled = true;
    flushLater(this, this.#runtime.defer);
  }

  /** The messages have waited long enough for company. Never throws. */
  expired(): void {
    if (!this.#scheduled) this.flush();
  }

  /** Ends the run in the middle of a turn: the sockets take their shares, and write them at the end of the turn. */
  #gather(): void {
    const { end } = this.run;
    for (const receiver of this.#meet()) {
      receiver.meetings = 0;
      receiver.met = undefined;
      receiver.gather();
    }
    this.#finish(end);
  }

  /** Ends the run at the end of the turn: the sockets write their shares. Never throws. */
  flush(): void {
    this.#scheduled = false;
    this.#patience.stop();
    const { begin, end } = this.run;
    const addressed = this.#addressed.length;
    const whole = begin === end ? undefined : this.run.share([{ begin, end }]);
    const shares = new Map<Audience, Share>();
    for (const receiver of this.#meet()) {
      const { meetings, met } = receiver;
      receiver.meetings = 0;
      receiver.met = undefined;
      // A handler may have published meanwhile. Then each receiver looks for itself.
      if (this.run.end !== end) receiver.flushShare(undefined);
      else if (meetings === addressed) receiver.flushShare(whole);
      else if (meetings === 1 && met !== undefined) receiver.flushShare(this.#shareFor(met, shares));
      else receiver.flushShare(undefined);
    }
    this.#finish(end);
  }

  /** The followers for which the run has messages, copied: some may begin to stray meanwhile. */
  #meet(): readonly Receiver[] {
    const found: Receiver[] = [];
    for (const audience of this.#addressed) {
      for (const receiver of audience.followers) {
        receiver.met = audience;
        if (receiver.meetings++ === 0) found.push(receiver);
      }
    }
    return found;
  }

  #shareFor(audience: Audience, shares: Map<Audience, Share>): Share {
    let share = shares.get(audience);
    if (share === undefined) {
      share = this.run.share(audience.parts);
      shares.set(audience, share);
    }
    return share;
  }

  #finish(end: number): void {
    // A handler may have published meanwhile. Then the run goes on, and there will be another flush.
    if (this.run.end !== end) return;
    for (const audience of this.#addressed) audience.forgetParts();
    this.#addressed = [];
    this.run.finish();
  }

  // ---- The share of one receiver ----

  /** What the run has for a receiver from a position on. Undefined if there is nothing. */
  share(receiver: Receiver, from: number): Share | undefined {
    const parts = this.#partsFor(receiver, from);
    return parts.length === 0 ? undefined : this.run.share(parts);
  }

  /** The length of the {@link share}. */
  shareLength(receiver: Receiver, from: number): number {
    let length = 0;
    for (const { begin, end } of this.#partsFor(receiver, from)) length += end - begin;
    return length;
  }

  #partsFor(receiver: Receiver, from: number): readonly Part[] {
    const parts: Part[] = [];
    this.#withEach(receiver, ({ parts: all }) => {
      for (const { begin, end } of all) if (end > from) parts.push({ begin: Math.max(begin, from), end });
    });
    return merged(parts.sort((a, b) => a.begin - b.begin));
  }
}

/** A topic of a receiver. That of one whose socket is gone may be no topic of the server any more. */
function topicNamed(receiver: Receiver, name: string, known: Audience | undefined): Audience | undefined {
  const { topics } = receiver;
  if (topics === undefined) return undefined;
  if (known !== undefined && topics.has(known)) return known;
  if (receiver.place >= 0) return undefined;
  for (const topic of topics.keys()) if (topic.topic === name) return topic;
  return undefined;
}

/** Joins parts, in their order, that touch each other. */
function merged(parts: readonly Part[]): Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last?.end === part.begin) last.end = part.end;
    else result.push(part);
  }
  return result;
}

/** @returns the number of receivers that took the message */
function sendEach(
  receivers: readonly Receiver[],
  { topic }: Audience,
  { message, options, except }: Publication,
): number {
  let count = 0;
  for (const receiver of receivers) {
    if (receiver !== except && receiver.receive(message, options, topic)) count++;
  }
  return count;
}
