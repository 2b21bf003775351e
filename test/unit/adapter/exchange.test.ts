// If any step fails while a client waits for an answer, it gets one result, and nothing is thrown at the transport or
// the clock.
import { expect, test, vi } from "vitest";
import { connect } from "../../../src/adapter/client/transport-client.js";
import { createRuntime } from "../../../src/adapter/portable-runtime.js";
import type { TransportSink } from "../../../src/adapter/transport.js";
import { FakeTransport } from "../../support/fake-transport.js";
import { latin1 } from "../handshake/every-cut.js";

vi.mock("../../../src/host/globals.js", () => import("../../support/global-timers.js"));

class Broken extends FakeTransport {
  sink!: TransportSink;
  override destroy(): void {
    throw new Error("destroy is broken");
  }
}

test.each<[string, (transport: Broken) => void, RegExp]>([
  ["the server's end", ({ sink }) => sink.ended(), /without an answer/],
  ["an error below", ({ sink }) => sink.failed(new Error("reset")), /^Error: reset$/],
  ["a malformed answer", ({ sink }) => sink.received(latin1("\0")), /HandshakeError/],
  ["a refusal", ({ sink }) => sink.received(latin1("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")), /404/],
  ["the time-out", () => void vi.advanceTimersByTime(2000), /within 1000 ms/],
])("a transport that throws when it is destroyed, after %s", async (_, happens, expected) => {
  vi.useFakeTimers();
  try {
    const transport = new Broken();
    const dialer = { runtime: createRuntime(), open: () => transport };
    const failed = connect(dialer, "ws://a/", { timeouts: { handshakeMs: 1000 } }).catch(String);
    await vi.advanceTimersByTimeAsync(0);
    expect(() => happens(transport)).not.toThrow();
    expect(await failed).toMatch(expected);
  } finally {
    vi.useRealTimers();
  }
});
