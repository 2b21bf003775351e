// Node's `tls`, for the rest of src/node.

/**
 * Loads the module when it is first needed. Node 26 takes a third of the time for it in which a server without TLS
 * starts.
 */
export function tls(): typeof import("node:tls") {
  return process.getBuiltinModule("node:tls");
}
