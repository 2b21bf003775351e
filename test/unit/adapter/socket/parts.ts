// What the parts of a session are tested with: an endpoint and a transport, and an owner that writes down what it is told.
import { Deadlines } from "../../../../src/adapter/deadline.js";
import type { SocketContext } from "../../../../src/adapter/socket/context.js";
import { EndpointChoices } from "../../../../src/adapter/socket/endpoint-choices.js";
import type { Handlers, Socket } from "../../../../src/adapter/socket/handlers.js";
import type { InputOwner } from "../../../../src/adapter/socket/input.js";
import { resolveSocketOptions, type SocketOptions } from "../../../../src/adapter/socket/options.js";
import { Turns } from "../../../../src/adapter/turn.js";
import { nodeRuntime } from "../../../../src/node/host.js";
import { Endpoint } from "../../../../src/protocol/endpoint.js";
import { FakeTransport } from "../../../support/fake-transport.js";
import { RecordingSink } from "../../../support/recording-sink.js";

type Surroundings = Pick<InputOwner, "output" | "keepalive" | "application">;

/** The parts of a session that an input calls, without effects. Exceptions go to the test. */
export const SURROUNDINGS: Surroundings = {
  output: { cork() {}, uncork() {} },
  keepalive: { heard() {} },
  application: {
    enter(callback, self, ...args) {
      Reflect.apply(callback, self, args);
    },
    threw(error) {
      throw error;
    },
  },
};

/** An owner of one part: it has an endpoint and a transport of its own, and no session. */
export class Owner {
  readonly id = 1;
  readonly socket: Pick<Socket, "send"> = { send: () => "dropped" };
  readonly sink = new RecordingSink();
  readonly endpoint = new Endpoint(this.sink, { role: "server" });
  readonly transport = new FakeTransport();
  readonly told: string[] = [];
  readonly context: SocketContext;
  gone = false;
  readonly #waiting: (() => void)[] = [];

  constructor(options: SocketOptions = {}, handlers: Handlers = {}) {
    const wait = (callback: () => void): void => void this.#waiting.push(callback);
    const resolved = resolveSocketOptions(options);
    this.context = {
      runtime: { ...nodeRuntime, defer: wait, turns: new Turns(wait), deadlines: new Deadlines() },
      handlers,
      options: resolved,
      endpoints: new EndpointChoices(resolved, "server", nodeRuntime.host),
      socketClosed() {},
    };
  }

  /** Ends the turn of the event loop. */
  endTurn(): void {
    for (const callback of this.#waiting.splice(0)) callback();
  }

  missed(topics: ReadonlySet<string>): void {
    this.told.push(...topics);
  }
  drainedOut(): void {
    this.told.push("drained");
  }
  finished(): void {
    this.told.push("finished");
  }
  stalled(): void {
    this.told.push("stalled");
  }
  hold(): void {
    this.told.push("held");
  }
  release(): void {
    this.told.push("released");
  }
  inputOver(): void {
    this.told.push("input over");
  }
  timedOut({ code }: { readonly code: string }): void {
    this.told.push(code);
  }
  broke(error: unknown): void {
    this.told.push(`broke: ${String(error)}`);
  }
}
