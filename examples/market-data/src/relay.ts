// The relay: one connection to the exchange, which is opened again when it is lost, and many to clients.
import { connect, type ListeningServer, type Socket, serve } from "wsimd/node";
import { parseQuotes, type Quote, type RelayMessage } from "./quotes.js";

/** The numbers of a relay since its start. */
export interface Stats {
  readonly clients: number;
  readonly live: boolean;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly slowClients: number;
}

export class Relay {
  readonly #latest = new Map<string, Quote>();
  readonly #stopped = new AbortController();
  #server: ListeningServer | undefined;
  #upstream: Socket | undefined;
  #live = false;
  #messagesIn = 0;
  #messagesOut = 0;
  #slowClients = 0;

  get stats(): Stats {
    return {
      clients: this.#server?.connections.size ?? 0,
      live: this.#live,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
      slowClients: this.#slowClients,
    };
  }

  /** Serves clients. @returns the URL */
  async listen(port: number): Promise<string> {
    this.#server = await serve(
      {
        host: "127.0.0.1",
        port,
        path: "/quotes",
        limits: { maxBackpressureBytes: 256 << 10, maxMessageBytes: 0 },
        backpressure: "close",
        // A client that reads nothing does not read the Close frame either.
        timeouts: { closeMs: 1_000 },
        fetch: () => Response.json(this.stats),
      },
      {
        open: (client) => {
          const quotes = [...this.#latest.values()];
          client.send(JSON.stringify({ type: "snapshot", live: this.#live, quotes } satisfies RelayMessage));
        },
        close: (_, { failure }) => {
          if (failure?.code === "BACKPRESSURE") this.#slowClients++;
        },
      },
    );
    return this.#server.url;
  }

  /** Follows an exchange until {@link close}, also if it is not there yet. */
  async follow(url: string): Promise<void> {
    const { signal } = this.#stopped;
    await connect(
      url,
      {
        signal,
        // An exchange that ends well is expected to come back, too.
        reconnect: { minDelayMs: 100, maxDelayMs: 5_000, when: () => true },
        timeouts: { pingIntervalMs: 5_000, pingTimeoutMs: 5_000 },
      },
      {
        open: (upstream) => {
          this.#upstream = upstream;
          console.log(`following ${url}`);
          this.#tellLive(true);
        },
        message: (_, data) => this.#received(String(data)),
        close: () => this.#tellLive(false),
        reconnecting: ({ attempt, delayMs }) =>
          console.log(`upstream is gone: attempt ${attempt} in ${delayMs} ms`),
      },
    ).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#upstream?.close(1000);
    await this.#server?.close();
  }

  #received(text: string): void {
    this.#messagesIn++;
    const quotes = parseQuotes(text);
    for (const quote of quotes) this.#latest.set(quote.symbol, quote);
    this.#tell({ type: "quotes", quotes });
  }

  #tellLive(live: boolean): void {
    this.#live = live;
    this.#tell({ type: "upstream", live });
  }

  #tell(message: RelayMessage): void {
    // Encoded once, for all clients.
    this.#messagesOut += this.#server?.broadcast(JSON.stringify(message)) ?? 0;
  }
}
