// The handlers that an application gives, checked and copied when they are given.
import { isGiven } from "../../http/given.js";
import { Bare, refuse } from "../../protocol/option-readers.js";
import { assertHandlers, unknownHandler } from "../given-options.js";
import { assertDelivered, type DeliveryOptions } from "./delivery.js";
import type { Handlers } from "./handlers.js";

/** The names of the handlers that servers and clients have in common. */
export const HANDLER_NAMES: Readonly<Record<keyof Handlers, undefined>> = {
  open: undefined,
  message: undefined,
  fragment: undefined,
  stream: undefined,
  ping: undefined,
  pong: undefined,
  drain: undefined,
  close: undefined,
  error: undefined,
};

/**
 * Copies the handlers of an object, its own and those of its class, and binds them to it. Members of `Object.prototype`
 * are not handlers, and later changes of the object have no effect.
 * @param options - those that decide which handler gets messages
 * @throws TypeError if `given` is no object, a handler is no function or does not exist, or if messages would go to a
 * handler that is not there
 */
export function readHandlers(given: Handlers, options: DeliveryOptions): Handlers {
  const handlers = readNamedHandlers(given, HANDLER_NAMES);
  assertDelivered(handlers, options);
  return handlers;
}

/**
 * Copies the handlers of these names, as {@link readHandlers} does.
 * @throws TypeError if `given` is no object, a handler is no function or does not exist
 */
export function readNamedHandlers<Given extends object>(
  given: Given,
  names: Readonly<Record<keyof Given, undefined>>,
): Given {
  assertHandlers(given);
  const handlers: Mutable<Given> = Object.assign(new Bare());
  const unknown = strangeFunction(given, names);
  if (unknown !== undefined) throw unknownHandler(unknown, Object.keys(names));
  for (const name of namesOf(names)) if (isGiven(given, name)) take(given, name, handlers);
  return handlers;
}

/** A copy of handlers in which those for messages do nothing. It has the shape of the original, for the hot path. */
export function handlersWithoutMessages<Given extends Handlers>(handlers: Given): Given {
  const copy: Mutable<Given> = Object.assign(new Bare(), handlers);
  if (copy.message !== undefined) copy.message = ignored;
  if (copy.fragment !== undefined) copy.fragment = ignored;
  if (copy.stream !== undefined) copy.stream = ignored;
  return copy;
}

function ignored(): void {}

/** A function of a plain object that is no handler. Objects of a class may have other functions. */
function strangeFunction(given: object, names: object): string | undefined {
  const prototype = Object.getPrototypeOf(given);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return Object.entries(given).find(
    ([name, value]) => typeof value === "function" && !Object.hasOwn(names, name),
  )?.[0];
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function* namesOf<T extends object>(table: T): Iterable<Extract<keyof T, string>> {
  for (const name in table) if (Object.hasOwn(table, name)) yield name;
}

function take<Given extends object, Name extends Extract<keyof Given, string>>(
  given: Given,
  name: Name,
  handlers: Mutable<Given>,
): void {
  const handler = given[name];
  if (handler === undefined) return;
  if (typeof handler !== "function") refuse(handler, "", `the handler ${name}`, "a function");
  handlers[name] = Reflect.apply(Function.prototype.bind, handler, [given]);
}
