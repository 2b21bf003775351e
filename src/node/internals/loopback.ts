// One connection of this process with itself, to try private parts of the runtime on it. It belongs to the process alone: a worker of
// a cluster takes no port from the primary for it, which would emit `listening` for it.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { hostOptions } from "../../adapter/host-options.js";
import { clearInterval, setInterval } from "../../host/globals.js";
import { mayUseNetwork } from "../permission.js";

/**
 * After so many ticks without an event an attempt has failed. Ticks are turns of the event loop, not time: in a loop that is blocked
 * for seconds there is one, and all that has arrived is reported in it.
 */
const MAX_TICKS = 20;
const TICK_MS = 100;

const LOOPBACK = { host: "127.0.0.1" };

/** A connection to try something out on. */
export interface Loopback<T> {
  /** The end that is about to connect. */
  readonly near: Socket;
  /** Gets the other end. */
  readonly server: Server;
  /** Tells the outcome; the first counts. */
  over(outcome: T): void;
  /** A listener for an event of the attempt. What it throws is the attempt's failure, not the process's. */
  guarded<Args extends readonly unknown[]>(listener: (...args: Args) => void): (...args: Args) => void;
  /** Ends something when the attempt is over. */
  own(end: { destroy(): void }): void;
}

/**
 * Tries something out on a connection of this process with itself.
 * @param failed - the outcome if something breaks, or if nothing happens any more
 */
export async function onLoopback<T>(attempt: (loopback: Loopback<T>) => void, failed: T): Promise<T> {
  if (!mayUseNetwork()) return failed;
  const ends: { destroy(): void }[] = [];
  let server: Server | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    const listening = createServer();
    server = listening;
    const port = await freePort(listening);
    return await new Promise<T>((resolve) => {
      let ticks = 0;
      timer = setInterval(() => {
        if (++ticks === MAX_TICKS) resolve(failed);
      }, TICK_MS);
      const guarded =
        <Args extends readonly unknown[]>(listener: (...args: Args) => void) =>
        (...args: Args): void => {
          ticks = 0;
          try {
            listener(...args);
          } catch {
            resolve(failed);
          }
        };
      const watch = (end: Socket): void => {
        ends.push(end);
        end.on("error", () => resolve(failed));
      };
      listening.on("error", () => resolve(failed));
      listening.on("connection", watch);
      const near = connect(hostOptions({ ...LOOPBACK, port }));
      watch(near);
      attempt({ near, server: listening, over: resolve, guarded, own: (end) => ends.push(end) });
    });
  } catch {
    // There may be no loopback, or no descriptor left. The public way is there.
    return failed;
  } finally {
    clearInterval(timer);
    for (const end of ends) end.destroy();
    server?.close();
  }
}

async function freePort(server: Server): Promise<number> {
  server.listen(hostOptions({ ...LOOPBACK, port: 0, exclusive: true }));
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the loopback has no port");
  return address.port;
}
