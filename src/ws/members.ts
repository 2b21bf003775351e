// The members of the class WebSocket that its declaration can't make as `ws` has them: constants, what can be listed, and
// the listeners that attributes set.
import { READY_STATES } from "./constants.js";
import { attributeListener, type EventSource, setAttributeListener } from "./event-target.js";

const LISTED = [
  "addEventListener",
  "binaryType",
  "bufferedAmount",
  "extensions",
  "isPaused",
  "protocol",
  "readyState",
  "removeEventListener",
  "url",
] as const;

/** Adds the members. */
export function addMembers(WebSocketClass: { readonly prototype: object }): void {
  const { prototype } = WebSocketClass;
  for (const [state, name] of READY_STATES.entries()) {
    const constant = { enumerable: true, value: state };
    Object.defineProperty(WebSocketClass, name, constant);
    Object.defineProperty(prototype, name, constant);
  }
  for (const name of LISTED)
    Object.defineProperty(prototype, name, { ...descriptor(prototype, name), enumerable: true });
  for (const name of ["open", "error", "close", "message"] as const) {
    Object.defineProperty(prototype, `on${name}`, {
      configurable: true,
      enumerable: true,
      get(this: EventSource) {
        return attributeListener(this, name);
      },
      set(this: EventSource, listener: unknown) {
        setAttributeListener(this, name, listener);
      },
    });
  }
}

/** The descriptor of a member, which may be that of a class above. */
function descriptor(prototype: object | null, name: string): PropertyDescriptor | undefined {
  if (prototype === null) return undefined;
  return (
    Object.getOwnPropertyDescriptor(prototype, name) ?? descriptor(Object.getPrototypeOf(prototype), name)
  );
}
