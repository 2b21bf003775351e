// `Bun.serve`: echoes. Stays as long as its standard input. Run by Bun.
import process from "node:process";

/**
 * The part of Bun that is used here.
 * @typedef {{ send(data: string | Buffer): number }} BunSocket
 * @typedef {{ port: number; upgrade(request: Request): boolean }} BunServer
 * @typedef {{ serve(options: object): BunServer }} Bun
 */
/** @type {Bun} */
const bun = Reflect.get(globalThis, "Bun");

const server = bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  /**
   * @param {Request} request
   * @param {BunServer} self
   */
  fetch(request, self) {
    if (self.upgrade(request)) return undefined;
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13" };
    return new Response("WebSocket only", { status: 426, headers });
  },
  websocket: {
    perMessageDeflate: true,
    /**
     * @param {BunSocket} socket
     * @param {string | Buffer} message
     */
    message(socket, message) {
      socket.send(message);
    },
  },
});
process.stdin.on("end", () => process.exit(0)).resume();
console.log(`listening ${server.port}`);
