// The end of back-pressure, as a promise.
import type { EventEmitter } from "node:events";

/** Waits for the event 'drain'. The promise is rejected if 'close' comes first. */
export async function drained(websocket: EventEmitter): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onDrain = (): void => {
      websocket.removeListener("close", onClose);
      resolve();
    };
    const onClose = (): void => {
      websocket.removeListener("drain", onDrain);
      reject(new Error("the connection has ended before everything was sent"));
    };
    websocket.once("drain", onDrain);
    websocket.once("close", onClose);
  });
}
