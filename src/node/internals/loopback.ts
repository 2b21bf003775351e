// A connection of this process to itself, on which private parts of the runtime are tried. A worker of a cluster does
// not take its port from the primary, which would emit `listening` for it.
import { once } from "node:events";
import * as net from "node:net";
import { hostOptions } from "../../adapter/host-options.js";
import { clearInterval, setInterval } from "../../host/globals.js";
import { mayUseNetwork } from "../permission.js";

/**
 * After so many ticks without an event an attempt has failed. Ticks are turns of the event loop, not time: in a loop
 * that is blocked for seconds there is one, and all that has arrived is reported in it.
 */
const MAX_TICKS = 20;
const TICK_MS = 100;

const LOOPBACK = { host: "127.0.0.1" };

/** A loopback connection for a trial. */
export interface Loopback<T> {
  /** The connecting end. */
  readonly near: net.Socket;
  /** Takes the accepted end. */
  readonly server: net.Server;
  /** Tells the outcome; the first counts. */
  over(outcome: T): void;
  /** Makes a listener for an event of the trial. An exception in it fails the trial, and does not end the process. */
  guarded<Args extends readonly unknown[]>(listener: (...args: Args) => void): (...args: Args) => void;
  /** Registers an object to be ended when the trial is over. */
  own(end: { destroy(): void }): void;
}

/**
 * Runs a trial on a connection of this process to itself.
 * @param failed - the outcome if something breaks, or if nothing happens any more
 */
export async function onLoopback<T>(attempt: (loopback: Loopback<T>) => void, failed: T): Promise<T> {
  if (!mayUseNetwork()) return failed;
  const ends: { destroy(): void }[] = [];
  let server: net.Server | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  try {
    const listening = net.createServer();
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
      const watch = (end: net.Socket): void => {
        ends.push(end);
        end.on("error", () => resolve(failed));
      };
      listening.on("error", () => resolve(failed));
      listening.on("connection", watch);
      const near = net.connect(hostOptions({ ...LOOPBACK, port }));
      watch(near);
      attempt({ near, server: listening, over: resolve, guarded, own: (end) => ends.push(end) });
    });
  } catch {
    // There may be no loopback interface, or no descriptor left. Public streams are used then.
    return failed;
  } finally {
    clearInterval(timer);
    for (const end of ends) end.destroy();
    server?.close();
  }
}

async function freePort(server: net.Server): Promise<number> {
  server.listen(hostOptions({ ...LOOPBACK, port: 0, exclusive: true }));
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the loopback has no port");
  return address.port;
}
