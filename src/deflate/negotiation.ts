// permessage-deflate in an opening handshake, for servers and for clients: RFC 7692 sections 5 and 7.1.
import type { ExtensionParameter } from "../handshake/extensions.js";
import type { ClientExtension, ServerExtension } from "../handshake/negotiation.js";
import { type DeflateParameters, MAX_WINDOW_BITS } from "../protocol/deflate/parameters.js";

/** The registered name of the extension. */
export const PERMESSAGE_DEFLATE = "permessage-deflate";

/** The preferences of one side. */
export interface DeflatePreferences {
  /** Whether messages may refer to the ones before, in both directions. */
  readonly takeover: boolean;
  /** The largest window in either direction, from 8 to 15. */
  readonly windowBits: number;
}

const SERVER_NO_TAKEOVER = "server_no_context_takeover";
const CLIENT_NO_TAKEOVER = "client_no_context_takeover";
const SERVER_BITS = "server_max_window_bits";
const CLIENT_BITS = "client_max_window_bits";

/** The smallest window that a peer is asked to use: zlib, which most have, can't deflate with 8 bits. */
const LEAST_PEER_BITS = 9;

/** From 8 to 15, without leading zeros. */
const WINDOW_BITS = /^(?:[89]|1[0-5])$/;

/** A parameter without a value is `true`. */
type Values = ReadonlyMap<string, number | true>;

/** Makes the extension's object for the parameters that were agreed on. */
export type MakeAgreed<Agreed> = (parameters: DeflateParameters) => Agreed;

/** The extension as a server takes part in it. */
export function serverExtension<Agreed>(
  preferences: DeflatePreferences,
  make: MakeAgreed<Agreed>,
): ServerExtension<Agreed> {
  return {
    name: PERMESSAGE_DEFLATE,
    accept(offer) {
      const asked = readParameters(offer);
      if (asked === undefined) return undefined;
      const agreed = serverChoice(asked, preferences);
      return { parameters: answerTo(asked, agreed), agreed: make(agreed) };
    },
  };
}

/** The extension as a client takes part in it. */
export function clientExtension<Agreed>(
  preferences: DeflatePreferences,
  make: MakeAgreed<Agreed>,
): ClientExtension<Agreed> {
  return {
    name: PERMESSAGE_DEFLATE,
    offers: offersFor(preferences),
    accept(answer) {
      const agreed = clientChoice(readParameters(answer), preferences);
      return agreed && { agreed: make(agreed) };
    },
  };
}

/**
 * Reads the parameters of an offer or an answer (section 7.1).
 * @returns undefined for an unknown or a repeated parameter, or one with a value that it can't have
 */
function readParameters(parameters: readonly ExtensionParameter[]): Values | undefined {
  const values = new Map<string, number | true>();
  for (const { name, value } of parameters) {
    const known = readValue(name, value);
    if (known === undefined || values.has(name)) return undefined;
    values.set(name, known);
  }
  return values;
}

function readValue(name: string, value: string | undefined): number | true | undefined {
  if (name === SERVER_NO_TAKEOVER || name === CLIENT_NO_TAKEOVER)
    return value === undefined ? true : undefined;
  // Only an offer may have this parameter without a value.
  if (name === CLIENT_BITS && value === undefined) return true;
  if (name !== SERVER_BITS && name !== CLIENT_BITS) return undefined;
  return value !== undefined && WINDOW_BITS.test(value) ? Number(value) : undefined;
}

/** The exponent that a parameter sets, or the largest. */
function bitsOf(values: Values, name: string): number {
  const value = values.get(name);
  return typeof value === "number" ? value : MAX_WINDOW_BITS;
}

/**
 * The choice of a server. A client that has not said that it knows `client_max_window_bits` can't be told to use a
 * smaller window (section 7.1.2.2). So it is told to keep no window between messages.
 */
function serverChoice(asked: Values, { takeover, windowBits }: DeflatePreferences): DeflateParameters {
  const knowsBits = asked.has(CLIENT_BITS);
  return {
    serverNoContextTakeover: !takeover || asked.has(SERVER_NO_TAKEOVER),
    clientNoContextTakeover:
      !takeover || asked.has(CLIENT_NO_TAKEOVER) || (!knowsBits && windowBits < MAX_WINDOW_BITS),
    serverMaxWindowBits: Math.min(windowBits, bitsOf(asked, SERVER_BITS)),
    clientMaxWindowBits: knowsBits
      ? Math.min(Math.max(windowBits, LEAST_PEER_BITS), bitsOf(asked, CLIENT_BITS))
      : MAX_WINDOW_BITS,
  };
}

/** An answer repeats what the client has set (sections 7.1.1.1 and 7.1.2.1), and states what is not a default. */
function answerTo(asked: Values, agreed: DeflateParameters): ExtensionParameter[] {
  const answer: ExtensionParameter[] = [];
  if (agreed.serverNoContextTakeover) answer.push(flag(SERVER_NO_TAKEOVER));
  if (agreed.clientNoContextTakeover) answer.push(flag(CLIENT_NO_TAKEOVER));
  if (agreed.serverMaxWindowBits < MAX_WINDOW_BITS || asked.has(SERVER_BITS))
    answer.push(bits(SERVER_BITS, agreed.serverMaxWindowBits));
  if (agreed.clientMaxWindowBits < MAX_WINDOW_BITS)
    answer.push(bits(CLIENT_BITS, agreed.clientMaxWindowBits));
  return answer;
}

/**
 * The offers of a client. The second is for servers that can't use a smaller window, and decline an offer that asks for
 * one. The client's own window has no value: servers such as ws answer with theirs, whatever was offered, and a client
 * may use less than the answer allows.
 */
function offersFor({ takeover, windowBits }: DeflatePreferences): ExtensionParameter[][] {
  const flags = takeover ? [] : [flag(SERVER_NO_TAKEOVER), flag(CLIENT_NO_TAKEOVER)];
  const anyWindow = [...flags, flag(CLIENT_BITS)];
  if (windowBits === MAX_WINDOW_BITS) return [anyWindow];
  return [[...flags, bits(SERVER_BITS, Math.max(windowBits, LEAST_PEER_BITS)), flag(CLIENT_BITS)], anyWindow];
}

/** @returns undefined if the answer is invalid, or answers none of the offers (section 5.2) */
function clientChoice(
  answered: Values | undefined,
  { takeover, windowBits }: DeflatePreferences,
): DeflateParameters | undefined {
  if (answered === undefined || answered.get(CLIENT_BITS) === true) return undefined;
  // A server that accepts must confirm what was asked of it.
  if (!takeover && !answered.has(SERVER_NO_TAKEOVER)) return undefined;
  // The offers allow windows of any size, of the server because of the second one.
  return {
    serverNoContextTakeover: answered.has(SERVER_NO_TAKEOVER),
    clientNoContextTakeover: !takeover || answered.has(CLIENT_NO_TAKEOVER),
    serverMaxWindowBits: bitsOf(answered, SERVER_BITS),
    clientMaxWindowBits: Math.min(windowBits, bitsOf(answered, CLIENT_BITS)),
  };
}

function flag(name: string): ExtensionParameter {
  return { name, value: undefined };
}

function bits(name: string, exponent: number): ExtensionParameter {
  return { name, value: String(exponent) };
}
