// The way out of a session by itself: when it writes, and what it tells of back-pressure.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SocketOptions } from "../../../../src/adapter/socket/options.js";
import { Output } from "../../../../src/adapter/socket/output.js";
import { Owner } from "./parts.js";

vi.mock("../../../../src/host/globals.js", () => import("../../../support/global-timers.js"));

const owners: Owner[] = [];

function make(options: SocketOptions = {}) {
  const owner = new Owner(options);
  owners.push(owner);
  return { owner, output: new Output(owner), ...owner };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  // All outputs of a thread share the end of its turn.
  for (const owner of owners.splice(0)) owner.endTurn();
});

describe("output", () => {
  test("that is sent outside of a read leaves at the end of the turn, in one write", () => {
    const { owner, output, endpoint, transport } = make();
    endpoint.sendText("a");
    expect(output.queued()).toBe("sent");
    endpoint.sendText("b");
    expect(output.queued()).toBe("sent");
    expect(transport.written).toEqual([]);
    owner.endTurn();
    expect(transport.written.join(" ")).toBe("81 01 61 81 01 62");
    owner.endTurn();
    expect(transport.written.join(" ")).toBe("81 01 61 81 01 62");
  });

  test("that is sent while a read is handled leaves when it was", () => {
    const { output, endpoint, transport } = make();
    output.cork();
    endpoint.sendText("a");
    output.queued();
    expect(transport.written).toEqual([]);
    output.uncork();
    expect(transport.written).toEqual(["81 01 61"]);
  });

  test("waits while the transport is blocked, and drains once it is not", () => {
    const { owner, output, endpoint, transport } = make();
    transport.blocked = true;
    endpoint.sendText("a");
    expect(output.queued()).toBe("buffered");
    owner.endTurn();
    expect(transport.written).toEqual([]);
    expect(output.bufferedAmount).toBe(3);
    transport.blocked = false;
    output.uncork();
    expect(transport.written).toEqual(["81 01 61"]);
    expect(owner.told).toEqual(["drained"]);
    output.uncork();
    expect(owner.told).toEqual(["drained"]);
  });

  test("is over the limit when the peer leaves that much unread, but not for a burst", () => {
    const limits = { maxBackpressureBytes: 100 };
    const { output, endpoint, transport } = make({ limits });
    endpoint.sendBinary(new Uint8Array(120));
    expect(output.overLimit(true)).toBe(false);
    transport.blocked = true;
    endpoint.sendBinary(new Uint8Array(120));
    // A burst: the peer had no chance to read it.
    expect(output.overLimit(true)).toBe(false);
    output.flush();
    endpoint.sendBinary(new Uint8Array(120));
    expect(output.overLimit(true)).toBe(true);
    expect(make({ limits, backpressure: "queue" }).output.overLimit(true)).toBe(false);
  });

  test("counts messages that wait for a fragmented one, though the transport takes all", () => {
    const limits = { maxBackpressureBytes: 100 };
    const { owner, output, endpoint, transport } = make({ limits });
    endpoint.sendFragment("a", false);
    endpoint.sendBinary(new Uint8Array(120));
    expect(output.queued()).toBe("sent");
    expect(output.bufferedAmount).toBe(3 + 122);
    // In the turn in which it was sent it is a burst; but it is one no more behind it.
    expect(output.overLimit(true)).toBe(false);
    owner.endTurn();
    expect(transport.written).toEqual(["01 01 61"]);
    expect(output.bufferedAmount).toBe(122);
    endpoint.sendBinary(new Uint8Array(120));
    expect(output.overLimit(true)).toBe(true);
    // The fragments themselves do not wait behind these.
    expect(output.overLimit(false)).toBe(false);
    endpoint.sendFragment("b", true);
    output.flush();
    expect(output.bufferedAmount).toBe(0);
    expect(output.overLimit(true)).toBe(false);
  });

  test("drains when the last of the messages that waited has left", () => {
    const { owner, output, endpoint, transport } = make();
    endpoint.sendFragment("a", false);
    endpoint.sendBinary(new Uint8Array(1 << 17));
    expect(output.queued()).toBe("buffered");
    owner.endTurn();
    expect(owner.told).toEqual([]);
    endpoint.sendFragment("b", true);
    output.queued();
    owner.endTurn();
    expect(transport.written.join(" ")).toContain("80 01 62 82 7f 00 00 00 00 00 02 00 00");
    expect(owner.told).toEqual(["drained"]);
  });

  test("stalls when nothing was taken for writeMs, and not while some is", () => {
    const { owner, output, endpoint, transport } = make({ timeouts: { writeMs: 1_000 } });
    transport.blocked = true;
    endpoint.sendText("a");
    output.flush();
    transport.sentBytes++;
    vi.advanceTimersByTime(1_500);
    expect(owner.told).toEqual([]);
    vi.advanceTimersByTime(1_500);
    expect(owner.told).toEqual(["stalled"]);
  });

  test("finishes once the Close frame has left, without a drain", () => {
    const { owner, output, endpoint, transport } = make();
    transport.blocked = true;
    endpoint.sendText("a");
    output.queued();
    endpoint.fail(1011, "");
    transport.blocked = false;
    output.flush();
    expect(owner.told).toEqual(["finished"]);
  });

  test("that the transport refuses to write is reported, and nothing is thrown", () => {
    const { owner, output, endpoint, transport } = make();
    transport.failure = new Error("no");
    endpoint.sendText("a");
    expect(output.queued()).toBe("sent");
    owner.endTurn();
    expect(owner.told).toEqual(["broke: Error: no"]);
  });

  test("of a transport that is gone is not written", () => {
    const { owner, output, endpoint, transport } = make();
    owner.gone = true;
    endpoint.sendText("a");
    output.flushNow();
    output.flush();
    expect(transport.written).toEqual([]);
  });
});
