// Says in one line why `wsimd connect` has no connection, or has it no longer.
import { STATUS_CODES } from "node:http";
import { HandshakeError } from "../adapter/client/handshake-error.js";
import { CloseCode } from "../protocol/close-code.js";
import type { CloseEvent } from "../protocol/events.js";
import { CliError, describeError, errorCode, UsageError } from "./command.js";
import { visible } from "./visible.js";

/** The number of characters of an answer's content that are shown. */
const SHOWN_CHARACTERS = 200;

/** Codes of errors for a certificate that is not trusted. */
const UNTRUSTED = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_)/;

/** @param where - the place that was not reached */
export function connectError(error: unknown, where: string): CliError {
  if (error instanceof CliError) return error;
  // Messages that can't be sent were refused before a byte was sent.
  if (error instanceof TypeError || error instanceof RangeError) return new UsageError(error.message);
  return new CliError(`can't connect to ${where}: ${describeFailure(error)}`);
}

/** How a connection ended that did not end well. */
export function describeClose({ code, reason, failure, cause }: CloseEvent): string {
  if (failure !== undefined) {
    return `the connection failed with ${failure.closeCode}: ${failure.message} (RFC 6455 section ${failure.section})`;
  }
  if (code === CloseCode.ABNORMAL) {
    return `the connection was lost without a Close (1006)${cause === undefined ? "" : `: ${describeError(cause)}`}`;
  }
  return `the server closed the connection with ${code}${reason === "" ? "" : `: ${visible(reason)}`}`;
}

/** Why an attempt to connect failed. */
export function describeFailure(error: unknown): string {
  if (error instanceof HandshakeError) return describeAnswer(error);
  const code = errorCode(error);
  if (code === "ECONNREFUSED") return "connection refused";
  if (code !== undefined && UNTRUSTED.test(code)) return `${describeError(error)}; see --ca and --insecure`;
  return describeError(error);
}

/** The status, the place that a redirect leads to, and the beginning of the content, or what was wrong with the answer. */
function describeAnswer(error: HandshakeError): string {
  const { code, status, headers, text, message } = error;
  const content = text.replace(/\s+/g, " ").trim();
  const shown = content === "" ? "" : `: ${visible(shortened(content))}`;
  if (status === undefined) return visible(message);
  if (code === "PROXY_REFUSED") return `${visible(message)}${shown}`;
  const phrase = STATUS_CODES[status];
  const answer = `the server answered ${status}${phrase === undefined ? "" : ` ${phrase}`}`;
  if (code !== "UNEXPECTED_STATUS") return `${answer}, but ${visible(message)}`;
  const location = headers?.get("Location");
  return `${answer}${location === undefined ? "" : ` to ${visible(location)}`}${shown}`;
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= SHOWN_CHARACTERS ? text : `${characters.slice(0, SHOWN_CHARACTERS).join("")}…`;
}
