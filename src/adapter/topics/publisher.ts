// Publishes messages to the sockets of a server: to all of them, or to the subscribers of a topic.
import type { MessagePath } from "../../protocol/extensions/message-path.js";
import type { Runtime } from "../transport.js";
import type { Receiver } from "./audience.js";
import { Group, type Publication, type PublishingRules } from "./group.js";
import { MAX_RUN_BYTES } from "./run-bytes.js";

/** Longer payloads are sent on each socket, by reference: a copy of them would cost more than it saves. */
const MAX_SHARED_BYTES = 16 * 1024;

/** With a lower limit the output of a turn may have to be offered to the system before its end, message by message. */
const LEAST_LIMIT_BYTES = 4 * MAX_RUN_BYTES;

/** The groups of receivers: one for each way in which the two sides of a connection can agree on an extension. */
export class Publisher {
  readonly #runtime: Runtime;
  readonly #rules: PublishingRules;
  readonly #groups: Group[] = [];

  constructor(runtime: Runtime, rules: PublishingRules) {
    this.#runtime = runtime;
    this.#rules = rules;
  }

  /** The group of the sockets that have agreed on an extension, or on none. */
  groupFor(extension: MessagePath | undefined): Group {
    for (const group of this.#groups) if (group.extension === extension) return group;
    const group = new Group(extension, this.#runtime, this.#rules);
    this.#groups.push(group);
    return group;
  }

  /** Sends a message to all sockets. @returns the number of sockets that took it */
  broadcast(publication: Publication): number {
    let count = 0;
    for (const group of this.#groups) count += group.broadcast(publication);
    return count;
  }

  /** Sends a message to the subscribers of a topic. @returns the number of sockets that took it */
  publish(topic: string, publication: Publication): number {
    let count = 0;
    for (const group of this.#groups) count += group.publish(topic, publication);
    return count;
  }

  /** The subscribers of a topic, copied. */
  subscribers(topic: string): readonly Receiver[] {
    return this.#groups.flatMap((group) => group.subscribers(topic));
  }

  subscriberCount(topic: string): number {
    let count = 0;
    for (const group of this.#groups) count += group.subscriberCount(topic);
    return count;
  }
}

/** The longest payload, in bytes, that followers take out of a run: less than 0 for none. */
export function maxSharedBytes(maxBackpressureBytes: number, maxFrameBytes: number): number {
  return maxBackpressureBytes < LEAST_LIMIT_BYTES ? -1 : Math.min(MAX_SHARED_BYTES, maxFrameBytes);
}
