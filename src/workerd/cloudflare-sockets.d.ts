// The types of workerd's module `cloudflare:sockets`.

/** The members of workerd's sockets that are used here. */
declare module "cloudflare:sockets" {
  interface SocketAddress {
    readonly hostname: string;
    readonly port: number;
  }

  interface SocketInfo {
    /** The address with its port. */
    readonly remoteAddress?: string | null;
  }

  interface Socket {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
    readonly opened: Promise<SocketInfo>;
    readonly closed: Promise<void>;
    close(): Promise<void>;
  }

  /** @throws Error or TypeError if a connection to this address is not allowed */
  export function connect(
    address: SocketAddress,
    options: { readonly secureTransport: "on" | "off"; readonly allowHalfOpen: boolean },
  ): Socket;
}
