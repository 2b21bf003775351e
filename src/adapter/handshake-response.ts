// The head of an answer to an opening handshake, as an application gets to see it.
import type { HeaderList } from "../handshake/index.js";

/** Status and headers of an answer to an opening handshake. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: HeaderList;
}
