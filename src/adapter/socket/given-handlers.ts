// The handlers that a caller gives, as they are when they are given.
import { isGiven } from "../../http/given.js";
import { Bare, object, refuse } from "../../protocol/option-readers.js";
import type { Handlers } from "./handlers.js";

const NAMES: Readonly<Record<keyof Handlers, undefined>> = {
  open: undefined,
  message: undefined,
  fragment: undefined,
  ping: undefined,
  pong: undefined,
  drain: undefined,
  close: undefined,
  error: undefined,
};

/**
 * The handlers of an object, its own and those of its class, bound to it. What is put on `Object.prototype` is none, and what
 * the object gets later is not either.
 * @throws TypeError if it is no object or one of them is no function; if the option `fragments` and the handler `fragment` are not
 * together: messages would go nowhere
 */
export function readHandlers(given: Handlers, fragments = false): Handlers {
  object(given, "handlers");
  const handlers: Mutable<Handlers> = new Bare();
  for (const name of namesOf(NAMES)) if (isGiven(given, name)) take(given, name, handlers);
  if (fragments && handlers.fragment === undefined) {
    throw new TypeError("the option fragments needs a fragment handler");
  }
  if (!fragments && handlers.fragment !== undefined) {
    throw new TypeError("a fragment handler needs the option fragments");
  }
  return handlers;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function* namesOf<T extends object>(table: T): Iterable<Extract<keyof T, string>> {
  for (const name in table) if (Object.hasOwn(table, name)) yield name;
}

function take<Name extends keyof Handlers>(given: Handlers, name: Name, handlers: Mutable<Handlers>): void {
  const handler = given[name];
  if (handler === undefined) return;
  if (typeof handler !== "function") refuse(handler, "", `the handler ${name}`, "a function");
  handlers[name] = Reflect.apply(Function.prototype.bind, handler, [given]);
}
