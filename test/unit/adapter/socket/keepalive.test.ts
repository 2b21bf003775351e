// The keepalive of a session by itself: pings after silence, and the bound on the closing handshake.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Input } from "../../../../src/adapter/socket/input.js";
import { Keepalive } from "../../../../src/adapter/socket/keepalive.js";
import { Output } from "../../../../src/adapter/socket/output.js";
import { Owner, SURROUNDINGS } from "./parts.js";

vi.mock("../../../../src/host/globals.js", () => import("../../../support/global-timers.js"));

class KeepaliveProbe extends Owner {
  readonly input = new Input({ ...this.parts(), ...SURROUNDINGS });
  readonly output = new Output(this);
  readonly keepalive = new Keepalive(this);

  constructor() {
    super({ timeouts: { pingIntervalMs: 1_000, pingTimeoutMs: 1_000, closeMs: 1_000 } });
    this.keepalive.start();
  }

  parts() {
    const { endpoint, transport, context } = this;
    return { endpoint, transport, context, inputOver() {}, broke() {} };
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("silence gets a ping, and more of it the end", () => {
  const { transport, told } = new KeepaliveProbe();
  vi.advanceTimersByTime(1_100);
  expect(transport.written).toEqual(["89 00"]);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1_100);
  expect(told).toEqual(["PING_TIMEOUT"]);
});

test("a peer that is heard is not pinged, and one that answers a ping has its time anew", () => {
  const { keepalive, transport, told } = new KeepaliveProbe();
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(800);
    keepalive.heard();
  }
  expect(transport.written).toEqual([]);
  vi.advanceTimersByTime(1_100);
  keepalive.heard();
  vi.advanceTimersByTime(900);
  expect(told).toEqual([]);
  expect(transport.written).toEqual(["89 00"]);
});

test("while nothing is read, silence proves nothing", () => {
  const { input, transport, told } = new KeepaliveProbe();
  input.pause();
  vi.advanceTimersByTime(10_000);
  expect(transport.written).toEqual([]);
  expect(told).toEqual([]);
});

test("a closing handshake may take closeMs, whatever is heard meanwhile", () => {
  const { keepalive, endpoint, told } = new KeepaliveProbe();
  endpoint.close(1000);
  keepalive.closingBegan();
  vi.advanceTimersByTime(900);
  keepalive.heard();
  vi.advanceTimersByTime(200);
  expect(told).toEqual(["CLOSE_TIMEOUT"]);
});

test("a peer that took bytes before the closing handshake, and none of what waits since, has no more than closeMs", () => {
  const { keepalive, endpoint, transport, told } = new KeepaliveProbe();
  transport.sentBytes = 1_000_000;
  endpoint.sendText("what waits");
  endpoint.close(1000);
  keepalive.closingBegan();
  vi.advanceTimersByTime(900);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(200);
  expect(told).toEqual(["CLOSE_TIMEOUT"]);
});

test("a peer that takes what waits in the closing handshake has more time", () => {
  const { keepalive, endpoint, transport, told } = new KeepaliveProbe();
  endpoint.sendText("what waits");
  endpoint.close(1000);
  keepalive.closingBegan();
  transport.sentBytes += 1;
  vi.advanceTimersByTime(1_100);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1_100);
  expect(told).toEqual(["CLOSE_TIMEOUT"]);
});

test("nothing is left after it was stopped", () => {
  const { keepalive } = new KeepaliveProbe();
  keepalive.stop();
  // A timer may go on to its next tick.
  vi.advanceTimersByTime(2_000);
  expect(vi.getTimerCount()).toBe(0);
});
