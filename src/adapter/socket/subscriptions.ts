// The topics of a socket: `Socket.subscribe` and its like.
import { InvalidStateError } from "../../protocol/errors.js";
import type { Group } from "../topics/group.js";
import { topicName } from "../topics/topic-name.js";
import type { Output } from "./output.js";

/** The session of a socket that subscribes. */
export interface SubscribingSession {
  readonly output: Output;
}

/** As `Socket.subscribe`. */
export function subscribe({ output }: SubscribingSession, topic: string): boolean {
  return groupOf(output).subscribe(output, topicName(topic));
}

/** As `Socket.unsubscribe`. */
export function unsubscribe({ output }: SubscribingSession, topic: string): boolean {
  return groupOf(output).unsubscribe(output, topicName(topic));
}

/** As `Socket.topics`. */
export function topicsOf({ output }: SubscribingSession): readonly string[] {
  return Array.from(output.topics?.keys() ?? [], ({ topic = "" }) => topic);
}

function groupOf({ group }: Output): Group {
  if (group === undefined) throw new InvalidStateError("only the sockets of a server have topics");
  return group;
}
