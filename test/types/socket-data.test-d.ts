// The type of a socket's data, from the caller's options to the handlers. `npm run types` checks this file; nothing runs it.
import { expectTypeOf } from "vitest";
import {
  attach,
  connect,
  type Handlers,
  type MessageType,
  type Socket,
  serve,
  upgrade,
} from "../../src/node/index.js";

interface User {
  name: string;
}

const handlers: Handlers<User> = { message: (socket) => socket.send(socket.data.name) };

/** What `upgrade` gives, or what a client's options name, is the type of the data of all sockets. */
export function known(http: Parameters<typeof attach>[0]): void {
  const options = { upgrade: () => ({ data: { name: "x" } }) };
  const served = serve(options, handlers);
  const attached = attach(http, options, handlers);
  type Serving = Awaited<typeof served>;
  type Sockets = ReadonlyMap<number, Socket<User>>;
  expectTypeOf<Serving["connections"]>().toEqualTypeOf<Sockets>();
  expectTypeOf(attached.connections).toEqualTypeOf<Sockets>();
  expectTypeOf<NonNullable<Parameters<Serving["broadcast"]>[1]>>().toEqualTypeOf<{
    readonly except?: Socket<User> | undefined;
    readonly type?: MessageType | undefined;
  }>();
  expectTypeOf(connect("ws://localhost/", { data: { name: "x" } }, handlers)).toEqualTypeOf<
    Promise<Socket<User>>
  >();
  expectTypeOf(connect("ws://localhost/")).toEqualTypeOf<Promise<Socket>>();
}

/** Data of another type is an error. */
export function refused(...[request, socket, head]: Parameters<typeof upgrade>): void {
  const wrong = { data: { nickname: "x" } };
  // @ts-expect-error: no User
  void serve<User>({ upgrade: () => wrong }, handlers);
  // @ts-expect-error: no User
  void connect<User>("ws://localhost/", wrong, handlers);
  // @ts-expect-error: no User
  upgrade<User>(request, socket, head, { upgrade: () => wrong }, handlers);
}
