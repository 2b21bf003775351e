// What the programs share: steps with names, and servers on loopback.
import { once } from "node:events";

/** Runs a part of a program, and prints its name: the output of a program that hangs tells where. */
export async function step(name, run) {
  await run();
  console.log(name);
}

/** Lets a server listen on a free port of loopback. Resolves with the port. */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

/** Resolves with the first argument of the next event. */
export async function next(emitter, event) {
  const [value] = await once(emitter, event);
  return value;
}

/** Bytes that are the same in each run, and that do not compress. */
export function noise(length) {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** How puppeteer starts Chromium; the environment variable `CHROMIUM` names another than Debian's. */
export const CHROMIUM = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
};
