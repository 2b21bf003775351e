// A worker that serves WebSockets on TCP connections, which its handler `connect` gets.
// @ts-nocheck: nothing here declares what workerd has.
import { createServer, socketInternals } from "wsimd/streams";

export default {
  fetch: () => new Response("over HTTP"),
  async connect(socket) {
    const { remoteAddress } = await socket.opened;
    const server = createServer(
      {
        protocols: ["chat"],
        timeouts: { pingIntervalMs: 200, pingTimeoutMs: 200 },
        fetch: () => new Response("plain\n"),
      },
      {
        open: (to) => to.send(`kernel ${socketInternals(to).kernel}, peer ${to.remoteAddress}`),
        message: (from, data) => from.send(data),
      },
    );
    await server.accept(socket, { remoteAddress: remoteAddress.replace(/:\d+$/, "") });
  },
};
