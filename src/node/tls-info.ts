// The TLS parameters of a socket of Node's.
import type { TLSSocket } from "node:tls";
import type { TlsInfo } from "../adapter/transport.js";

/** Reads the socket on access. */
export class SocketTlsFacts implements TlsInfo {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get serverName(): string | undefined {
    // Node's types lack this member. It is false or null if there is none.
    return nameIn(Reflect.get(this.#socket, "servername"));
  }

  get alpnProtocol(): string | undefined {
    return nameIn(this.#socket.alpnProtocol);
  }

  get peerCertificate(): Uint8Array | undefined {
    const certificate = this.#socket.getPeerX509Certificate();
    return certificate === undefined ? undefined : new Uint8Array(certificate.raw);
  }

  get authorized(): boolean {
    return this.#socket.authorized;
  }
}

function nameIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
