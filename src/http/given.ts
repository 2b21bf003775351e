// Objects of the caller's or the application's, read as if `Object.prototype` were empty: any code of the program may
// change that.

/**
 * Whether the object, or its class, has a property. `Object.prototype` of any realm, which ends all chains of
 * prototypes, does not count.
 *
 * The class counts because `upgrade` may return a `Response`: its status is a getter of the class, and it must not be
 * taken for an acceptance.
 */
export function isGiven(object: object, name: PropertyKey): boolean {
  for (let at: object | null = object; at !== null; ) {
    const next: object | null = Object.getPrototypeOf(at);
    if (Object.hasOwn(at, name)) return at === object || next !== null;
    at = next;
  }
  return false;
}

/** The property's value, if {@link isGiven}. */
export function given<T extends object, K extends keyof T>(object: T, name: K): T[K] | undefined {
  return isGiven(object, name) ? object[name] : undefined;
}

/** Whether a value can have properties of its own. */
export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
