// Options for functions of the host, kept apart from what is on `Object.prototype`.
/**
 * Options for a function of the host's. Many of those copy them to an object that inherits from `Object.prototype`, or read
 * them natively: what others have put there is said to be undefined.
 */
export function hostOptions<Options extends object>(options: Options): Options {
  return { __proto__: null, ...absent(), ...options };
}

/** The names of all that a plain object inherits and lists, which should be nothing. */
function absent(): Readonly<Record<string, undefined>> {
  const names: string[] = [];
  for (const name in {}) names.push(name);
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
