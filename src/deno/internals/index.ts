// All that leans on Deno's private parts, as the rest of src/deno may use it. docs/node-internals.md describes each part.
export { denoTransports } from "./transports.js";
