// The calls of an application's handlers by themselves: their asynchronous context, and what becomes of their exceptions.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { expect, test } from "vitest";
import { Application } from "../../../../src/adapter/socket/application.js";
import type { Handlers, Socket } from "../../../../src/adapter/socket/handlers.js";
import { IncompleteMessageError } from "../../../../src/adapter/socket/message-stream.js";
import type { EndpointState } from "../../../../src/protocol/endpoint-options.js";
import { Owner } from "./parts.js";

class ApplicationProbe extends Owner {
  override readonly socket: Socket;
  readonly application: Application;
  state: EndpointState = "open";

  constructor(socket: Socket, handlers: Handlers) {
    super({}, handlers);
    this.socket = socket;
    this.application = new Application(this, new AsyncResource("TEST"));
  }

  fail(code: number, reason: string): void {
    this.told.push(`failed: ${code} "${reason}"`);
  }
}

/** Only its identity counts here. */
const SOCKET: Socket = Object.create(null);

test("a handler is called as a method of its object, with the socket", () => {
  const calls: unknown[] = [];
  const handlers: Handlers = {
    open(...args) {
      calls.push([this, ...args]);
    },
  };
  new ApplicationProbe(SOCKET, handlers).application.opened();
  expect(calls).toEqual([[handlers, SOCKET]]);
});

test("open, drain and close run in the asynchronous context of the connection", () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const note = (): void => void seen.push(storage.getStore());
  const probe = storage.run(
    "connection",
    () => new ApplicationProbe(SOCKET, { open: note, drain: note, close: note }),
  );
  storage.run("elsewhere", () => {
    probe.application.opened();
    probe.application.drained();
    probe.application.closed({ type: "close", code: 1000, reason: "", wasClean: true });
  });
  expect(seen).toEqual(["connection", "connection", "connection"]);
});

test.each(["throws", "rejects"])(
  "a handler that %s fails the connection with 1011, and error is told",
  async (how) => {
    const thrown = new Error("no");
    const errors: unknown[] = [];
    const message = (): unknown => {
      if (how === "rejects") return Promise.reject(thrown);
      throw thrown;
    };
    const { application, told } = new ApplicationProbe(SOCKET, {
      message,
      error: (_, error) => errors.push(error),
    });
    application.message("text", "text");
    await Promise.resolve();
    await Promise.resolve();
    expect(told).toEqual(['failed: 1011 ""']);
    expect(errors).toEqual([thrown]);
  },
);

test("if failing the connection throws as well, the owner is told of the first exception", () => {
  const probe = new ApplicationProbe(SOCKET, {
    ping() {
      throw new Error("first");
    },
  });
  probe.fail = () => {
    throw new Error("second");
  };
  probe.application.pinged(new Uint8Array(0));
  expect(probe.told).toEqual(["broke: Error: first"]);
});

test("that its own connection ended while a handler read or sent a stream is no failure of the handler", async () => {
  const errors: unknown[] = [];
  const error = new IncompleteMessageError(undefined);
  const probe = new ApplicationProbe(SOCKET, {
    stream: () => Promise.reject(error),
    error: (_socket, reported) => void errors.push(reported),
  });
  const stream = (): Promise<void> =>
    new Promise((resolve) => probe.application.stream(Object.create(null), resolve));
  probe.state = "closing";
  await stream();
  expect([errors, probe.told]).toEqual([[], []]);
  // Another connection ended, to which the handler sent.
  probe.state = "open";
  await stream();
  expect([errors, probe.told]).toEqual([[error], ['failed: 1011 ""']]);
});
