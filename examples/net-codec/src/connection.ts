// One connection to a server: the opening handshake, messages, time-outs, back-pressure and the end.
import type { Socket } from "node:net";
import { type CloseEvent, Connection } from "wsimd";
import { buildAccept, buildRefusal, checkUpgrade, HeadParser, type RefusalOptions } from "wsimd/handshake";

export interface ConnectionSettings {
  /** The longest time for the head of the request. */
  readonly headMs: number;
  /** Silence of the client after which it gets a ping. After the same time again, its connection is given up. */
  readonly idleMs: number;
  /** The longest time for the end of a connection. */
  readonly closeMs: number;
  message(message: string | Uint8Array): void;
  /** @param event - undefined if there was no WebSocket yet */
  closed(event: CloseEvent | undefined): void;
}

export class ServerConnection {
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #parser = new HeadParser("request");
  readonly #codec = new Connection({ role: "server", limits: { maxMessageBytes: 1 << 20 } });
  #phase: "head" | "messages" | "closing" = "head";
  #closeEvent: CloseEvent | undefined;
  #timer: NodeJS.Timeout;
  /** Whether a ping was sent since the client was last heard of. */
  #pinged = false;
  /** Bytes that the client had not taken when this was looked at last. */
  #unread = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#timer = setTimeout(() => this.#refuse({ status: 408 }), settings.headMs);
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("end", () => this.#clientEnded());
    socket.on("drain", () => this.#drained());
    // The event "close" follows. A reset by the client is no error of the server.
    socket.on("error", () => {});
    socket.on("close", () => this.#closed());
  }

  /** Sends a message. It is dropped if the connection is no longer open. */
  send(message: string | Uint8Array): void {
    if (this.#phase !== "messages" || this.#codec.state !== "open") return;
    if (typeof message === "string") this.#codec.sendText(message);
    else this.#codec.sendBinary(message);
    this.#flush();
  }

  /** Starts the closing handshake, and gives the client `closeMs` for its part. */
  close(code: number, reason: string): void {
    if (this.#phase === "head") this.#refuse({ status: 503 });
    if (this.#phase !== "messages") return;
    this.#codec.close(code, reason);
    this.#flush();
    this.#limitEnd();
  }

  #received(chunk: Uint8Array): void {
    if (this.#phase === "head") this.#readHead(chunk);
    else if (this.#phase === "messages") this.#readMessages(chunk);
  }

  #readHead(chunk: Uint8Array): void {
    const result = this.#parser.push(chunk);
    if (result.type === "more") return;
    if (result.type === "failed") {
      this.#refuse(result);
      return;
    }
    const request = checkUpgrade(result.head);
    if (request.type === "refusal") {
      this.#refuse(request);
      return;
    }
    this.#socket.write(buildAccept(request));
    this.#phase = "messages";
    this.#startIdle();
    this.#readMessages(result.rest);
  }

  #refuse(refusal: RefusalOptions): void {
    this.#phase = "closing";
    this.#socket.end(buildRefusal(refusal, Date.now()));
    this.#limitEnd();
  }

  #readMessages(chunk: Uint8Array): void {
    if (this.#codec.state === "open") this.#startIdle();
    for (const event of this.#codec.receive(chunk)) {
      if (event.type === "text") this.#settings.message(event.text);
      else if (event.type === "binary") this.#settings.message(event.payload);
      else if (event.type === "close") this.#closeEvent = event;
    }
    this.#flush();
  }

  /** Writes what the codec has for the client, unless the client must read first. */
  #flush(): void {
    if (this.#socket.writableNeedDrain) {
      // A client that does not read its answers has to wait with its questions.
      this.#socket.pause();
      return;
    }
    for (const bytes of this.#codec.takeOutput()) this.#socket.write(bytes);
    if (this.#codec.closeExpected && this.#phase === "messages") {
      this.#phase = "closing";
      this.#socket.end();
      this.#socket.resume();
      this.#limitEnd();
    }
  }

  #drained(): void {
    if (this.#phase === "messages") this.#flush();
    if (this.#socket.writableNeedDrain) return;
    this.#unread = Number.POSITIVE_INFINITY;
    this.#socket.resume();
  }

  #clientEnded(): void {
    if (this.#phase === "messages") this.#end();
    this.#socket.end();
    this.#limitEnd();
  }

  #closed(): void {
    clearTimeout(this.#timer);
    if (this.#phase === "messages") this.#end();
    this.#settings.closed(this.#closeEvent);
  }

  /** Tells the codec that nothing more comes. */
  #end(): void {
    this.#phase = "closing";
    for (const event of this.#codec.end()) if (event.type === "close") this.#closeEvent = event;
  }

  #startIdle(): void {
    this.#pinged = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#idle(), this.#settings.idleMs);
  }

  #idle(): void {
    if (this.#socket.isPaused()) {
      // Silence says nothing while the client is not read. It must read its answers instead.
      const { writableLength } = this.#socket;
      if (writableLength >= this.#unread) this.#socket.destroy();
      else this.#startIdle();
      this.#unread = writableLength;
      return;
    }
    if (this.#pinged) {
      this.#socket.destroy();
      return;
    }
    this.#pinged = true;
    this.#codec.ping();
    this.#flush();
    this.#timer = setTimeout(() => this.#idle(), this.#settings.idleMs);
  }

  #limitEnd(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.destroy(), this.#settings.closeMs);
  }
}
