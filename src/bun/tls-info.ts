// What a socket of Bun's with TLS knows of its connection.
import type { TlsInfo } from "../adapter/transport.js";
import type { BunSocket } from "./bun.js";

/** Looks at the socket when it is asked. */
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
    // Bun lets a client pass that sent no certificate at all.
    return this.#socket.authorized === true && this.peerCertificate !== undefined;
  }
}
