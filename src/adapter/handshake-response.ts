// The head of an answer to an opening handshake, for the application.
import type { HeaderList } from "../http/header-list.js";

/** Status and headers of an answer to an opening handshake. */
export interface HandshakeResponse {
  /** The status code, 101 if it opens the connection. */
  readonly status: number;
  /** As they were sent. */
  readonly headers: HeaderList;
}
