// The parameters of permessage-deflate in an opening handshake, chosen as ws chooses them: RFC 7692 section 7.1.
import type { ZlibOptions } from "node:zlib";

/** What a server or a client wants of compression. */
export interface PerMessageDeflateOptions {
  /**
   * Whether the server forgets each of its messages: a server says so, and a client asks for it. With false, a server
   * declines an offer that asks for it. Default: as the other side says.
   */
  readonly serverNoContextTakeover?: boolean | undefined;
  /**
   * Whether the client forgets each of its messages: a server asks for it, and a client says so. With false, a client
   * fails if the server asks for it. Default: as the other side says.
   */
  readonly clientNoContextTakeover?: boolean | undefined;
  /**
   * How far back the server's messages refer at most: 2 to this power, in bytes, from 8 to 15. With false, a server
   * declines an offer that limits it.
   */
  readonly serverMaxWindowBits?: number | boolean | undefined;
  /**
   * How far back the client's messages refer at most. With a number, a server declines an offer that does not let it
   * set the limit. With false, a client does not offer to be limited.
   */
  readonly clientMaxWindowBits?: number | boolean | undefined;
  /**
   * Messages, or first fragments, of fewer bytes are sent as they are. It counts only where this side forgets its
   * messages. Default 1,024.
   */
  readonly threshold?: number | undefined;
  /** Options of zlib, for {@link PerMessageDeflate.compress}. Connections take none of them. */
  readonly zlibDeflateOptions?: ZlibOptions | undefined;
  /** Options of zlib, for {@link PerMessageDeflate.decompress}. Connections take none of them. */
  readonly zlibInflateOptions?: ZlibOptions | undefined;
  /**
   * How many calls of {@link PerMessageDeflate.compress} and {@link PerMessageDeflate.decompress} run at a time in this
   * process, by the first object's options. Connections compress without threads, and need no limit. Default 10.
   */
  readonly concurrencyLimit?: number | undefined;
}

/** Parameters by their names on the wire. The bits are `true` only in offers. */
export type PerMessageDeflateParameters = {
  server_no_context_takeover?: true;
  client_no_context_takeover?: true;
  server_max_window_bits?: number | true;
  client_max_window_bits?: number | true;
};

/** Parameters as `extension.parse` gives them: a list of values for each name. */
export type Configuration = Readonly<Record<string, readonly unknown[]>>;

const MIN_BITS = 8;
const MAX_BITS = 15;

/** The offer of a client. Numbers are not checked. */
export function offerOf(options: PerMessageDeflateOptions): PerMessageDeflateParameters {
  const offer: PerMessageDeflateParameters = {};
  const { serverMaxWindowBits, clientMaxWindowBits } = options;
  if (options.serverNoContextTakeover) offer.server_no_context_takeover = true;
  if (options.clientNoContextTakeover) offer.client_no_context_takeover = true;
  if (serverMaxWindowBits) offer.server_max_window_bits = serverMaxWindowBits;
  const bits = clientMaxWindowBits ?? true;
  if (bits) offer.client_max_window_bits = bits;
  return offer;
}

/**
 * The answer of a server: the first offer that its options allow, completed.
 * @throws Error or TypeError if an offer is malformed, or the options allow none
 */
export function answerOf(
  offers: readonly Configuration[],
  options: PerMessageDeflateOptions,
): PerMessageDeflateParameters {
  const read = offers.map((offer) => readParameters(offer, true));
  const answer = read.find((offer) => allows(options, offer));
  if (answer === undefined) throw new Error("None of the extension offers can be accepted");
  const { serverMaxWindowBits, clientMaxWindowBits } = options;
  if (options.serverNoContextTakeover) answer.server_no_context_takeover = true;
  if (options.clientNoContextTakeover) answer.client_no_context_takeover = true;
  if (typeof serverMaxWindowBits === "number") answer.server_max_window_bits = serverMaxWindowBits;
  if (typeof clientMaxWindowBits === "number") answer.client_max_window_bits = clientMaxWindowBits;
  else if (answer.client_max_window_bits === true || clientMaxWindowBits === false)
    delete answer.client_max_window_bits;
  return answer;
}

function allows(options: PerMessageDeflateOptions, offer: PerMessageDeflateParameters): boolean {
  if (options.serverNoContextTakeover === false && offer.server_no_context_takeover) return false;
  const { serverMaxWindowBits: server, clientMaxWindowBits: client } = options;
  const { server_max_window_bits: serverAsked, client_max_window_bits: clientAsked } = offer;
  if (serverAsked !== undefined && (server === false || exceeds(server, serverAsked))) return false;
  // A client that does not name the parameter can't be told to use less (section 7.1.2.2).
  return typeof client !== "number" || (clientAsked !== undefined && !exceeds(client, clientAsked));
}

/** Whether both are numbers, and the first is greater. */
function exceeds(bits: number | boolean | undefined, other: number | boolean | undefined): boolean {
  return typeof bits === "number" && typeof other === "number" && bits > other;
}

/**
 * What a client takes from a server's answer.
 * @throws Error or TypeError if the answer is malformed, or the options don't allow it
 */
export function takenFrom(
  answers: readonly Configuration[],
  options: PerMessageDeflateOptions,
): PerMessageDeflateParameters {
  const [taken = {}] = answers.map((answer) => readParameters(answer, false));
  if (options.clientNoContextTakeover === false && taken.client_no_context_takeover)
    throw new Error('Unexpected parameter "client_no_context_takeover"');
  const { clientMaxWindowBits: bits } = options;
  const { client_max_window_bits: told } = taken;
  if (told === undefined) {
    if (typeof bits === "number") taken.client_max_window_bits = bits;
  } else if (bits === false || exceeds(told, bits)) {
    throw new Error('Unexpected or invalid parameter "client_max_window_bits"');
  }
  return taken;
}

/** @param fromClient - whether they are an offer's */
function readParameters(given: Configuration, fromClient: boolean): PerMessageDeflateParameters {
  const read: PerMessageDeflateParameters = Object.create(Object.getPrototypeOf(given));
  for (const [name, values] of Object.entries(given)) {
    if (values.length > 1) throw new Error(`Parameter "${name}" must have only a single value`);
    const [value] = values;
    if (name === "client_max_window_bits")
      read[name] = fromClient && value === true ? value : windowBits(name, value);
    else if (name === "server_max_window_bits") read[name] = windowBits(name, value);
    else if (name === "client_no_context_takeover" || name === "server_no_context_takeover")
      read[name] = value === true ? value : refuse(name, value);
    else throw new Error(`Unknown parameter "${name}"`);
  }
  return read;
}

function windowBits(name: string, value: unknown): number {
  const bits = value === true ? Number.NaN : Number(value);
  return Number.isInteger(bits) && bits >= MIN_BITS && bits <= MAX_BITS ? bits : refuse(name, value);
}

function refuse(name: string, value: unknown): never {
  throw new TypeError(`Invalid value for parameter "${name}": ${value}`);
}
