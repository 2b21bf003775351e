// Everything that relies on private parts of Deno, for the rest of src/deno. docs/node-internals.md describes each
// part.
export { captureContext } from "./async-context.js";
export { denoTransports } from "./transports.js";
