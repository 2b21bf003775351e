// What is tested, as the trials see it: something that connections to and from can be opened.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { agreement, answerFault, answerTo, Deflater, element, elements } from "./deflate.js";
import { acceptFor, answer, field, request, statusOf } from "./handshake.js";
import { Peer } from "./peer.js";

const HALF_OPEN = { allowHalfOpen: true };
/** A program that is slow to start, on a machine that is busy. */
const CONNECT_MS = 20_000;
const ATTEMPTS = 2;
const REQUEST_MS = 5000;

/**
 * @typedef {object} Target
 * @property {"server" | "client"} role - of what is tested
 * @property {(behind?: Uint8Array) => Promise<Peer>} open - a connection after a good opening handshake, with these bytes
 * right behind this side's part of it
 * @property {(wish: Wish, frames?: Frames) => Promise<Deflated | undefined>} openDeflated - the same with
 * permessage-deflate, if it has that; to clients, the frames are sent behind the 101 in its segment
 */
/** The parameters that this side asks for: of a server in an offer, of a client in an answer.
 * @typedef {{ offer: string; answer: string }} Wish
 */
/** @typedef {(deflater: Deflater) => Uint8Array} Frames */
/**
 * A connection with permessage-deflate.
 * @typedef {object} Deflated
 * @property {Peer} peer
 * @property {Deflater} deflater - of this side's messages
 */

/** A server to be tested. @implements {Target} */
export class ServerTarget {
  /** @type {"server"} */
  role = "server";
  #port;
  #hostname;

  /** @param {URL} url */
  constructor(url) {
    this.#port = Number(url.port || 80);
    this.#hostname = url.hostname.replace(/^\[|\]$/g, "");
    this.host = url.host;
    this.path = url.pathname + url.search;
  }

  /** A bare connection. */
  async dial() {
    const socket = connect({ port: this.#port, host: this.#hostname, ...HALF_OPEN });
    const peer = new Peer(socket, this.role);
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_MS) });
    return peer;
  }

  /** @param {Uint8Array} [behind] */
  async open(behind) {
    const { peer } = await this.#opened(request(this), behind);
    peer.readFrames();
    return peer;
  }

  /** @param {Wish} wish */
  async openDeflated({ offer }) {
    const head = request(this, { "Sec-WebSocket-Extensions": element(offer) });
    const { peer, reply } = await this.#opened(head);
    const [answered] = elements(reply);
    const fault = answerFault(answered, elements(head)[0]);
    if (elements(reply).length === 0 || fault !== undefined) {
      peer.destroy();
      if (elements(reply).length === 0) return undefined;
      throw new Error(fault);
    }
    const agreed = agreement(answered);
    peer.readFrames(agreed);
    return { peer, deflater: new Deflater(agreed.client) };
  }

  /**
   * @param {string} head
   * @param {Uint8Array} [behind]
   */
  async #opened(head, behind = Buffer.alloc(0)) {
    const peer = await this.dial();
    await peer.write(Buffer.concat([Buffer.from(head), behind]));
    const reply = await peer.head(CONNECT_MS);
    const accept = reply === undefined ? undefined : field(reply, "Sec-WebSocket-Accept");
    if (
      reply === undefined ||
      statusOf(reply) !== 101 ||
      accept !== acceptFor(field(head, "Sec-WebSocket-Key") ?? "")
    ) {
      peer.destroy();
      throw new Error(`does not open: ${reply?.split("\r\n")[0] ?? "no answer"}`);
    }
    return { peer, reply };
  }
}

/** A client to be tested: a program that connects to a URL, again and again or just once. @implements {Target} */
export class ClientTarget {
  /** @type {"client"} */
  role = "client";
  #start;
  /** @type {Lane[]} */
  #idle = [];
  /** @type {Lane[]} */
  #lanes = [];

  /** @param {(url: string) => import("./program.js").Program} start - starts the program */
  constructor(start) {
    this.#start = start;
  }

