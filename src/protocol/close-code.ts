// The status codes of Close frames (section 7.4).
/** Status codes of RFC 6455 section 7.4.1 and of the IANA registry it founded. */
export const CloseCode = {
  /** The purpose of the connection is fulfilled. */
  NORMAL: 1000,
  /** The endpoint goes away: a server that stops, a page that is left. */
  GOING_AWAY: 1001,
  /** The peer broke a rule of the protocol. */
  PROTOCOL_ERROR: 1002,
  /** The peer sent a type of data that this endpoint does not take. */
  UNSUPPORTED_DATA: 1003,
  /** Never on the wire: the Close frame had no status code. */
  NO_STATUS: 1005,
  /** Never on the wire: the connection ended without a Close frame. */
  ABNORMAL: 1006,
  /** A message's content does not fit its type: text that is not UTF-8. */
  INVALID_PAYLOAD: 1007,
  /** The peer broke a rule of the application, which no other code names. */
  POLICY_VIOLATION: 1008,
  /** A message is over the limit. */
  MESSAGE_TOO_BIG: 1009,
  /** From a client: the server did not agree to an extension that the client needs. */
  MANDATORY_EXTENSION: 1010,
  /** An unexpected condition, such as an internal error, kept the endpoint from going on. */
  INTERNAL_ERROR: 1011,
  /** The server restarts: clients may reconnect after a while. */
  SERVICE_RESTART: 1012,
  /** The server has too much to do. */
  TRY_AGAIN_LATER: 1013,
  /** The server is a gateway, and got an invalid response from the upstream server. */
  BAD_GATEWAY: 1014,
  /** Never on the wire: the TLS handshake failed. */
  TLS_HANDSHAKE: 1015,
} as const;

/** The longest reason of a Close frame, in bytes of UTF-8: a control frame's 125 less the status code. */
export const MAX_REASON_BYTES = 123;

/**
 * Tells whether a status code may stand in a Close frame (section 7.4): 1000-1003, 1007-1014 and 3000-4999.
 * 1004 is reserved; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame by an endpoint".
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
  return code >= 3000 && code <= 4999;
}
