// wsimd-ws in the place of `ws` by `overrides` of npm, as docs/moving-from-ws.md says: packages that depend on `ws` get it,
// and their servers and clients work. npm installs them from its cache, or from the registry the first time.
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { killPrograms } from "../support/program.js";
import { pack, runIn } from "../support/tarball.js";

const APPLICATION = fileURLToPath(new URL("../overrides", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "wsimd-overrides-"));

beforeAll(async () => {
  for (const name of ["package.json", "package-lock.json"])
    cpSync(path.join(APPLICATION, name), path.join(folder, name));
  const { filename } = await pack(folder, "packages/ws");
  renameSync(path.join(folder, filename), path.join(folder, "wsimd-ws.tgz"));
  await runIn(folder, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund");
});

afterEach(killPrograms);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function evaluate(code: string): Promise<string> {
  return (await runIn(folder, process.execPath, "--input-type=module", "-e", code)).trim();
}

test("there is one ws, which is wsimd-ws, and npm has no complaint", async () => {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    /node_modules\/ws\/package\.json$/.test(file),
  );
  expect(found).toEqual(["node_modules/ws/package.json"]);
  expect(JSON.parse(readFileSync(path.join(folder, "node_modules/ws/package.json"), "utf8")).name).toBe(
    "wsimd-ws",
  );
  const printed = await runIn(folder, "npm", "ls", "ws");
  for (const name of ["engine.io", "engine.io-client", "graphql-ws"])
    expect(printed).toMatch(new RegExp(`[─┬] ${name}@.*\n│ └── ws@npm:wsimd-ws@.* deduped\n`));
  expect(printed).not.toMatch(/invalid|missing|ERR/);
});

test("an override without the dependency is refused beside another direct dependency", async () => {
  const other = mkdtempSync(path.join(folder, "refused-"));
  const manifest = {
    private: true,
    dependencies: { ws: "^8.18.0" },
    overrides: { ws: "npm:wsimd-ws@^8.23.0" },
  };
  writeFileSync(path.join(other, "package.json"), JSON.stringify(manifest));
  await expect(runIn(other, "npm", "install", "--offline")).rejects.toThrow("EOVERRIDE");
});

test("engine.io's server and client talk over it", async () => {
  const code = `import { Server } from "engine.io";
    import { Socket } from "engine.io-client";
    import { createServer } from "node:http";
    const http = createServer().listen(0, "127.0.0.1");
    const server = new Server({ transports: ["websocket"] });
    server.attach(http);
    server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    http.on("listening", () => {
      const client = new Socket("ws://127.0.0.1:" + http.address().port, { transports: ["websocket"] });
      const got = [];
      client.on("open", () => {
        client.send("text");
        client.send(Buffer.from([1, 2]));
      });
      client.on("message", (data) => {
        got.push(typeof data === "string" ? data : [...data].join());
        if (got.length === 2) client.close();
      });
      client.on("close", (reason) => {
        console.log(got.join(" "), reason, server.clientsCount);
        server.close();
        http.close();
      });
    });`;
  expect(await evaluate(code)).toBe("text 1,2 forced close 1");
});

test("graphql-ws serves a subscription over it", async () => {
  const code = `import { buildSchema } from "graphql";
    import { createClient } from "graphql-ws";
    import { useServer } from "graphql-ws/use/ws";
    import { WebSocket, WebSocketServer } from "ws";
    const schema = buildSchema("type Query { a: Int } type Subscription { count: Int }");
    const roots = { subscription: { async *count() { for (const count of [1, 2, 3]) yield { count }; } } };
    const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" }, async () => {
      const url = "ws://127.0.0.1:" + wss.address().port;
      const client = createClient({ url, webSocketImpl: WebSocket });
      const got = [];
      for await (const { data } of client.iterate({ query: "subscription { count }" })) got.push(data.count);
      console.log(got.join(), [...wss.clients][0].protocol);
      await client.dispose();
      await served.dispose();
    });
    const served = useServer({ schema, roots }, wss);`;
  expect(await evaluate(code)).toBe("1,2,3 graphql-transport-ws");
});
