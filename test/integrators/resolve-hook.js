// Resolves imports of `ws` to another package, for swap.js.
let swap;

export function initialize(data) {
  swap = data;
}

export function resolve(specifier, context, next) {
  if (specifier !== "ws") return next(specifier, context);
  Atomics.add(swap.redirected, 0, 1);
  return next(swap.specifier, { ...context, parentURL: swap.importer });
}
