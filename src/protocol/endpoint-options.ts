// The options of an endpoint: their types, their readers, and the resolved form.
import { type Host, portableHost } from "../host/host.js";
import * as layout from "../kernel/generated/layout.js";
import { KERNEL_NAMES, type KernelChoice } from "../kernel/load.js";
import type { MessagePath } from "./extensions/message-path.js";
import { type Limits, resolveLimits } from "./limits.js";
import { type MaskingKeySource, randomMaskingKey } from "./masking-key.js";
import { MAX_CONTROL_PAYLOAD_BYTES } from "./opcode.js";
import {
  anything,
  callback,
  flag,
  integer,
  milliseconds,
  type Optional,
  object,
  oneOf,
  type Readers,
  readOptions,
} from "./option-readers.js";

/** The role of an endpoint in the opening handshake. */
export type Role = "server" | "client";

/**
 * `closing` from this endpoint's Close frame on; `closed` once the closing handshake is over or the connection failed.
 */
export type EndpointState = "open" | "closing" | "closed";

/** The form in which text messages are reported: strings, or bytes of valid UTF-8. */
export type TextType = "string" | "bytes";

/** Options of an endpoint. */
export interface EndpointOptions {
  /** The role in the opening handshake. A client masks its frames, and a server accepts only masked frames. */
  readonly role: Role;
  /** Limits on the memory and work that the peer may cause. Default: `DEFAULT_LIMITS`. */
  readonly limits?: Optional<Limits> | undefined;
  /** Report messages in fragments as they arrive, instead of whole. Default false. */
  readonly fragments?: boolean | undefined;
  /** Hand out payloads as views that are valid until the handler returns. Default false: they are owned. */
  readonly borrow?: boolean | undefined;
  /** Report text messages as strings or as bytes of valid UTF-8. Default "string". */
  readonly textType?: TextType | undefined;
  /**
   * The kernel. Default: the one that the environment variable `WSIMD_KERNEL` names, else the fastest that this host
   * runs.
   */
  readonly kernel?: KernelChoice | undefined;
  /** The client role's masking keys. Default: the host's CSPRNG. */
  readonly maskingKey?: MaskingKeySource | undefined;
  /** A runtime's functions for text and memory. Default: portable JavaScript. */
  readonly host?: Host | undefined;
  /**
   * Milliseconds after which a call of `receive` or `receiveWindow` returns although messages are left, so that other
   * connections get their turn. `resume` goes on. Default: `Infinity`.
   */
  readonly turnMs?: number | undefined;
  /**
   * The most payload bytes of a frame that is sent, at least 125. Longer messages and fragments go out in several
   * frames (section 5.4). Default: `Infinity`.
   */
  readonly maxFrameBytes?: number | undefined;
  /**
   * Answer pings of the peer. With false, the application answers them by `pong`, as section 5.5.2 demands. Default
   * true.
   */
  readonly autoPong?: boolean | undefined;
  /**
   * An extension that was agreed on in the opening handshake: `agreed` of what `acceptExtensions` or `checkResponse`
   * returned for `serverDeflate` or `clientDeflate` of `wsimd/deflate`. Default: none.
   */
  readonly extension?: MessagePath | undefined;
}

/** Reads the only option that is required. */
export const readRole = oneOf<Role>("server", "client");

export const readKernel = oneOf<KernelChoice>("auto", ...KERNEL_NAMES);

export const readTextType = oneOf<TextType>("string", "bytes");

/** No control frame is longer than 125 bytes, so none must be split, which section 5.5 forbids. */
export const readMaxFrameBytes = integer(MAX_CONTROL_PAYLOAD_BYTES, Number.POSITIVE_INFINITY);

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
  maxFrameBytes: readMaxFrameBytes,
  autoPong: flag,
  extension: object,
};

/**
 * Options that were checked and completed. A server makes them once, and its connections share them: an
 * {@link EndpointOptions} that is one of these is taken as it is.
 */
export class ResolvedEndpointOptions implements EndpointOptions {
  readonly role: Role;
  readonly limits: Limits;
  readonly fragments: boolean;
  readonly borrow: boolean;
  readonly textType: TextType;
  readonly kernel?: KernelChoice;
  readonly maskingKey: MaskingKeySource;
  readonly host: Host;
  readonly turnMs: number;
  readonly maxFrameBytes: number;
  readonly autoPong: boolean;
  readonly extension?: MessagePath;
  /** Whether the endpoint answers events when its owner calls `react`, instead of at once. */
  readonly deferred: boolean;
  /** `DECODE_…` bits for the kernel. */
  readonly decodeFlags: number;
  /** The limit for the payload length of an encoded message on the wire, before an extension decodes it. */
  readonly maxEncodedBytes: number;
  /** `limits.maxFragments` as a kernel takes it. */
  readonly maxCountedFragments: number;

  /**
   * @param uncheckedText - whether text is taken although it is not UTF-8, which breaks section 8.1
   * @throws TypeError or RangeError for options that make no sense
   */
  constructor(given: EndpointOptions, deferred = false, uncheckedText = false) {
    const options = readOptions(given, READERS);
    this.role = readRole(options.role, "role");
    this.limits = resolveLimits(options.limits);
    this.fragments = options.fragments ?? false;
    // The events of a deferred endpoint outlive the call.
    this.borrow = options.borrow === true && !deferred;
    this.textType = options.textType ?? "string";
    if (options.kernel !== undefined) this.kernel = options.kernel;
    this.maskingKey = options.maskingKey ?? randomMaskingKey;
    this.host = options.host ?? portableHost;
    this.turnMs = deferred ? Number.POSITIVE_INFINITY : (options.turnMs ?? Number.POSITIVE_INFINITY);
    this.maxFrameBytes = options.maxFrameBytes ?? Number.POSITIVE_INFINITY;
    this.autoPong = options.autoPong ?? true;
    if (options.extension !== undefined) this.extension = options.extension;
    this.deferred = deferred;
    this.decodeFlags =
      (this.role === "client" ? layout.DECODE_FROM_SERVER : 0) |
      (uncheckedText ? layout.DECODE_UNCHECKED_TEXT : 0) |
      (this.extension === undefined ? 0 : layout.DECODE_RSV1);
    const { maxMessageBytes, maxFragments } = this.limits;
    this.maxCountedFragments = Math.min(maxFragments, layout.UNLIMITED_FRAGMENTS);
    this.maxEncodedBytes = this.extension?.maxEncodedBytes(maxMessageBytes) ?? maxMessageBytes;
  }
}
