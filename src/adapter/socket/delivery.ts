// The handlers to which messages go: as a whole, in fragments, or as streams.
import { oneOf } from "../../protocol/option-readers.js";
import type { Handlers } from "./handlers.js";

/**
 * The handler that gets messages. `"message"`: each as a whole. `"fragment"`: in parts, as they arrive. `"stream"`: each
 * as a stream, which holds the peer back while it is not read.
 */
export type Delivery = "message" | "fragment" | "stream";

export const readDelivery = oneOf<Delivery>("message", "fragment", "stream");

/** The options that decide which handler gets messages. */
export interface DeliveryOptions {
  readonly deliver?: Delivery | undefined;
  /** The hook of a server, which may choose another handler. */
  readonly upgrade?: unknown;
}

/** @throws TypeError if messages would go to a handler that is not there */
export function assertDelivered(
  handlers: Pick<Handlers, Delivery>,
  { deliver, upgrade }: DeliveryOptions,
): void {
  if (deliver !== undefined) assertHandler(handlers, deliver);
  else if (upgrade === undefined && handlers.message === undefined) {
    const other = (["fragment", "stream"] as const).find((name) => handlers[name] !== undefined);
    if (other !== undefined) throw new TypeError(`the handler ${other} needs the option deliver: "${other}"`);
  }
}

/** @throws TypeError if the handler of this delivery is not there */
export function assertHandler(handlers: Pick<Handlers, Delivery>, deliver: Delivery): void {
  if (handlers[deliver] === undefined)
    throw new TypeError(`deliver: "${deliver}" needs the handler ${deliver}`);
}