  /**
   * The next connection of a program, and the head of its request. Each goes to one trial.
   * @returns {Promise<{ peer: Peer; head: string; lane: Lane }>}
   */
  async accept() {
    const lane = this.#idle.pop() ?? (await this.#newLane());
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const peer = await lane.next();
        const head = await peer.head(REQUEST_MS);
        if (head === undefined) {
          // Some connect ahead of what they have to say.
          peer.destroy();
          continue;
        }
        peer.onDestroy = () => this.#idle.push(lane);
        return { peer, head, lane };
      }
      throw new Error("sends no request");
    } catch (error) {
      this.#idle.push(lane);
      throw error;
    }
  }

  /** @param {Uint8Array} [behind] */
  async open(behind = Buffer.alloc(0)) {
    const { peer, head } = await this.accept();
    await peer.write(Buffer.concat([Buffer.from(answer(head)), behind]));
    peer.readFrames();
    return peer;
  }

  /**
   * @param {Wish} wish
   * @param {Frames} [frames]
   */
  async openDeflated(wish, frames = () => Buffer.alloc(0)) {
    const { peer, head } = await this.accept();
    if (elements(head).length === 0) {
      peer.destroy();
      return undefined;
    }
    const extension = answerTo(head, wish.answer);
    const reply = answer(head, { "Sec-WebSocket-Extensions": extension });
    const agreed = agreement(elements(reply)[0]);
    const deflater = new Deflater(agreed.server);
    await peer.write(Buffer.concat([Buffer.from(reply), frames(deflater)]));
    peer.readFrames(agreed);
    return { peer, deflater };
  }

  async stop() {
    await Promise.all(this.#lanes.map((lane) => lane.stop()));
  }

  async #newLane() {
    const lane = await Lane.listen(this.#start);
    this.#lanes.push(lane);
    return lane;
  }
}

/** A port of its own for one run of a program at a time, so that connections and trials cannot be mixed up. */
class Lane {
  #server;
  #start;
  /** @type {Peer[]} */
  #waiting = [];
  /** @type {(() => void) | undefined} */
  #wake;
  /** @type {import("./program.js").Program | undefined} */
  #program;

  /** @param {(url: string) => import("./program.js").Program} start */
  static async listen(start) {
    const server = createServer(HALF_OPEN);
    const lane = new Lane(server, start);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return lane;
  }

  /**
   * @param {import("node:net").Server} server
   * @param {(url: string) => import("./program.js").Program} start
   */
  constructor(server, start) {
    this.#server = server;
    this.#start = start;
    server.on("connection", (socket) => {
      this.#waiting.push(new Peer(socket, "client"));
      this.#wake?.();
    });
  }

  get host() {
    const address = this.#server.address();
    return `127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
  }

  /** The next connection; the program is started if there is none that would make it, or if it seems stuck. */
  async next() {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const deadline = performance.now() + CONNECT_MS / ATTEMPTS;
      while (performance.now() < deadline) {
        const peer = this.#waiting.shift();
        if (peer?.over === false) return peer;
        if (peer !== undefined) continue;
        if (this.#program === undefined || this.#program.gone)
          this.#program = this.#start(`ws://${this.host}/`);
        await this.#change(this.#program, deadline - performance.now());
      }
      await this.#program?.stop();
    }
    throw new Error(`does not connect ${this.#program?.errors ?? ""}`.trim());
  }

  async stop() {
    await this.#program?.stop();
    for (const peer of this.#waiting) peer.destroy();
    this.#server.close();
  }

  /**
   * Until a connection comes or the program ends.
   * @param {import("./program.js").Program} program
   * @param {number} ms
   */
  async #change(program, ms) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    await Promise.race([
      program.exit,
      new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
        timer = setTimeout(resolve, ms);
      }),
    ]);
    clearTimeout(timer);
  }
}
