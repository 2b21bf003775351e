// The types of workerd's module `cloudflare:sockets`.

/** The sockets of workerd, as far as they are used here. */
declare module "cloudflare:sockets" {
  interface SocketAddress {
    readonly hostname: string;
    readonly port: number;
  }

  interface SocketInfo {
    /** With its port. */
    readonly remoteAddress?: string | null;
  }

  interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly opened: Promise<SocketInfo>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  }

  /** @throws Error or TypeError if there may be no connection to this address */
  export function connect(
    address: SocketAddress,
    options: { readonly secureTransport: "on" | "off"; readonly allowHalfOpen: boolean },
  ): Socket;
}
