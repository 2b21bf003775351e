// Sends messages, fragments and control frames of a socket, unless the connection or its back-pressure forbids it.
import { type Bytes, isBytes, messageOf } from "../../protocol/arguments.js";
import { CloseCode } from "../../protocol/close-code.js";
import type { Endpoint } from "../../protocol/endpoint.js";
import type { MessageType } from "../../protocol/events.js";
import { PreparedMessage } from "../../protocol/prepared-message.js";
import { readSendOptions, type SendChoice, type SendOptions } from "../../protocol/send-options.js";
import type { SocketContext } from "./context.js";
import type { SendResult } from "./handlers.js";
import { anotherInParts, type OutgoingStream } from "./outgoing-stream.js";
import type { Output } from "./output.js";
import { isThenable } from "./report.js";

/** The session of a socket that sends. */
export interface SendingSession {
  readonly context: SocketContext;
  readonly endpoint: Endpoint;
  readonly output: Output;
  /** The message that is being sent from a stream. */
  readonly outgoing: OutgoingStream | undefined;
}

/** As `Socket.send`. */
export function sendMessage(
  session: SendingSession,
  message: string | Bytes | PreparedMessage,
  options: SendOptions | undefined,
): SendResult {
  const { endpoint, output } = session;
  // Read once. Most calls have none.
  const choice = options === undefined ? undefined : readSendOptions(options);
  const type = choice?.type;
  if (endpoint.state !== "open" || output.overLimit(true)) return refuse(session, message, type);
  if (typeof message === "string") {
    if (type !== undefined) messageOf(message, type);
    endpoint.sendText(message, choice);
  } else if (message instanceof Uint8Array && (type === undefined || type === "binary"))
    endpoint.sendBinary(message, choice);
  else sendOther(endpoint, message, choice);
  return output.queued();
}

/** All messages but strings and a `Uint8Array` of binary type. */
function sendOther(
  endpoint: Endpoint,
  message: Bytes | PreparedMessage,
  choice: SendChoice | undefined,
): void {
  const type = choice?.type;
  if (type !== undefined) messageOf(message, type);
  if (message instanceof PreparedMessage) {
    endpoint.sendPrepared(message, choice);
    return;
  }
  assertBytes(message);
  if (type === "text") endpoint.sendText(message, choice);
  else endpoint.sendBinary(message, choice);
}

/** @throws TypeError that says how such a value can be sent */
function assertBytes(message: unknown): void {
  if (isBytes(message)) return;
  const must = "a message must be a string or bytes";
  if (isThenable(message)) throw new TypeError(`${must}, not a promise: await it`);
  if (typeof message === "object" && message !== null)
    throw new TypeError(`${must}, not an object: JSON.stringify makes a string of it`);
  throw new TypeError(`${must}, not ${String(message)}`);
}

/** As `Socket.sendFragment`. */
export function sendPart(
  session: SendingSession,
  part: string | Bytes,
  final: boolean,
  options: SendOptions | undefined,
): SendResult {
  const { endpoint, output, outgoing } = session;
  if (outgoing !== undefined) throw anotherInParts();
  if (endpoint.state !== "open") return refuse(session, part, readSendOptions(options).type);
  if (output.overLimit(false)) {
    // Dropping a fragment would leave a gap in its message.
    failOverLimit(session);
    return "dropped";
  }
  output.stray();
  endpoint.sendFragment(part, final, options);
  return output.queued();
}

/** As `Socket.ping` and `Socket.pong`. */
export function sendControl(
  { endpoint, output }: SendingSession,
  kind: "ping" | "pong",
  payload: string | Bytes | undefined,
): SendResult {
  if (endpoint.state !== "open" || output.overLimit(false)) return "dropped";
  endpoint[kind](payload);
  return output.queued();
}

function refuse(session: SendingSession, message: unknown, type: MessageType | undefined): SendResult {
  // A prepared message has its own type.
  if (type !== undefined || !(message instanceof PreparedMessage)) messageOf(message, type);
  const { endpoint, context } = session;
  if (endpoint.state === "open" && context.options.backpressure === "close") failOverLimit(session);
  return "dropped";
}

function failOverLimit({ endpoint, output, context }: SendingSession): void {
  const value = context.options.limits.maxBackpressureBytes;
  const limit = { name: "maxBackpressureBytes", value, actual: output.bufferedAmount } as const;
  endpoint.fail(CloseCode.TRY_AGAIN_LATER, "backpressure limit reached", { limit });
  output.later();
}
