// The messages between the demo and its page.

/** One client, in the form in which all clients are told of it. */
export interface ClientInfo {
  readonly id: number;
  /** Its browser, from its header `User-Agent`. */
  readonly name: string;
  /** Its operating system, or "". */
  readonly system: string;
  readonly address: string;
  readonly connectedSeconds: number;
  /** Messages that came from it within the last second. */
  readonly rate: number;
  /** How long its last pong took, in milliseconds; `null` before the first. */
  readonly rtt: number | null;
}

/** The messages of the demo's server, as JSON in text messages. Binary messages are the client's own, sent back. */
export type ServerMessage =
  | { readonly type: "welcome"; readonly you: number; readonly kernel: string }
  | Stats
  | { readonly type: "said"; readonly from: number; readonly to: number | null; readonly text: string }
  | { readonly type: "refused"; readonly reason: string };

/** What goes on, told several times a second. */
export interface Stats {
  readonly type: "stats";
  /** Messages within the last second. */
  readonly rate: number;
  /** Of all messages that were compressed since the demo began, in both directions. */
  readonly compression: { readonly payloadBytes: number; readonly wireBytes: number };
  readonly clients: readonly ClientInfo[];
}

/** A message of a client: a text for one client, or for all. */
export interface Say {
  readonly type: "say";
  /** A client's id, or `null` for all. */
  readonly to: number | null;
  readonly text: string;
}

/** The longest text, in UTF-16 code units. */
export const MAX_TEXT_LENGTH = 500;

/** Reads a client's text message. @returns `undefined` if it is anything but a {@link Say} */
export function parseSay(json: string): Say | undefined {
  const value = parseJson(json);
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 3) return undefined;
  if (!("type" in value) || value.type !== "say") return undefined;
  if (!("to" in value) || !("text" in value)) return undefined;
  const { to, text } = value;
  if (to !== null && (typeof to !== "number" || !Number.isSafeInteger(to))) return undefined;
  if (typeof text !== "string" || text.length === 0 || text.length > MAX_TEXT_LENGTH) return undefined;
  return { type: "say", to, text };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
