// docs/naming.md names exports, options and members that exist.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as codec from "../../src/index.js";
import * as node from "../../src/node/index.js";
import * as streams from "../../src/streams/index.js";
import { tableRows } from "../support/markdown.js";
import { ROOT } from "../support/root.js";

const PAGE = readFileSync(`${ROOT}docs/naming.md`, "utf8");
const EXPORTS = ["node/index.ts", "adapter/api/client.ts", "adapter/api/server.ts"]
  .map((file) => readFileSync(`${ROOT}src/${file}`, "utf8"))
  .join("\n");

/** The names in the first column of the table under a heading. */
function names(heading: string): string[] {
  const found = tableRows(PAGE, heading).flatMap(([cell = ""]) => cell.split(", "));
  if (found.length === 0) throw new Error(`docs/naming.md has no table under ${heading}`);
  return found;
}

/** Whether the error names an option: an unknown one would be ignored, and the server would listen. */
async function isOption(options: object, name: string): Promise<boolean> {
  const error = await node.serve(options, {}).then(
    (server) => server.close(),
    (reason: unknown) => reason,
  );
  return error instanceof TypeError && error.message.startsWith(`${name} must be `);
}

test.each(names("Limit names"))("the limit %s is one", async (name) => {
  expect(await isOption({ limits: { [name]: null } }, `limits.${name}`)).toBe(true);
});

test.each(names("Time-out names"))("the time-out %s is one", async (name) => {
  expect(await isOption({ timeouts: { [name]: null } }, `timeouts.${name}`)).toBe(true);
});

test.each(names("Option names"))("the option %s is one", async (name) => {
  expect(await isOption({ [name]: null }, name)).toBe(true);
});

test("no limit and no time-out is left out", () => {
  expect(names("Limit names").sort()).toEqual(Object.keys(node.DEFAULT_SERVER_LIMITS).sort());
  expect(names("Time-out names").sort()).toEqual(Object.keys(node.DEFAULT_TIMEOUTS).sort());
});

test("a name that is no option is found out", async () => {
  expect(await isOption({ verify: null }, "verify")).toBe(false);
});

test.each(names("Handler names"))("the handler %s is one", async (name) => {
  await expect(node.serve({}, { [name]: null })).rejects.toThrow(`the handler ${name} must be a function`);
});

test("no value that is exported is left out", () => {
  for (const name of [codec, node, streams].flatMap((entry) => Object.keys(entry)))
    expect(PAGE.includes(`\`${name}\``), name).toBe(true);
});

test.each(names("Client option names"))("the client's option %s is one", async (name) => {
  const options = { [name]: Symbol("no value of an option") };
  await expect(node.connect("ws://127.0.0.1:1", options)).rejects.toThrow(new RegExp(`\\b${name}\\b`));
});

test.each(names("Reconnect option names"))("the option %s of reconnect is one", async (name) => {
  const reconnect = { [name]: Symbol("no value of an option") };
  await expect(node.connect("ws://127.0.0.1:1", { reconnect })).rejects.toThrow(
    new RegExp(`^reconnect\\.${name} must be`),
  );
});

test.each(names("Client handler names"))(
  "the client's handler %s is one, and none of a server's",
  async (name) => {
    await expect(node.connect("ws://127.0.0.1:1", {}, { [name]: null })).rejects.toThrow(
      `the handler ${name} must be a function`,
    );
    await expect(node.serve({}, { [name]() {} })).rejects.toThrow(`there is no handler ${name}`);
  },
);

test("the names of sockets are members of one", async () => {
  const server = await node.serve({ host: "127.0.0.1" }, {});
  const socket = await node.connect(server.url);
  for (const name of names("Socket names")) expect(name in socket, name).toBe(true);
  await server.close();
});

test("the names of servers are exports, or members of one", async () => {
  const server = await node.serve({ host: "127.0.0.1" }, {});
  await server.close();
  for (const name of names("Server names")) {
    const there = name in node || name in server || new RegExp(`\\b${name}\\b`).test(EXPORTS);
    expect(there, name).toBe(true);
  }
});

test("the names of streams are exports", () => {
  for (const name of names("Stream names")) expect(name in streams, name).toBe(true);
});

test("the names of the codec are exports, or members of a connection", () => {
  for (const name of names("Codec names")) {
    expect(name in codec || name in codec.Connection.prototype, name).toBe(true);
  }
});
