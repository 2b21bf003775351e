import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { clearTimeout, setTimeout } from "../adapter/globals.js";

const TRIAL_MS = 2_000;

/**
 * Tries something out on a connection of this process with itself.
 * @param attempt - is given the end that is about to connect, the server that gets the other, and whom to tell the outcome
 * @param failed - the outcome if something breaks, or if none is told in time
 */
export async function onLoopback<T>(
  attempt: (near: Socket, server: Server, over: (outcome: T) => void) => void,
  failed: T,
): Promise<T> {
  const server = createServer();
  const ends: Socket[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") return failed;
    return await new Promise<T>((resolve) => {
      timer = setTimeout(resolve, TRIAL_MS, failed);
      const watch = (end: Socket): void => {
        ends.push(end);
        end.on("error", () => resolve(failed));
      };
      server.on("connection", watch);
      const near = connect(address.port, "127.0.0.1");
      watch(near);
      attempt(near, server, resolve);
    });
  } catch {
    // No loopback, no descriptors: whatever it is, the public way is there.
    return failed;
  } finally {
    clearTimeout(timer);
    for (const end of ends) end.destroy();
    server.close();
  }
}
