// The libraries that each test of the suite runs on: ws, and wsimd/ws in each of its ways to read.
import { createRequire } from "node:module";
import { INTERNALS } from "../adapters/node-adapter.js";
import type { Surface } from "./surface.js";

export interface Library extends Surface {
  readonly name: string;
  readonly isWs: boolean;
  /** Options that each server and each client of the suite gets. */
  readonly options: { internals?: "off" | "on" };
  /** Whether servers share a `node:http` server, where a test does not say how they listen. */
  readonly attached: boolean;
}

/** What a suite is about: both ends of connections, clients alone, or nothing that connects. */
export type Scope = "connections" | "clients" | "classes";

/** Both as `require` gives them: the class has the other exports as properties. */
const ws: Surface = createRequire(import.meta.url)("ws");

/** @param name - a module's, which is not among the imports of this file: both have the types of the suite */
async function load(name: string): Promise<Surface> {
  const module: { default: Surface } = await import(name);
  return module.default;
}

const SOURCE = "../../src/ws/commonjs.js";

async function wsimd(): Promise<readonly Library[]> {
  const surface = { ...surfaceOf(await load(SOURCE)), isWs: false };
  return [
    ...INTERNALS.map((internals) => ({
      ...surface,
      name: `wsimd/ws, internals ${internals}`,
      options: { internals },
      attached: false,
    })),
    { ...surface, name: "wsimd/ws on node:http", options: {}, attached: true },
  ];
}

export const LIBRARIES: readonly Library[] = [
  { ...surfaceOf(ws), name: "ws", isWs: true, options: {}, attached: false },
  ...(await wsimd()),
];

/** The exports themselves, without the other properties of the class that holds them. */
function surfaceOf(surface: Surface): Surface {
  const { WebSocket, WebSocketServer, createWebSocketStream, Sender } = surface;
  const { Receiver, PerMessageDeflate, extension, subprotocol } = surface;
  return {
    WebSocket,
    WebSocketServer,
    createWebSocketStream,
    Sender,
    Receiver,
    PerMessageDeflate,
    extension,
    subprotocol,
  };
}

/** The libraries, in those of their ways that make a difference to what a suite is about. */
export function librariesFor(scope: Scope): readonly Library[] {
  const [first, ...others] = LIBRARIES;
  if (first === undefined || scope === "connections") return LIBRARIES;
  const clients = others.filter(({ attached }) => !attached);
  return [first, ...(scope === "clients" ? clients : clients.slice(0, 1))];
}
