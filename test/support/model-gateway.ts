// A gateway as some clouds have in front of servers: it passes WebSockets on, with limits on frames, messages and idleness.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** The limits of a gateway. */
export interface GatewayLimits {
  /** The longest payload of a frame. */
  readonly frameBytes: number;
  /** The longest payload of a message, over all of its frames. */
  readonly messageBytes: number;
  /** The time without a frame, in either direction, after which it ends the connection. */
  readonly idleMs: number;
}

/** A gateway in front of one server. */
export class ModelGateway {
  /** Why connections were ended, in order. */
  readonly ended: string[] = [];
  /** The longest payloads of frames and messages so far. */
  longestFrame = 0;
  longestMessage = 0;
  readonly #limits: GatewayLimits;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(limits: GatewayLimits, target: number) {
    this.#limits = limits;
    this.#server = createServer((near) => this.#relay(near, connect(target, "127.0.0.1")));
  }

  static async listen(limits: GatewayLimits, target: number): Promise<ModelGateway> {
    const gateway = new ModelGateway(limits, target);
    await once(gateway.#server.listen(0, "127.0.0.1"), "listening");
    return gateway;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `ws://127.0.0.1:${address.port}/`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #relay(near: Socket, far: Socket): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = (why: string): void => {
      clearTimeout(timer);
      if (why !== "") this.ended.push(why);
      near.destroy();
      far.destroy();
    };
    const active = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => end("idle"), this.#limits.idleMs);
    };
    active();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      const counter = new FrameCounter();
      from.on("data", (chunk: Buffer) => {
        if (counter.push(chunk)) active();
        const why = this.#broken(counter);
        if (why === undefined) to.write(chunk);
        else end(why);
      });
      from.on("error", () => {});
      from.on("close", () => end(""));
      from.on("end", () => to.end());
    }
  }

  #broken({ frameBytes, messageBytes }: FrameCounter): string | undefined {
    this.longestFrame = Math.max(this.longestFrame, frameBytes);
    this.longestMessage = Math.max(this.longestMessage, messageBytes);
    if (frameBytes > this.#limits.frameBytes) return `a frame of ${frameBytes} bytes`;
    if (messageBytes > this.#limits.messageBytes) return `a message of ${messageBytes} bytes`;
    return undefined;
  }
}

/** Reads headers of frames behind an HTTP head, and counts payloads. */
class FrameCounter {
  /** The longest payload of a frame, and of a message, so far. */
  frameBytes = 0;
  messageBytes = 0;
  #bytes = Buffer.alloc(0);
  #headSeen = false;
  #skip = 0;
  #message = 0;

  /** @returns whether a frame began */
  push(chunk: Buffer): boolean {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#headSeen) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return false;
      this.#headSeen = true;
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    let began = false;
    for (;;) {
      const skipped = Math.min(this.#skip, this.#bytes.length);
      this.#skip -= skipped;
      this.#bytes = this.#bytes.subarray(skipped);
      if (this.#skip > 0 || !this.#header()) return began;
      began = true;
    }
  }

  /** Takes the header of a frame, if all of it is there. */
  #header(): boolean {
    const [first, second] = this.#bytes;
    if (first === undefined || second === undefined) return false;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const header = 2 + extended + (second >= 0x80 ? 4 : 0);
    if (this.#bytes.length < header) return false;
    const length =
      extended === 0 ? short : this.#bytes.readUIntBE(2 + Math.max(0, extended - 6), Math.min(extended, 6));
    this.#count(first, length);
    this.#bytes = this.#bytes.subarray(header);
    this.#skip = length;
    return true;
  }

  #count(first: number, length: number): void {
    this.frameBytes = Math.max(this.frameBytes, length);
    // Control frames stand between those of a message.
    if ((first & 0x0f) >= 8) return;
    this.#message += length;
    this.messageBytes = Math.max(this.messageBytes, this.#message);
    if (first >= 0x80) this.#message = 0;
  }
}
