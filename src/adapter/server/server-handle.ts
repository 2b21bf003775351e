// The handle of a server that applications hold, shared by all kinds of servers.
import type { Bytes } from "../../protocol/arguments.js";
import type { PreparedMessage } from "../../protocol/prepared-message.js";
import { giveDisposal } from "../async-disposal.js";
import type { Socket } from "../socket/handlers.js";
import { allWithData, withData } from "../socket/typed-data.js";
import type { Server, ServerCore } from "./server.js";
import type { BroadcastOptions, PublishOptions, ServerCloseOptions } from "./server-calls.js";

/** Where connections of a server come from. */
export interface ConnectionSource {
  /** Takes no more connections. Called once. */
  stop(): void;
  /**
   * Called after `stop`: ends the connections that the server never got, and resolves when every connection of the
   * source is gone.
   */
  drained(): Promise<void>;
}

/** The source of a server whose connections the application hands over one by one. */
const NO_SOURCE: ConnectionSource = {
  stop() {},
  async drained() {},
};

/** The server of a source of connections. */
export class ServerHandle<Data> implements Server<Data> {
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;
  readonly #core: ServerCore;
  readonly #source: ConnectionSource;
  #stopped = false;

  static {
    giveDisposal(ServerHandle.prototype, function () {
      return this.close();
    });
  }

  constructor(core: ServerCore, source = NO_SOURCE) {
    this.#core = core;
    this.#source = source;
  }

  get connections(): ReadonlyMap<number, Socket<Data>> {
    return allWithData(this.#core.connections);
  }

  broadcast(message: string | Bytes | PreparedMessage, options?: BroadcastOptions<Data>): number {
    return this.#core.broadcast(message, options);
  }

  publish(topic: string, message: string | Bytes | PreparedMessage, options?: PublishOptions<Data>): number {
    return this.#core.publish(topic, message, options);
  }

  subscribers(topic: string): readonly Socket<Data>[] {
    return Array.from(this.#core.subscribers(topic), (socket) => withData<Data>(socket));
  }

  subscriberCount(topic: string): number {
    return this.#core.subscriberCount(topic);
  }

  /** Takes no more connections. The port or path is free when it resolves. */
  async stopAccepting(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#source.stop();
  }

  async close(options?: ServerCloseOptions): Promise<void> {
    const gone = this.#core.closeAll(options);
    await this.stopAccepting();
    await gone;
    await this.#source.drained();
  }
}
