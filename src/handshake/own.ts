// Reading what a caller or the application gave.

/** The object's own property: nothing that somebody puts on `Object.prototype` becomes one. */
export function own<T extends object, K extends keyof T>(object: T, name: K): T[K] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
