// What a `WebSocketServer` does with all of its clients: sends them a message, and closes them.
import { Buffer } from "node:buffer";
import { Deadline, type Expiring } from "../adapter/deadline.js";
import { nodeRuntime } from "../node/host.js";
import type { Bytes } from "../protocol/arguments.js";
import { milliseconds } from "../protocol/option-readers.js";
import { PreparedMessage } from "../protocol/prepared-message.js";
import { OPEN } from "./constants.js";
import { closePayload } from "./control-payload.js";
import type { WebSocket } from "./websocket.js";

/** Options of {@link WebSocketServer.broadcast}. */
export interface BroadcastOptions<Client extends WebSocket> {
  /** Whether the message is bytes; otherwise it is text. Default: whether the data are no string. */
  readonly binary?: boolean | undefined;
  /** Whether the message may be compressed. Default true. */
  readonly compress?: boolean | undefined;
  /** A client that does not get the message, such as the one that has sent it. */
  readonly except?: Client | undefined;
  /** Says which clients get the message. Default: all. */
  readonly filter?: ((client: Client) => boolean) | undefined;
}

/** Options of {@link WebSocketServer.close} that close the clients as well. */
export interface CloseOptions {
  /** The code of the Close frames. Default 1001: the server goes away. */
  readonly code?: number | undefined;
  /** The reason in the Close frames. Default "". */
  readonly reason?: string | undefined;
  /** Milliseconds after which the clients that are left are terminated. Default: the option `closeTimeout`. */
  readonly timeout?: number | undefined;
}

/** Close options that were checked. */
export interface KnownCloseOptions {
  readonly code: number;
  readonly reason: string;
  readonly timeout: number;
}

/** @throws TypeError or RangeError for a code, a reason or a time that can't be */
export function readCloseOptions(given: CloseOptions, closeTimeout: number | undefined): KnownCloseOptions {
  const { code = 1001, reason = "", timeout = closeTimeout } = given;
  closePayload(code, reason);
  return { code, reason, timeout: timeout === undefined ? 30_000 : milliseconds(timeout, "timeout") };
}

/** Frames a message once, and sends it to each client that is open. @returns the number of these clients */
export function broadcast<Client extends WebSocket>(
  clients: Iterable<Client>,
  data: string | Bytes | PreparedMessage,
  { binary = typeof data !== "string", compress = true, except, filter }: BroadcastOptions<Client> = {},
): number {
  const message = data instanceof PreparedMessage ? data : prepared(data, binary, compress);
  let count = 0;
  for (const client of clients) {
    if (client === except || client.readyState !== OPEN || filter?.(client) === false) continue;
    client.send(message);
    count++;
  }
  return count;
}

function prepared(data: string | Bytes, binary: boolean, compress: boolean): PreparedMessage {
  if (!binary) return new PreparedMessage(data, { type: "text", compress });
  return new PreparedMessage(typeof data === "string" ? Buffer.from(data) : data, { compress });
}

/** Closes clients, and terminates those that are left when the time is over. */
export class ClosingClients implements Expiring {
  readonly #clients: ReadonlySet<WebSocket>;
  readonly #deadline = new Deadline(nodeRuntime.deadlines, this);
  #resolve = (): void => {};
  /** Is resolved when all are gone. */
  readonly gone = new Promise<void>((resolve) => {
    this.#resolve = resolve;
  });

  /** @param clients - loses those that leave */
  constructor(clients: ReadonlySet<WebSocket>, { code, reason, timeout }: KnownCloseOptions) {
    this.#clients = clients;
    this.#deadline.start(timeout);
    for (const client of [...clients]) client.close(code, reason);
    this.left();
  }

  /** A client may have left. */
  left(): void {
    if (this.#clients.size > 0) return;
    this.#deadline.stop();
    this.#resolve();
  }

  expired(): void {
    for (const client of [...this.#clients]) client.terminate();
  }
}
