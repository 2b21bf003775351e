// What a TLS socket of Node's knows of its connection.
import type { TLSSocket } from "node:tls";
import type { TlsInfo } from "../adapter/transport.js";

/** Looks at the socket when it is asked. */
export class SocketTlsFacts implements TlsInfo {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.#socket = socket;
  }

  get serverName(): string | undefined {
    // The types leave it out. False or null if there is none.
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
