// Node's permission model, as far as it concerns sockets.

/**
 * Whether this process may use the network. Where it may not, Node throws from a callback of its own when a server
 * listens on a host, which would end the process.
 */
export function mayUseNetwork(): boolean {
  const { permission } = process;
  if (permission === undefined) return true;
  // Node before version 25 does not restrict sockets, and reports permissions that it doesn't know as not granted.
  return !process.allowedNodeEnvironmentFlags.has("--allow-net") || permission.has("net");
}
