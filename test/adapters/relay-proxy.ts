// An HTTP proxy on loopback for tests, which connects every tunnel to one machine.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsFiles } from "./adapter.js";

/** A proxy that connects to wherever it is asked to, whichever name that has on this machine. */
export class RelayProxy {
  /** The heads of all requests. */
  readonly heads: string[] = [];
  readonly #server: Server;
  readonly #secure: boolean;
  readonly #sockets = new Set<Socket>();

  private constructor(tls: TlsFiles | undefined) {
    this.#secure = tls !== undefined;
    const serve = (socket: Socket): void => void this.#serve(socket);
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  }

  /** @param tls - speaks TLS with its clients */
  static async listen(tls?: TlsFiles): Promise<RelayProxy> {
    const proxy = new RelayProxy(tls);
    await once(proxy.#server.listen(0, "127.0.0.1"), "listening");
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `${this.#secure ? "https" : "http"}://localhost:${address.port}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      const [chunk]: Buffer[] = await once(client, "data");
      head += String(chunk);
    }
    this.heads.push(head);
    const port = Number(/^CONNECT \S+:(\d+) /.exec(head)?.[1]);
    const server = connect(port, "127.0.0.1");
    this.#keep(server);
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    client.pipe(server).pipe(client);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }
}
