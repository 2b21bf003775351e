import { type Host, portableHost } from "../host/host.js";
import { KERNEL_NAMES, type KernelChoice } from "../kernel/load.js";
import { type Limits, resolveLimits } from "./limits.js";
import { type MaskingKeySource, randomMaskingKey } from "./masking-key.js";
import {
  anything,
  callback,
  flag,
  milliseconds,
  object,
  oneOf,
  type Readers,
  readOptions,
} from "./option-readers.js";

/** Which side of the opening handshake an endpoint was. */
export type Role = "server" | "client";

/** `closing` from this endpoint's Close frame on; `closed` once the closing handshake is over or the connection failed. */
export type EndpointState = "open" | "closing" | "closed";

/** The form in which text messages are reported: strings, or bytes of valid UTF-8. */
export type TextType = "string" | "bytes";

/** Options of an endpoint. */
export interface EndpointOptions {
  /** Which side of the opening handshake it was: clients mask what they send, and servers demand that. */
  readonly role: Role;
  /** What the peer may make it hold. Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** Report messages in fragments as they arrive, instead of whole. Default false. */
  readonly fragments?: boolean;
  /** Hand out payloads as views that are valid until the handler returns. Default false: they are owned. */
  readonly borrow?: boolean;
  /** Report text messages as strings or as bytes of valid UTF-8. Default "string". */
  readonly textType?: TextType;
  /** Default: what the environment variable `WSIMD_KERNEL` says, else the fastest that this host runs. */
  readonly kernel?: KernelChoice;
  /** The client role's masking keys. Default: the host's CSPRNG. */
  readonly maskingKey?: MaskingKeySource;
  /** What this host does faster than portable JavaScript. Default: nothing. */
  readonly host?: Host;
  /**
   * Milliseconds after which a call of `receive` or `receiveWindow` returns although messages are left, so that one connection
   * does not keep the others waiting; `resume` goes on. Default: `Infinity`.
   */
  readonly turnMs?: number;
}

export interface ResolvedEndpointOptions {
  readonly role: Role;
  readonly limits: Limits;
  readonly fragments: boolean;
  readonly borrow: boolean;
  readonly textType: TextType;
  readonly kernel: KernelChoice | undefined;
  readonly maskingKey: MaskingKeySource;
  readonly host: Host;
  readonly turnMs: number;
}

/** The one option that must be there. */
export const readRole = oneOf<Role>("server", "client");

export const readKernel = oneOf<KernelChoice>("auto", ...KERNEL_NAMES);

export const readTextType = oneOf<TextType>("string", "bytes");

const READERS: Readers<EndpointOptions> = {
  role: readRole,
  limits: anything,
  fragments: flag,
  borrow: flag,
  textType: readTextType,
  kernel: readKernel,
  maskingKey: callback,
  host: object,
  turnMs: milliseconds,
};

/** @throws TypeError or RangeError for options that make no sense */
export function resolveEndpointOptions(given: EndpointOptions): ResolvedEndpointOptions {
  const options = readOptions(given, READERS);
  const { kernel, host = portableHost, fragments = false, borrow = false, textType = "string" } = options;
  const { maskingKey = randomMaskingKey, turnMs = Number.POSITIVE_INFINITY } = options;
  const role = readRole(options.role, "role");
  const limits = resolveLimits(options.limits);
  return { role, limits, fragments, borrow, textType, kernel, maskingKey, host, turnMs };
}
