// Options for functions of the host, protected from properties of `Object.prototype`.
/**
 * Options for a function of the host. Many hosts copy options to an object that inherits from `Object.prototype`, or
 * read inherited properties. So each enumerable property that other code has put on `Object.prototype` is set to
 * undefined here.
 */
export function hostOptions<Options extends object>(options: Options): Options {
  return { __proto__: null, ...absent(), ...options };
}

/** The names of the enumerable properties that a plain object inherits; normally none. */
function absent(): Readonly<Record<string, undefined>> {
  const names: string[] = [];
  for (const name in {}) names.push(name);
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
