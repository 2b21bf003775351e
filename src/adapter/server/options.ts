// Options of servers, and the types of their `upgrade` hook.

import type { CompressionOptions } from "../../deflate/options.js";
import type { AllowedOrigins } from "../../handshake/origin.js";
import type { UpgradeRequest } from "../../handshake/request.js";
import { origins, tokens } from "../../handshake/value-readers.js";
import type { HeaderFields } from "../../http/header-fields.js";
import type { RefusalOptions } from "../../http/refusal.js";
import { callback, integer, type Optional, oneOf, type Readers } from "../../protocol/option-readers.js";
import { type CompressionOption, readCompression } from "../compression.js";
import { group } from "../given-options.js";
import type { Delivery } from "../socket/delivery.js";
import {
  completed,
  DEFAULT_SOCKET_LIMITS,
  type ResolvedSocketOptions,
  resolveSocketOptions,
  SOCKET_LIMIT_READERS,
  SOCKET_READERS,
  type SocketLimits,
  type SocketOptions,
} from "../socket/options.js";
import type { TlsInfo } from "../transport.js";
import { hook } from "../value-readers.js";

/**
 * A valid opening handshake, which waits for the application's decision.
 * @typeParam Incoming - the type of `incoming`
 */
export interface HandshakeRequest<Incoming = unknown> extends UpgradeRequest {
  /**
   * The client's IP address, or "" for a Unix socket. The hook is not called for a client that has left before its
   * address is known.
   */
  readonly remoteAddress: string;
  /** The TLS parameters of the client's connection; undefined without TLS. */
  readonly tls: TlsInfo | undefined;
  /**
   * The request as the HTTP server of the application made it, with all that its middleware has added, such as a
   * session: Node's `IncomingMessage` for a server of `createServer` or `attach`, undefined for a request that wsimd
   * has read itself.
   */
  readonly incoming: Incoming;
}

/** The answer of `upgrade` that accepts a client. */
export interface Acceptance<Data = unknown> {
  /** The subprotocol, one of those offered. Default: the first offered one that the option `protocols` lists. */
  readonly protocol?: string | undefined;
  /** More headers for the answer. */
  readonly headers?: HeaderFields | undefined;
  /** Becomes the socket's `data`. Default: what the option `data` makes. */
  readonly data?: Data | undefined;
  /** The handler that gets the messages of this connection. Default: the one that the option `deliver` names. */
  readonly deliver?: Delivery | undefined;
}

/**
 * The answer of `upgrade`: an `Acceptance` or nothing accepts the client; a status from 300 to 599, or `false`, which
 * stands for 403, refuses it. Any other answer is an error: the client gets 500 and the `error` handler the exception.
 */
export type UpgradeResult<Data = unknown> =
  | (Acceptance<Data> & { readonly [Name in "status" | "reason" | "body"]?: undefined })
  | (RefusalOptions & { readonly [Name in "data" | "protocol" | "deliver"]?: undefined })
  | false
  | undefined;

/**
 * The hook `upgrade`. It has the type of a method, so that one whose requests have a known `incoming` is a hook of the
 * servers that don't look into it.
 */
export type UpgradeHook<Data = unknown, Incoming = unknown> = {
  /** Decides on a request. */
  upgrade(request: HandshakeRequest<Incoming>): UpgradeResult<Data> | Promise<UpgradeResult<Data>>;
}["upgrade"];

/** Limits on the memory and work that one client, or all of them together, may cause. */
export interface ServerLimits extends SocketLimits {
  /** Bytes of content of a plain request. `maxMessageBytes` has no part in it. Default 1 MiB; `Infinity` for none. */
  readonly maxContentBytes: number;
  /**
   * Bytes that the contents of all plain requests take together until they are answered. Default 64 MiB; `Infinity` for
   * none.
   */
  readonly maxTotalContentBytes: number;
  /** Topics that a socket may be subscribed to at a time. Default 1,000; `Infinity` for any number. */
  readonly maxTopics: number;
}

/** The limits of servers that set none. */
export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  ...DEFAULT_SOCKET_LIMITS,
  maxContentBytes: 1 << 20,
  maxTotalContentBytes: 64 << 20,
  maxTopics: 1_000,
};

/**
 * Options of every server, whether or not it owns its port.
 * @typeParam Incoming - the type of the `incoming` of requests
 */
export interface ServerOptions<Data = unknown, Incoming = unknown> extends SocketOptions, CompressionOption {
  /** Limits on the memory and work that clients may cause. Default: `DEFAULT_SERVER_LIMITS`. */
  readonly limits?: Optional<ServerLimits> | undefined;
  /** Subprotocols that the server speaks. The client's order of preference decides. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * The origins that are accepted, serialized as browsers send them: `https://example.org`. `undefined` in the list
   * accepts clients that send no origin, which are not browsers. `"same"`, alone or in the list, accepts pages of the
   * host and port that the `Host` header names, so a proxy must pass that header on. Others get 403. Without the option
   * every origin is accepted, so any web site can connect with its visitor's cookies.
   */
  readonly origins?: AllowedOrigins | undefined;
  /**
   * What happens to a message that is published to a topic, for a subscriber that reads more slowly than this side
   * writes. `"send"`: it is sent as by `send`, up to the limit `maxBackpressureBytes`. `"skip"`: while the system takes
   * no more bytes for this socket, the message is left out. The handler `gap` is told when the socket can be sent to
   * again. Default `"send"`.
   */
  readonly slowSubscribers?: SlowSubscribers | undefined;
  /** Decides on each request. If it throws, the client gets 500 and the `error` handler the exception. */
  readonly upgrade?: UpgradeHook<Data, Incoming> | undefined;
  /**
   * Makes the `data` of each socket for which the answer of `upgrade` has none. Without it, `data` is undefined. If it
   * throws, the client gets 500 and the `error` handler the exception.
   */
  readonly data?: (() => Data) | undefined;
}

/** What happens to messages for a subscriber that reads slowly. */
export type SlowSubscribers = "send" | "skip";

export interface ResolvedServerOptions extends ResolvedSocketOptions {
  readonly limits: ServerLimits;
  readonly protocols: readonly string[];
  readonly origins: AllowedOrigins | undefined;
  readonly compression: boolean | CompressionOptions | undefined;
  readonly slowSubscribers: SlowSubscribers;
  readonly upgrade: UpgradeHook | undefined;
  readonly data: (() => unknown) | undefined;
}

const SERVER_LIMIT_READERS: Readers<Optional<ServerLimits>> = {
  ...SOCKET_LIMIT_READERS,
  maxContentBytes: integer(0, Number.POSITIVE_INFINITY),
  maxTotalContentBytes: integer(0, Number.POSITIVE_INFINITY),
  maxTopics: integer(0, Number.POSITIVE_INFINITY),
};

/** How options of a server are read. */
export const SERVER_READERS = {
  ...SOCKET_READERS,
  limits: group(SERVER_LIMIT_READERS),
  protocols: tokens,
  origins,
  compression: readCompression,
  slowSubscribers: oneOf<SlowSubscribers>("send", "skip"),
  upgrade: hook,
  data: callback,
} satisfies Readers<ServerOptions>;

/** Completes options that were read with the defaults. */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const { protocols = [], origins, compression, slowSubscribers = "send", upgrade, data } = options;
  const resolved = resolveSocketOptions(options);
  return {
    ...resolved,
    limits: completed(DEFAULT_SERVER_LIMITS, options.limits),
    protocols,
    origins,
    compression,
    slowSubscribers,
    upgrade,
    data,
  };
}
