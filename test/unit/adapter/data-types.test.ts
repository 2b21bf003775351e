// Checked by the type checker: nothing here is called.
import { expectTypeOf, test } from "vitest";
import {
  attach,
  connect,
  type Handlers,
  type MessageType,
  type Socket,
  serve,
  upgrade,
} from "../../../src/node/index.js";

interface User {
  name: string;
}

test("the type of data reaches whatever has sockets", () => {
  const handlers: Handlers<User> = { message: (socket) => socket.send(socket.data.name) };
  const options = { upgrade: () => ({ data: { name: "x" } }) };
  const known = { data: { name: "x" } };
  const calls = {
    serve: () => serve(options, handlers),
    attach: (...[server]: Parameters<typeof attach>) => attach(server, options, handlers),
    connect: () => connect("ws://localhost/", known, handlers),
    plain: () => connect("ws://localhost/"),
  };
  type Sockets = ReadonlyMap<number, Socket<User>>;
  type Serving = Awaited<ReturnType<typeof calls.serve>>;
  expectTypeOf<Serving["connections"]>().toEqualTypeOf<Sockets>();
  expectTypeOf<ReturnType<typeof calls.attach>["connections"]>().toEqualTypeOf<Sockets>();
  expectTypeOf<ReturnType<typeof calls.connect>>().toEqualTypeOf<Promise<Socket<User>>>();
  expectTypeOf<ReturnType<typeof calls.plain>>().toEqualTypeOf<Promise<Socket>>();
  expectTypeOf<NonNullable<Parameters<Serving["broadcast"]>[1]>>().toEqualTypeOf<{
    readonly except?: Socket<User>;
    readonly type?: MessageType;
  }>();
});

test("data of another type is refused", () => {
  const handlers: Handlers<User> = {};
  const wrong = { data: { nickname: "x" } };
  const calls = [
    // @ts-expect-error: no User
    () => serve<User>({ upgrade: () => wrong }, handlers),
    // @ts-expect-error: no User
    () => connect<User>("ws://localhost/", wrong, handlers),
    (...[request, socket, head]: Parameters<typeof upgrade>) =>
      // @ts-expect-error: no User
      upgrade<User>(request, socket, head, { upgrade: () => wrong }, handlers),
  ];
  expectTypeOf(calls).toBeArray();
});
