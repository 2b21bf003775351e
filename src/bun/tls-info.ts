// The TLS parameters of a socket of Bun's.
import type { TlsInfo } from "../adapter/transport.js";
import type { BunSocket } from "./bun.js";

/** Reads the socket on access. */
export class BunTlsFacts implements TlsInfo {
  readonly #socket: BunSocket<unknown>;

  constructor(socket: BunSocket<unknown>) {
    this.#socket = socket;
  }

  get serverName(): string | undefined {
    return this.#socket.getServername?.() || undefined;
  }

  get alpnProtocol(): string | undefined {
    return this.#socket.alpnProtocol || undefined;
  }

  get peerCertificate(): Uint8Array | undefined {
    const raw = this.#socket.getPeerCertificate?.()?.raw;
    return raw === undefined ? undefined : new Uint8Array(raw);
  }

  get authorized(): boolean {
    // Bun counts a client that sent no certificate as authorized.
    return this.#socket.authorized === true && this.peerCertificate !== undefined;
  }
}
