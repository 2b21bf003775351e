// `Deno.upgradeWebSocket`: echoes. Stays as long as its standard input. Run by Deno.
import process from "node:process";

/**
 * The part of Deno that is used here.
 * @typedef {{
 *   serve(options: object, handler: (request: Request) => Response): void;
 *   upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
 * }} Deno
 */
/** @type {Deno} */
const deno = Reflect.get(globalThis, "Deno");

const options = {
  port: 0,
  hostname: "127.0.0.1",
  /** @param {{ port: number }} address */
  onListen: ({ port }) => console.log(`listening ${port}`),
};
deno.serve(options, (request) => {
  try {
    const { socket, response } = deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => socket.send(event.data);
    return response;
  } catch {
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
    return new Response("WebSocket only", { status: 426, headers });
  }
});
process.stdin.on("end", () => process.exit(0)).resume();
