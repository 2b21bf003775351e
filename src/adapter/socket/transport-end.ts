// Why wsimd ended a transport by itself: the cause in a close event.

/** The reasons for which wsimd ends a transport without a violation by the peer. */
export type TransportEndCode =
  /** No byte came within `pingTimeoutMs` after a ping. */
  | "PING_TIMEOUT"
  /** The closing handshake took longer than `closeMs`, or than the `timeoutMs` of the server's `close`. */
  | "CLOSE_TIMEOUT"
  /** The peer took no byte of the output that waits for it within `writeMs`. */
  | "WRITE_TIMEOUT";

/** The cause in a close event when wsimd gave up waiting for the peer. */
export class TransportEnd extends Error {
  /** `"TransportEnd"`. */
  override readonly name = "TransportEnd";
  /** Which time-out ran out, for programs. */
  readonly code: TransportEndCode;

  constructor(code: TransportEndCode, message: string) {
    super(message);
    this.code = code;
  }
}
