// The handlers that an application gives, checked and copied when they are given.
import { isGiven } from "../../http/given.js";
import { Bare, object, refuse, unknownName } from "../../protocol/option-readers.js";
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
 * Copies the handlers of an object, its own and those of its class, and binds them to it. Members of `Object.prototype`
 * are not handlers, and later changes of the object have no effect.
 * @throws TypeError if `given` is no object, a handler is no function or does not exist, or if the option `fragments` and the handler
 * `fragment` are not given together: messages would be lost
 */
export function readHandlers(given: Handlers, fragments = false): Handlers {
  object(given, "handlers");
  const handlers: Mutable<Handlers> = new Bare();
  const unknown = unknownHandler(given);
  if (unknown !== undefined) throw unknownName("handler", unknown, Object.keys(NAMES));
  for (const name of namesOf(NAMES)) if (isGiven(given, name)) take(given, name, handlers);
  if (fragments && handlers.fragment === undefined) {
    throw new TypeError("the option fragments needs a fragment handler");
  }
  if (!fragments && handlers.fragment !== undefined) {
    throw new TypeError("a fragment handler needs the option fragments");
  }
  return handlers;
}

/** A function of a plain object that is no handler. Objects of a class may have other functions. */
function unknownHandler(given: object): string | undefined {
  const prototype = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return Object.entries(given).find(
    ([name, value]) => typeof value === "function" && !Object.hasOwn(NAMES, name),
  )?.[0];
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
