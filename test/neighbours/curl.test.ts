// curl, which does the opening handshake and shows what comes.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "vitest";
import { nodeAdapter } from "../adapters/node-adapter.js";
import { Recorder } from "../adapters/recorder.js";
import { Scene } from "../adapters/scene.js";
import { soon } from "../adapters/until.js";

const adapter = nodeAdapter("off");

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

/** The output, with any exit code: curl never counts the end of a WebSocket as a success. */
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
