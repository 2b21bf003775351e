// Other people's servers, in the foreground, with a folder of their own and ports that were free a moment ago.
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Scene } from "../adapters/scene.js";
import { Program } from "../support/program.js";

/** How to start a server. */
export interface Setup {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Daemon {
  readonly port: number;
  readonly program: Program;
}

const PATIENCE_MS = 15_000;
const ATTEMPTS = 3;

/** A folder for the time of the scene that programs of other users may read. */
export async function folder(scene: Scene): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "wsimd-neighbour-"));
  await chmod(made, 0o755);
  scene.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Writes a file into a folder. @returns its path */
export async function file(inFolder: string, name: string, text: string): Promise<string> {
  const target = path.join(inFolder, name);
  await writeFile(target, text);
  return target;
}

/**
 * Starts a server and waits until it listens; the scene stops it.
 * @param setUp - is given the port to listen on
 */
export async function startDaemon(scene: Scene, setUp: (port: number) => Promise<Setup>): Promise<Daemon> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const { program: name, args, env = {} } = await setUp(port);
    const PATH = `${process.env.PATH}:/usr/sbin`;
    const program = new Program(name, args, { env: { PATH, ...env } });
    scene.after(async () => {
      program.signal("SIGKILL");
      await program.exit;
    });
    if (await listens(program, port)) return { port, program };
    // Another process may have taken the port.
    if (attempt === ATTEMPTS) throw new Error(`${name} does not listen:\n${program.stdout}${program.stderr}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  server.close();
  await once(server, "close");
  return address.port;
}

/** Tries again and again, as nothing tells when a server is ready. @returns false if it ended, or never came up */
async function listens(program: Program, port: number): Promise<boolean> {
  let over = false;
  program.exit.finally(() => {
    over = true;
  });
  const end = performance.now() + PATIENCE_MS;
  while (!over && performance.now() < end) {
    if (await connects(port)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
