// The type of a socket's data, from the caller's options to the handlers. `npm run types` checks this file; nothing runs it.
import type { IncomingMessage } from "node:http";
import { expectTypeOf } from "vitest";
import * as bun from "../../src/bun/index.js";
import {
  attach,
  connect,
  createServer,
  type Handlers,
  type HandshakeRequest,
  type MessageType,
  type Socket,
  serve,
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
    readonly compress?: boolean | undefined;
  }>();
  expectTypeOf(connect("ws://localhost/", { data: () => ({ name: "x" }) }, handlers)).toEqualTypeOf<
    Promise<Socket<User>>
  >();
  expectTypeOf(connect("ws://localhost/")).toEqualTypeOf<Promise<Socket>>();
}

/** The option `data` names the type as well, and handlers need no annotation. */
export function made(http: Parameters<typeof attach>[0]): void {
  const data = (): User => ({ name: "x" });
  const message = (socket: Socket<User>): unknown => socket.data.name;
  expectTypeOf(attach(http, { data }, { message }).connections).toEqualTypeOf<
    ReadonlyMap<number, Socket<User>>
  >();
  createServer({ data }, { open: (socket) => expectTypeOf(socket.data).toEqualTypeOf<User>() });
}

/** The hook sees Node's own request where there is one. */
export function incoming(http: Parameters<typeof attach>[0]): void {
  const options = {
    upgrade(request: HandshakeRequest<IncomingMessage>) {
      return request.incoming.url === "/" ? undefined : false;
    },
  } as const;
  attach(http, options, {});
  createServer(options, {});
  createServer(
    { upgrade: ({ incoming }) => void expectTypeOf(incoming).toEqualTypeOf<IncomingMessage>() },
    {},
  );
  void serve(
    { upgrade: ({ incoming }) => void expectTypeOf(incoming).toEqualTypeOf<IncomingMessage | undefined>() },
    {},
  );
  bun.serve({ upgrade: ({ incoming }) => void expectTypeOf(incoming).toEqualTypeOf<undefined>() }, {});
}

/** Data of another type is an error. */
export function refused(): void {
  const wrong = { data: { nickname: "x" } };
  const made = { data: () => wrong.data };
  // @ts-expect-error: no User
  void serve<User>({ upgrade: () => wrong }, handlers);
  // @ts-expect-error: no User
  void serve<User>(made, handlers);
  // @ts-expect-error: no User
  void connect<User>("ws://localhost/", made, handlers);
  // @ts-expect-error: no User
  createServer<User>({ upgrade: () => wrong }, handlers);
}
