// The catalogue of failures, and the error of calls in a wrong state.
import * as layout from "../kernel/generated/layout.js";

/** A kind of failure: the status code that is sent, and the rule that was broken. */
export interface FailureDefinition {
  /** Status code of the Close frame that is sent. */
  readonly closeCode: number;
  /** Section of RFC 6455 that the rule stands in. */
  readonly section: string;
  /** A description, which is never sent. */
  readonly message: string;
}

const DEFINITIONS = {
  RESERVED_BITS: { closeCode: 1002, section: "5.2", message: "RSV1, RSV2 or RSV3 set without an extension" },
  RESERVED_OPCODE: { closeCode: 1002, section: "5.2", message: "reserved opcode" },
  CONTROL_FRAGMENTED: { closeCode: 1002, section: "5.5", message: "fragmented control frame" },
  UNEXPECTED_CONTINUATION: { closeCode: 1002, section: "5.4", message: "continuation without a message" },
  EXPECTED_CONTINUATION: {
    closeCode: 1002,
    section: "5.4",
    message: "new message inside of a fragmented one",
  },
  TOO_MANY_FRAGMENTS: { closeCode: 1008, section: "10.4", message: "too many fragments" },
  NOT_MASKED: { closeCode: 1002, section: "5.1", message: "unmasked frame from a client" },
  MASKED: { closeCode: 1002, section: "5.1", message: "masked frame from a server" },
  CONTROL_TOO_LONG: { closeCode: 1002, section: "5.5", message: "control frame over 125 bytes" },
  CLOSE_LENGTH: { closeCode: 1002, section: "5.5.1", message: "Close frame with half a status code" },
  LENGTH_TOP_BIT: { closeCode: 1002, section: "5.2", message: "top bit set in a 64-bit payload length" },
  LENGTH_NOT_MINIMAL: { closeCode: 1002, section: "5.2", message: "payload length not in its shortest form" },
  MESSAGE_TOO_LONG: { closeCode: 1009, section: "10.4", message: "message over the limit" },
  INVALID_UTF8: { closeCode: 1007, section: "8.1", message: "text that is not UTF-8" },
  CLOSE_CODE: { closeCode: 1002, section: "7.4", message: "status code that must not be sent" },
  CLOSE_REASON: { closeCode: 1007, section: "8.1", message: "Close reason that is not UTF-8" },
  EXTENSION_DATA: {
    closeCode: 1007,
    section: "7.4.1",
    message: "payload that the extension can't decode",
  },
  BACKPRESSURE: { closeCode: 1013, section: "10.4", message: "output over the back-pressure limit" },
  APPLICATION: { closeCode: 1008, section: "7.1.7", message: "failed by the application" },
  INTERNAL: { closeCode: 1011, section: "7.4.1", message: "internal error" },
} satisfies Record<string, FailureDefinition>;

/** The kind of a failure, see {@link FAILURES}. */
export type FailureCode = keyof typeof DEFINITIONS;

/** The catalogue of the ways in which a connection fails, each with its status code. */
export const FAILURES: Readonly<Record<FailureCode, FailureDefinition>> = DEFINITIONS;

/** A limit, and by how much it was exceeded. */
export interface ExceededLimit {
  /** The option of `limits`. */
  readonly name: "maxMessageBytes" | "maxFragments" | "maxBackpressureBytes";
  /** Its value. */
  readonly value: number;
  /**
   * The number that exceeds it: payload bytes of the message, as far as the headers of its frames have announced them;
   * frames of the message so far; or bytes that wait for the peer. It is exact up to 2^53.
   */
  readonly actual: number;
}

/** Why a connection failed (*Fail the WebSocket Connection*, section 7.1.7). */
export interface Failure {
  /** Which of {@link FAILURES} it is. */
  readonly code: FailureCode;
  /** Status code of the Close frame that was sent. */
  readonly closeCode: number;
  /** Section of RFC 6455 that the rule stands in. */
  readonly section: string;
  /** Bytes received on this connection before the one that broke the rule. */
  readonly offset: number;
  /** A description. It is sent only if it is the application's own reason. */
  readonly message: string;
  /** For `INTERNAL`: the exception. */
  readonly cause?: unknown;
  /** The limit that was exceeded, if one of the options was. */
  readonly limit?: ExceededLimit;
}

/** The facts of one failure, besides those of the catalogue. */
export interface FailureDetails {
  /** The exception that caused it. */
  readonly cause?: unknown;
  /** The limit that was exceeded. */
  readonly limit?: ExceededLimit | undefined;
}

/** Builds the {@link Failure} of a catalogue entry. */
export function failure(code: FailureCode, offset: number, { cause, limit }: FailureDetails = {}): Failure {
  return {
    ...{ code, ...FAILURES[code], offset },
    ...(cause === undefined ? {} : { cause }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** The catalogue code of a failure that an exceeded limit causes. */
export const LIMIT_FAILURES: Readonly<Record<ExceededLimit["name"], FailureCode>> = {
  maxMessageBytes: "MESSAGE_TOO_LONG",
  maxFragments: "TOO_MANY_FRAGMENTS",
  maxBackpressureBytes: "BACKPRESSURE",
};

/** A rule or limit that received bytes break. */
export interface Violation {
  readonly code: FailureCode;
  /** The byte of the frame's header that breaks the rule, or the status code of a Close frame that does. */
  readonly found?: number | undefined;
  readonly limit?: ExceededLimit | undefined;
}

/** The catalogue code of each violation that a kernel reports. */
const VIOLATION_CODES: Readonly<Record<number, FailureCode>> = {
  [layout.VIOLATION_RESERVED_BITS]: "RESERVED_BITS",
  [layout.VIOLATION_RESERVED_OPCODE]: "RESERVED_OPCODE",
  [layout.VIOLATION_CONTROL_FRAGMENTED]: "CONTROL_FRAGMENTED",
  [layout.VIOLATION_UNEXPECTED_CONTINUATION]: "UNEXPECTED_CONTINUATION",
  [layout.VIOLATION_EXPECTED_CONTINUATION]: "EXPECTED_CONTINUATION",
  [layout.VIOLATION_TOO_MANY_FRAGMENTS]: "TOO_MANY_FRAGMENTS",
  [layout.VIOLATION_NOT_MASKED]: "NOT_MASKED",
  [layout.VIOLATION_MASKED]: "MASKED",
  [layout.VIOLATION_CONTROL_TOO_LONG]: "CONTROL_TOO_LONG",
  [layout.VIOLATION_CLOSE_LENGTH]: "CLOSE_LENGTH",
  [layout.VIOLATION_LENGTH_TOP_BIT]: "LENGTH_TOP_BIT",
  [layout.VIOLATION_LENGTH_NOT_MINIMAL]: "LENGTH_NOT_MINIMAL",
  [layout.VIOLATION_MESSAGE_TOO_LONG]: "MESSAGE_TOO_LONG",
  [layout.VIOLATION_INVALID_UTF8]: "INVALID_UTF8",
};

/** The catalogue code of a kernel's violation number; `INTERNAL` for a number that no kernel should report. */
export function violationCode(violation: number): FailureCode {
  return VIOLATION_CODES[violation] ?? "INTERNAL";
}

/** A call that the state of the connection does not allow: a caller's mistake, thrown before anything changes. */
export class InvalidStateError extends Error {
  /** `"InvalidStateError"`. */
  override readonly name = "InvalidStateError";
}
