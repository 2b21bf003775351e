// Addresses of peers, in the form in which applications compare them.
import { expect, test } from "vitest";
import { peerAddressOf } from "../../../src/adapter/peer-address.js";
import { connect, type HandshakeRequest, serve } from "../../../src/node/index.js";

test.each([
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["192.0.2.1", "192.0.2.1"],
  ["::1", "::1"],
  ["::ffff:0:1", "::ffff:0:1"],
  ["2001:db8::1", "2001:db8::1"],
  ["", ""],
  [undefined, ""],
])("%s is %s", (given, address) => {
  expect(peerAddressOf(given)).toBe(address);
});

test.each(["on", "off"] as const)(
  "a server on all addresses sees an IPv4 client by its IPv4 address, with internals %s",
  async (internals) => {
    const seen: string[] = [];
    const upgrade = ({ remoteAddress }: HandshakeRequest): undefined => {
      seen.push(remoteAddress);
    };
    const server = await serve({ internals, upgrade }, {});
    const socket = await connect(`ws://127.0.0.1:${server.port}/`);
    for (const { remoteAddress } of server.connections.values()) seen.push(remoteAddress);
    socket.close();
    await server.close();
    expect(seen).toEqual(["127.0.0.1", "127.0.0.1"]);
  },
);
