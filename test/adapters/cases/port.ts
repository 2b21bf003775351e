// Servers and the port that they own.
import assert from "node:assert/strict";
import type { Case } from "../scene.js";

export const portCases: readonly Case[] = [
  {
    name: "maxConnections closes connections beyond it, and takes others when there is room again",
    async run(scene) {
      const server = await scene.serve({ maxConnections: 2 }, {});
      const first = await scene.client(server);
      // One that is in its handshake counts.
      const second = await scene.raw(server);
      await second.write("GET / HTTP/1.1\r\n");
      const third = await scene.raw(server);
      await third.gone();
      assert.equal(third.byteLength, 0);
      assert.equal(server.connections.size, 1);
      first.destroy();
      await scene.connections(server, 0);
      await scene.client(server);
    },
  },
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map(
    (maxConnections): Case => ({
      name: `maxConnections of ${maxConnections} is refused`,
      run: (scene) => assert.rejects(scene.adapter.serve({ maxConnections }, {}), RangeError),
    }),
  ),
  {
    name: "without a host, a server can be reached by its url and on 127.0.0.1",
    async run(scene) {
      const server = await scene.adapter.serve({}, {});
      scene.after(() => server.close({ timeoutMs: 1 }));
      assert.equal(server.url, `ws://127.0.0.1:${server.port}`);
      await scene.connect(server.url);
      await scene.client(server);
      assert.equal(server.connections.size, 2);
    },
  },
];
