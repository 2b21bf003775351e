// Many clients that send all kinds of messages, and look whether each comes back as it was.
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../dist/node/index.js";
import { each } from "./peer.js";

/** Loopback addresses to connect to, so that there are ports enough. */
const ADDRESSES = 50;
const TICK_MS = 10;
const PATIENCE_MS = 30_000;

/** @param {number} length */
const bytes = (length) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff));
/** Text and bytes of many lengths, the short ones most often. */
const MESSAGES = [
  ...[0, 1, 20, 60, 125, 126, 200, 500, 1000].map((length) => "wsimd ".repeat(200).slice(0, length)),
  ...["é", "日本語のテキスト", "💖".repeat(40), "Grüße, Jürgen ❤ ".repeat(30)],
  ...[16, 20, 125, 126, 1000, 4000, 16_000].map(bytes),
];
const LONG = bytes(200_000);

/** @typedef {{ message: string | Buffer; at: number }} Sent */

/** One client, its traffic, and what of it is still to come back. */
class Client {
  /** @type {Sent[]} */
  sent = [];
  closing = false;
  /** @type {import("../../dist/node/index.js").Socket | undefined} */
  socket;
}

export class Crowd {
  opened = 0;
  lost = 0;
  /** @type {string[]} */
  errors = [];
  #port;
  #histogram;
  /** @type {Client[]} */
  #clients = [];
  #turn = 0;
  #running = false;
  #stopped = false;
  /** @type {Promise<void>} */
  #traffic = Promise.resolve();

  /**
   * @param {number} port
   * @param {import("../../dist/cli/load/histogram.js").Histogram} histogram - of the time until a message is back
   */
  constructor(port, histogram) {
    this.#port = port;
    this.#histogram = histogram;
  }

  get line() {
    const waiting = this.#clients.reduce((sum, client) => sum + client.sent.length, 0);
    const p99 = (this.#histogram.quantileUs(0.99) / 1000).toFixed(1);
    return `${this.#clients.length} connections, ${this.#histogram.count} messages, ${waiting} under way, p99 ${p99} ms, ${this.errors.length} errors`;
  }

  /**
   * @param {number} count
   * @param {(open: number) => void} progress
   */
  async open(count, progress) {
    await each(count, 100, async () => {
      const client = new Client();
      await this.#connect(client);
      this.#clients.push(client);
      progress(this.#clients.length);
    });
  }

  /** @param {number} rate - messages a second, of all together */
  start(rate) {
    this.#running = true;
    this.#traffic = this.#run(rate);
  }

  /** Waits for what is under way, and closes all. */
  async stop() {
    this.#running = false;
    await this.#traffic;
    const end = performance.now() + PATIENCE_MS;
    while (this.#clients.some((client) => client.sent.length > 0) && performance.now() < end) await sleep(50);
    this.#stopped = true;
    for (const client of this.#clients) {
      this.lost += client.sent.length;
      client.closing = true;
      client.socket?.close(1000);
    }
  }

  /** @param {number} rate */
  async #run(rate) {
    const start = performance.now();
    let done = 0;
    while (this.#running) {
      const due = ((performance.now() - start) * rate) / 1000;
      // What this process is late with is left out: it would come as a burst.
      if (due - done > rate) done = due - rate;
      for (; done < due; done++) this.#act();
      await sleep(TICK_MS);
    }
  }

  /** The next client does what is its turn. */
  #act() {
    const i = this.#turn++;
    const client = this.#clients[i % this.#clients.length];
    const socket = client?.socket;
    // A client that waits for an answer sends no more: a machine that can't keep up gets less, not ever longer queues.
    if (client === undefined || socket === undefined || client.closing || client.sent.length > 0) return;
    // Another one each time around.
    const kind = (i + Math.floor(i / this.#clients.length) * 7) % 400;
    if (kind === 0) this.#leave(client, socket);
    else if (kind < 2) this.#send(client, LONG, () => socket.send(LONG));
    else if (kind < 25) {
      this.#send(client, LONG.subarray(0, 9000), () => {
        socket.sendFragment(LONG.subarray(0, 4000), false);
        socket.ping();
        return socket.sendFragment(LONG.subarray(4000, 9000), true);
      });
    } else if (kind < 26) {
      socket.pause();
      this.#send(client, LONG, () => socket.send(LONG));
      setTimeout(() => socket.resume(), 500);
    } else {
      const message = MESSAGES[kind % MESSAGES.length] ?? "";
      this.#send(client, message, () => socket.send(message));
    }
  }

  /**
   * @param {Client} client
   * @param {string | Buffer} message
   * @param {() => import("../../dist/node/index.js").SendResult} send
   */
  #send(client, message, send) {
    client.sent.push({ message, at: performance.now() });
    if (send() === "dropped") this.#error("a message was dropped");
  }

  /**
   * Closes, in one of several ways, and comes again.
   * @param {Client} client
   * @param {import("../../dist/node/index.js").Socket} socket
   */
  #leave(client, socket) {
    client.closing = true;
    if (this.opened % 3 === 0) socket.terminate();
    else socket.close(this.opened % 3 === 1 ? 1000 : 3000, "back soon");
  }

  /** @param {Client} client */
  async #connect(client) {
    const host = `127.0.0.${1 + (this.opened % ADDRESSES)}`;
    try {
      client.socket = await connect(
        `ws://${host}:${this.#port}/`,
        { timeouts: { handshakeMs: 60_000 } },
        this.#handlers(client),
      );
      client.closing = this.#stopped;
      this.opened++;
      // It was on its way when all others were closed.
      if (this.#stopped) client.socket.close(1000);
    } catch (error) {
      this.#error(String(error));
    }
  }

  /**
   * @param {Client} client
   * @returns {import("../../dist/node/index.js").Handlers}
   */
  #handlers(client) {
    return {
      message: (_, data) => {
        const sent = client.sent.shift();
        if (sent === undefined || !same(sent.message, data)) this.lost++;
        else this.#histogram.record(performance.now() - sent.at);
      },
      error: (_, error) => this.#error(String(error)),
      close: (_, event) => {
        if (!client.closing) this.#error(`closed: ${event.code} ${event.failure?.code ?? ""}`);
        if (this.#running) void this.#connect(client);
      },
    };
  }

  /** @param {string} what */
  #error(what) {
    if (this.errors.length < 10) this.errors.push(what);
  }
}

/**
 * @param {string | Buffer} sent
 * @param {string | Uint8Array} got
 */
function same(sent, got) {
  if (typeof sent === "string" || typeof got === "string") return sent === got;
  return sent.equals(got);
}
