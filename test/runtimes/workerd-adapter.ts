// workerd for the suite of adapters.
import assert from "node:assert/strict";
import type { ClientHandlers } from "../../src/adapter/client/client-handlers.js";
import { HandshakeError } from "../../src/adapter/client/handshake-error.js";
import type { SendResult, Socket } from "../../src/adapter/socket/handlers.js";
import { HeaderList } from "../../src/http/header-list.js";
import type { KernelName } from "../../src/kernel/kernel.js";
import { connect as connectControl } from "../../src/node/index.js";
import type { Adapter, DialOptions } from "../adapters/adapter.js";
import { nodeAdapter } from "../adapters/node-adapter.js";

/** What a socket there looked like when it was last heard of. */
interface Seen
  extends Pick<
    Socket,
    "protocol" | "extensions" | "compression" | "remoteAddress" | "state" | "bufferedAmount"
  > {
  readonly kernel: KernelName | undefined;
  readonly response: { readonly status: number; readonly headers?: readonly string[] };
}

/** What workerd-client.js tells. */
interface Told {
  readonly event: keyof ClientHandlers | "connected" | "failed";
  readonly socket: Seen;
  readonly value: unknown;
}

type Tell = (method: string, ...args: readonly unknown[]) => void;

/** The kernel that decodes for a socket in the worker, as `socketInternals` tells it there. */
export function kernelThere(socket: Socket): KernelName | undefined {
  assert.ok(socket instanceof SocketThere);
  return socket.seen.kernel;
}

/** Clients in a worker, which is served at this port, of servers in this process. */
export function workerdAdapter(port: number): Adapter {
  return {
    ...nodeAdapter("off"),
    name: "workerd",
    connect: (url, options = {}, handlers = {}) => connectThere(port, url, options, handlers),
  };
}

async function connectThere(
  port: number,
  url: string,
  { signal, data, ...options }: DialOptions,
  handlers: ClientHandlers,
): Promise<Socket> {
  let connected = (_socket: Socket): void => {};
  let failed = (_error: Error): void => {};
  const result = new Promise<Socket>((resolve, reject) => {
    connected = resolve;
    failed = reject;
  });
  let there: SocketThere | undefined;
  const hear = ({ event, socket, value }: Told): void => {
    if (event === "failed") {
      failed(asError(value));
      return;
    }
    there ??= new SocketThere(tell, socket, data?.());
    there.seen = socket;
    if (event === "connected") connected(there);
    else if (event === "error") handlers.error?.(there, asError(value));
    else if (event === "reconnecting" || event === "reconnectFailed") {
      const handler: unknown = handlers[event];
      if (typeof handler === "function") Reflect.apply(handler, handlers, [value]);
    } else {
      const handler: unknown = Reflect.get(handlers, event);
      if (typeof handler === "function") Reflect.apply(handler, handlers, [there, decoded(value)]);
    }
  };
  const control = await connectControl(
    `ws://127.0.0.1:${port}/`,
    {},
    { message: (_, word) => hear(JSON.parse(String(word))) },
  );
  const tell: Tell = (method, ...args) =>
    void control.send(JSON.stringify({ method, args: args.map(encoded) }));
  const abort = (): void => tell("abort", String(asError(signal?.reason).message));
  if (signal?.aborted === true) abort();
  signal?.addEventListener("abort", abort);
  tell("connect", url, options);
  try {
    return await result;
  } catch (error) {
    control.terminate();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Stands for a socket in the worker. What its methods return is not known here. */
class SocketThere implements Socket {
  readonly id = 0;
  readonly role = "client";
  seen: Seen;
  data: unknown;
  readonly #tell: Tell;

  constructor(tell: Tell, seen: Seen, data: unknown) {
    this.#tell = tell;
    this.seen = seen;
    this.data = data;
  }

  get protocol(): string {
    return this.seen.protocol;
  }
  get extensions(): string {
    return this.seen.extensions;
  }
  get compression(): Socket["compression"] {
    return this.seen.compression;
  }
  get remoteAddress(): string {
    return this.seen.remoteAddress;
  }
  get response(): Socket["response"] {
    const { status, headers = [] } = this.seen.response;
    return { status, headers: HeaderList.from(headers) };
  }
  get state(): Socket["state"] {
    return this.seen.state;
  }
  get bufferedAmount(): number {
    return this.seen.bufferedAmount;
  }

  get topics(): Socket["topics"] {
    return [];
  }

  /** A client's socket has no topics. */
  subscribe(): never {
    throw new Error("only the sockets of a server have topics");
  }
  unsubscribe(): never {
    return this.subscribe();
  }
  send(message: unknown): SendResult {
    return this.#do("send", message);
  }
  sendFragment(part: string | Uint8Array, final: boolean): SendResult {
    return this.#do("sendFragment", part, final);
  }
  /** A stream is not handed to the worker. */
  sendStream(): Promise<void> {
    return Promise.reject(new Error("no streams lead to the worker"));
  }
  ping(payload?: Uint8Array): SendResult {
    return this.#do("ping", payload ?? new Uint8Array(0));
  }
  pong(payload?: Uint8Array): SendResult {
    return this.#do("pong", payload ?? new Uint8Array(0));
  }
  flush(): void {
    this.#tell("flush");
  }
  close(code?: number, reason?: string): void {
    if (this.seen.state === "open") this.seen = { ...this.seen, state: "closing" };
    this.#tell("close", ...[code, reason].filter((each) => each !== undefined));
  }
  terminate(): void {
    this.#tell("terminate");
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
  pause(): void {
    this.#tell("pause");
  }
  resume(): void {
    this.#tell("resume");
  }

  #do(method: string, ...args: readonly unknown[]): SendResult {
    this.#tell(method, ...args);
    return "sent";
  }
}

function encoded(value: unknown): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value;
}

function decoded(value: unknown): unknown {
  return isEncoded(value) ? decodedBytes(value) : value;
}

function isEncoded(value: unknown): boolean {
  return typeof value === "object" && value !== null && "base64" in value;
}

function decodedBytes(value: unknown): Buffer {
  return Buffer.from(String(Object(value).base64 ?? ""), "base64");
}

/** The error that there was, as far as tests look at it. */
function asError(value: unknown): Error {
  const { name, message, code, status, headers, body }: Partial<HandshakeError> & { headers?: string[] } =
    Object(value);
  if (name === "HandshakeError" && code !== undefined) {
    const answer =
      status === undefined
        ? undefined
        : { status, headers: HeaderList.from(headers ?? []), body: new Uint8Array(decodedBytes(body)) };
    return new HandshakeError(code, message ?? "", answer);
  }
  const type = [TypeError, RangeError].find((each) => each.name === name) ?? Error;
  return Object.assign(new type(message), { code });
}
