// `Deno.upgradeWebSocket`: run by Deno.
import { listening, PARSES, tlsFiles } from "./lifecycle.js";

/**
 * The part of Deno that is used here.
 * @typedef {{
 *   serve(options: object, handler: (request: Request) => Response): void;
 *   upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
 * }} Deno
 */
/** @type {Deno} */
const deno = Reflect.get(globalThis, "Deno");

const tls = tlsFiles();
deno.serve(
  {
    port: 0,
    hostname: "127.0.0.1",
    ...(tls !== undefined && { cert: String(tls.cert), key: String(tls.key) }),
    /** @param {{ port: number }} address */
    onListen: ({ port }) => listening(port),
  },
  (request) => {
    const { socket, response } = deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => {
      if (PARSES) JSON.parse(event.data);
      socket.send(event.data);
    };
    return response;
  },
);
