// Real clients that are no package: curl, and Node's own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "vitest";
import { nodeAdapter } from "./node-adapter.js";
import { Recorder } from "./recorder.js";
import { Scene } from "./scene.js";
import { happened, soon, until } from "./until.js";

const adapter = nodeAdapter("data");

test("curl gets a 101 with the accept value of its key, and the subprotocol", () =>
  Scene.run(adapter, {
    name: "curl",
    async run(scene) {
      const recorder = new Recorder({ open: (socket) => socket.close(1000) });
      const server = await scene.serve({ protocols: ["chat"], origins: ["http://jima.in"] }, recorder);
      const headers = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Origin: http://jima.in",
      ];
      const output = await curl([
        ...["--silent", "--include", "--http1.1", "--max-time", "10"],
        ...headers.flatMap((header) => ["--header", header]),
        `http://127.0.0.1:${server.port}/chat`,
      ]);
      const [head = ""] = output.split("\r\n\r\n");
      assert.deepEqual(head.split("\r\n"), [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
        "Sec-WebSocket-Protocol: chat",
      ]);
      assert.equal(Buffer.from(output.slice(head.length + 4), "latin1").toString("hex"), "880203e8");
      await recorder.closed();
      assert.equal(recorder.socket.protocol, "chat");
      const plain = await curl(["--silent", "--include", `http://127.0.0.1:${server.port}/`]);
      assert.match(plain, /^HTTP\/1\.1 426 Upgrade Required\r\n/);
    },
  }));

/** The output, whatever the exit code: a WebSocket is no transfer that curl sees end well. */
function curl(args: readonly string[]): Promise<string> {
  return soon(
    new Promise((resolve, reject) => {
      execFile("curl", args, { encoding: "latin1" }, (error, stdout) => {
        if (error !== null && "code" in error && error.code === "ENOENT") reject(error);
        else resolve(stdout);
      });
    }),
    "curl",
  );
}

// Node has a client of its own from version 22 on.
const OwnWebSocket = typeof WebSocket === "undefined" ? undefined : WebSocket;
const MESSAGES: readonly (string | Buffer)[] = [
  "",
  "€uro \u{1f600}",
  "x".repeat(70_000),
  Buffer.alloc(0),
  Buffer.alloc(126, 1),
  Buffer.alloc(65_536, 2),
];
if (OwnWebSocket !== undefined) {
  test("Node's own WebSocket talks to serve()", () =>
    Scene.run(adapter, {
      name: "WebSocket",
      async run(scene) {
        const recorder = new Recorder({ message: (peer, data) => void peer.send(data) });
        const server = await scene.serve({ protocols: ["chat"] }, recorder);
        const socket = new OwnWebSocket(server.url, ["chat"]);
        socket.binaryType = "arraybuffer";
        const messages: unknown[] = [];
        let closed = "";
        socket.addEventListener("message", (event) => {
          messages.push(event.data);
          happened();
        });
        socket.addEventListener("close", (event) => {
          closed = `${event.code} ${event.wasClean}`;
          happened();
        });
        await soon(new Promise((resolve) => socket.addEventListener("open", resolve)), "open");
        assert.equal(socket.protocol, "chat");
        assert.equal(socket.extensions, "");
        for (const message of MESSAGES) {
          socket.send(typeof message === "string" ? message : new Uint8Array(message));
        }
        await until(() => messages.length === MESSAGES.length, "all messages");
        for (const [i, message] of MESSAGES.entries()) {
          const back = messages[i];
          if (typeof message === "string") assert.equal(back, message);
          else assert.ok(back instanceof ArrayBuffer && message.equals(Buffer.from(back)));
        }
        socket.close(3001, "bye");
        assert.equal(await recorder.closed(), 'close 3001 "bye" clean');
        await until(() => closed !== "", "the close event");
        assert.equal(closed, "3001 true");
      },
    }));
}
