// The demo's server: its visitors, and their messages to each other.
import type { Server as HttpServer } from "node:http";
import {
  type AttachOptions,
  attach,
  CloseCode,
  type Handlers,
  type HandshakeRequest,
  type Server,
  type Socket,
  socketInternals,
  type UpgradeResult,
} from "../../node/index.js";
import { reportError } from "../listening.js";
import { browserOf } from "./browser-name.js";
import { CompressionMeter } from "./compression-meter.js";
import { parseSay, type ServerMessage } from "./messages.js";
import { RateMeter, TICKS_PER_SECOND, Visitor } from "./visitor.js";

/** The most clients. Each is told of each, so the traffic grows with the square of their number. */
const MAX_CLIENTS = 100;

/** The WebSocket side of the demo: it knows its clients, sends each the list of all, and passes their messages on. */
export class Hub implements Handlers<Visitor> {
  readonly #server: Server;
  readonly #sockets = new Map<number, Socket<Visitor>>();
  readonly #meter = new RateMeter();
  readonly #compression = new CompressionMeter();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(httpServer: HttpServer) {
    const options: AttachOptions = {
      limits: { maxMessageBytes: 64 * 1024 },
      compression: true,
      // A client that does not keep up misses some numbers, which would be outdated when it read them.
      backpressure: "drop",
      upgrade: (request) => this.#verify(request),
    };
    this.#server = attach(httpServer, options, this);
    this.#timer = setInterval(() => this.#tick(), 1000 / TICKS_PER_SECOND);
  }

  /** Closes every connection with 1001. */
  async shutDown(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.resume();
    await this.#server.close({ code: CloseCode.GOING_AWAY, reason: "the demo ends" });
  }

  open(socket: Socket<Visitor>): void {
    this.#sockets.set(socket.id, socket);
    this.#tell(socket, { type: "welcome", you: socket.id, kernel: socketInternals(socket).kernel });
    this.#ping(socket);
  }

  message(socket: Socket<Visitor>, data: string | Uint8Array): void {
    this.#meter.count();
    const visitor = socket.data;
    if (!visitor.count(data.length)) socket.pause();
    if (typeof data === "string") this.#said(socket, data);
    else if (socket.send(data) === "buffered") {
      visitor.backlogged = true;
      socket.pause();
    }
  }

  drain(socket: Socket<Visitor>): void {
    socket.data.backlogged = false;
    if (socket.data.readable) socket.resume();
  }

  pong(socket: Socket<Visitor>): void {
    socket.data.ponged();
  }

  close(socket: Socket<Visitor>): void {
    this.#sockets.delete(socket.id);
    this.#compression.ended(socket);
  }

  error(socket: Socket<Visitor> | undefined, error: unknown): void {
    reportError(socket, error);
  }

  #said(socket: Socket<Visitor>, json: string): void {
    const say = parseSay(json);
    if (say === undefined) {
      socket.close(CloseCode.POLICY_VIOLATION, 'not a {"type":"say","to":…,"text":…}');
      return;
    }
    if (!socket.data.takeText()) {
      this.#tell(socket, { type: "refused", reason: "Too many messages at once: wait a moment." });
      return;
    }
    const { to, text } = say;
    const said = { type: "said", from: socket.id, to, text } as const;
    if (to === null) {
      this.#tellAll(said);
      return;
    }
    const receiver = this.#sockets.get(to);
    if (receiver === undefined) {
      this.#tell(socket, { type: "refused", reason: `Client ${to} is gone.` });
      return;
    }
    this.#tell(receiver, said);
    if (receiver !== socket) this.#tell(socket, said);
  }

  #tick(): void {
    this.#meter.tick();
    this.#ticks++;
    const clients = [];
    for (const socket of this.#sockets.values()) {
      const visitor = socket.data;
      visitor.tick();
      if (visitor.readable) socket.resume();
      if (this.#ticks % TICKS_PER_SECOND === 0) this.#ping(socket);
      clients.push(visitor.info(socket));
    }
    if (clients.length === 0) return;
    const compression = this.#compression.total(this.#sockets.values());
    this.#tellAll({ type: "stats", rate: this.#meter.perSecond, compression, clients });
  }

  #ping(socket: Socket<Visitor>): void {
    socket.data.pinged();
    socket.ping();
  }

  #tell(socket: Socket<Visitor>, message: ServerMessage): void {
    socket.send(JSON.stringify(message));
  }

  #tellAll(message: ServerMessage): void {
    this.#server.broadcast(JSON.stringify(message));
  }

  #verify(request: HandshakeRequest): UpgradeResult {
    if (request.path !== "/") return { status: 404, reason: "the demo is at /" };
    // Pages of other sites must not send in their visitor's name. Clients that are not browsers send no origin.
    if (request.origin !== undefined && !isOwnOrigin(request.origin, request.host)) {
      return { status: 403, reason: "only the demo's own page may connect" };
    }
    if (this.#sockets.size >= MAX_CLIENTS) return { status: 503, reason: "the demo is full" };
    return { data: new Visitor(browserOf(request.headers.get("User-Agent"))) };
  }
}

function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(`http://${host}`).host;
}
