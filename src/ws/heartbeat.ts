// The heartbeat of a server's client: a ping after a time of silence, and an end if the silence goes on.
import { Deadline, type Expiring } from "../adapter/deadline.js";
import { nodeRuntime } from "../node/host.js";
import { milliseconds, type Readers, readOptions } from "../protocol/option-readers.js";
import { OPEN } from "./constants.js";
import { rethrowLater } from "./later.js";
import type { WebSocket } from "./websocket.js";

/** How a server looks for clients that are gone without an end of their connection. */
export interface HeartbeatOptions {
  /** Milliseconds between two looks at a client. One that sent nothing in between gets a ping. */
  readonly interval: number;
  /** Milliseconds after the ping in which anything must come. Otherwise the connection is terminated. */
  readonly timeout: number;
}

const READERS: Readers<HeartbeatOptions> = { interval: milliseconds, timeout: milliseconds };

/** @throws TypeError or RangeError for options that make no sense, or for one that is missing */
export function readHeartbeat(given: HeartbeatOptions): HeartbeatOptions {
  const { interval, timeout } = readOptions(given, READERS, "heartbeat");
  return {
    interval: milliseconds(interval, "heartbeat.interval"),
    timeout: milliseconds(timeout, "heartbeat.timeout"),
  };
}

/** Looks at one client, until it is stopped. */
export class Heartbeat implements Expiring {
  readonly #websocket: WebSocket;
  readonly #options: HeartbeatOptions;
  readonly #deadline = new Deadline(nodeRuntime.deadlines, this);
  /** As of the last look. */
  #heard: number | undefined;
  #pinged = false;

  constructor(websocket: WebSocket, options: HeartbeatOptions) {
    this.#websocket = websocket;
    this.#options = options;
    this.#await(options.interval);
  }

  stop(): void {
    this.#deadline.stop();
  }

  #await(time: number): void {
    this.#heard = this.#websocket._heard;
    this.#deadline.start(time);
  }

  expired(): void {
    const { _heard, readyState } = this.#websocket;
    // The closing handshake has a bound of its own.
    if (readyState !== OPEN) return;
    // Nothing can be heard while the application reads nothing.
    if (_heard !== this.#heard || _heard === undefined) {
      this.#pinged = false;
      this.#await(this.#options.interval);
    } else if (this.#pinged) this.#websocket.terminate();
    else this.#ping();
  }

  #ping(): void {
    this.#pinged = true;
    this.#await(this.#options.timeout);
    try {
      this.#websocket.ping();
    } catch (error) {
      // The method of a subclass has thrown.
      rethrowLater(error);
    }
  }
}
