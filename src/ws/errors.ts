// The errors of a connection: for each rule that a peer breaks, the error that the event 'error' reports.
import { constants } from "node:zlib";
import type { FailureCode, Violation } from "../protocol/errors.js";
import { LENGTH_BITS, OPCODE_BITS, RSV_BITS, RSV1 } from "../protocol/opcode.js";
import { kStatusCode } from "./constants.js";

/** An error with a code of its own, and the status code of the Close frame that answers it. */
export interface ConnectionError extends Error {
  readonly code: string;
  readonly [kStatusCode]: number;
}

/** How a violation is reported. */
interface Report {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const PREFIX = "Invalid WebSocket frame: ";

const TOO_LARGE: Report = {
  status: 1009,
  code: "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH",
  message: "Unsupported WebSocket frame: payload length > 2^53 - 1",
};

/** Makes the error of a rule that the peer has broken. */
export function violationError(violation: Violation): ConnectionError {
  const { status, code, message } = reportOf(violation);
  const ErrorClass = hasErrorClass(violation.code) ? Error : RangeError;
  const error = connectionError(new ErrorClass(message), code, status);
  // As errors of zlib have it.
  return violation.code === "EXTENSION_DATA"
    ? Object.assign(error, { errno: constants.Z_DATA_ERROR })
    : error;
}

/** Gives an error its code, and the status code of the Close frame that answers it. */
export function connectionError(error: Error, code: string, status: number): ConnectionError {
  return Object.assign(error, { code, [kStatusCode]: status });
}

/** The error of an exception inside of this package. */
export function internalError(cause: unknown): ConnectionError {
  const error = new Error("the connection failed by an internal error", { cause });
  return connectionError(error, "WS_ERR_INTERNAL", 1011);
}

/** Errors about the content of a payload are no range errors. */
function hasErrorClass(code: FailureCode): boolean {
  return code === "INVALID_UTF8" || code === "CLOSE_REASON" || code === "EXTENSION_DATA";
}

function reportOf({ code, found = 0, limit }: Violation): Report {
  switch (code) {
    case "RESERVED_BITS":
      return (found & RSV_BITS) === RSV1
        ? header("WS_ERR_UNEXPECTED_RSV_1", "RSV1 must be clear")
        : header("WS_ERR_UNEXPECTED_RSV_2_3", "RSV2 and RSV3 must be clear");
    case "RESERVED_OPCODE":
    case "UNEXPECTED_CONTINUATION":
    case "EXPECTED_CONTINUATION":
      return header("WS_ERR_INVALID_OPCODE", `invalid opcode ${found & OPCODE_BITS}`);
    case "CONTROL_FRAGMENTED":
      return header("WS_ERR_EXPECTED_FIN", "FIN must be set");
    case "NOT_MASKED":
      return header("WS_ERR_EXPECTED_MASK", "MASK must be set");
    case "MASKED":
      return header("WS_ERR_UNEXPECTED_MASK", "MASK must be clear");
    case "CONTROL_TOO_LONG":
    case "CLOSE_LENGTH":
      return header("WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", `invalid payload length ${found & LENGTH_BITS}`);
    case "LENGTH_TOP_BIT":
      return TOO_LARGE;
    case "LENGTH_NOT_MINIMAL":
      return header("WS_ERR_LENGTH_NOT_MINIMAL", "the payload length must be in its shortest form");
    case "MESSAGE_TOO_LONG":
      if (limit !== undefined && limit.actual > Number.MAX_SAFE_INTEGER) return TOO_LARGE;
      return {
        status: 1009,
        code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
        message: "Max payload size exceeded",
      };
    case "TOO_MANY_FRAGMENTS":
      return { status: 1008, code: "WS_ERR_TOO_MANY_BUFFERED_PARTS", message: "Too many message fragments" };
    case "INVALID_UTF8":
    case "CLOSE_REASON":
      return { status: 1007, code: "WS_ERR_INVALID_UTF8", message: `${PREFIX}invalid UTF-8 sequence` };
    case "CLOSE_CODE":
      return header("WS_ERR_INVALID_CLOSE_CODE", `invalid status code ${found}`);
    case "EXTENSION_DATA":
      return { status: 1007, code: "Z_DATA_ERROR", message: "invalid compressed data" };
    default:
      return { status: 1011, code: "WS_ERR_INTERNAL", message: "the connection failed by an internal error" };
  }
}

function header(code: string, message: string): Report {
  return { status: 1002, code, message: PREFIX + message };
}

/** What callbacks of frames get that were not written before the transport ended. */
export function connectionLost(): Error {
  const error = new Error("Cannot call write after a stream was destroyed");
  return Object.assign(error, { code: "ERR_STREAM_DESTROYED" });
}
