// The bytes that wait to be sent: each outbox keeps its own, in order, however many share the write windows.
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { Workspace } from "../../../src/memory/workspace.js";
import { Outbox, type OutboxSink } from "../../../src/protocol/outbox.js";
import { CountingHost } from "../../support/counting-host.js";
import { concat, hex, toHex } from "../../support/hex.js";

/** Nothing is lost where memory stays where it is. */
const sink: OutboxSink = {
  onLost(error) {
    throw error;
  },
};

let workspace: Workspace;
let outbox: Outbox;
beforeEach(() => {
  workspace = new Workspace("js");
  outbox = new Outbox(workspace, portableHost, sink);
});

/** Builds a frame of equal bytes, asking for more room than it takes. */
function build(target: Outbox, byte: number, length: number, spare = 14): void {
  const ptr = target.reserve(length + spare);
  workspace.linear.memory.fill(byte, ptr, ptr + length);
  target.commit(ptr, length);
}

describe("uncorked", () => {
  test("each frame is a chunk of its own", () => {
    build(outbox, 1, 2);
    build(outbox, 2, 1);
    expect([outbox.bytes, outbox.staged().length]).toEqual([3, 0]);
    expect(outbox.take().map(toHex)).toEqual(["01 01", "02"]);
    expect(outbox.bytes).toBe(0);
    expect(outbox.take()).toEqual([]);
  });

  test("what is appended is not copied", () => {
    const bytes = hex("01 02");
    outbox.append(bytes);
    expect(outbox.take()[0]).toBe(bytes);
  });
});

describe("corked", () => {
  test("frames gather into one chunk", () => {
    outbox.cork();
    build(outbox, 1, 2);
    build(outbox, 2, 1);
    expect([outbox.bytes, outbox.staged().length]).toEqual([3, 3]);
    outbox.uncork();
    expect([outbox.bytes, outbox.staged().length]).toEqual([3, 0]);
    expect(outbox.take().map(toHex)).toEqual(["01 01 02"]);
  });

  test("nothing makes no chunk", () => {
    outbox.cork();
    outbox.uncork();
    expect(outbox.take()).toEqual([]);
  });

  test("what is appended keeps its place", () => {
    build(outbox, 1, 1);
    outbox.cork();
    build(outbox, 2, 1);
    outbox.append(hex("03"));
    build(outbox, 4, 1);
    outbox.append(hex("05"));
    build(outbox, 6, 1);
    expect(outbox.take().map(toHex)).toEqual(["01", "02", "03", "04", "05", "06"]);
  });

  test("take empties the write window, which may be filled again", () => {
    outbox.cork();
    build(outbox, 1, 1);
    const [first] = outbox.take();
    build(outbox, 2, 1);
    expect(toHex(first ?? hex(""))).toBe("01");
    expect(outbox.take().map(toHex)).toEqual(["02"]);
  });

  test("a full window makes room and loses nothing", () => {
    outbox.cork();
    const length = 60_000;
    for (let i = 1; i <= 7; i++) build(outbox, i, length);
    expect(outbox.bytes).toBe(7 * length);
    const expected = concat(Array.from({ length: 7 }, (_, i) => new Uint8Array(length).fill(i + 1)));
    expect(Buffer.compare(concat(outbox.take()), expected)).toBe(0);
  });

  test("a window filled to its last byte", () => {
    outbox.cork();
    const half = layout.WRITE_WINDOW_LENGTH / 2;
    build(outbox, 1, half, 0);
    build(outbox, 2, half, 0);
    expect(outbox.staged().length).toBe(layout.WRITE_WINDOW_LENGTH);
    build(outbox, 3, 1, 0);
    expect([outbox.bytes, toHex(outbox.staged())]).toEqual([layout.WRITE_WINDOW_LENGTH + 1, "03"]);
  });

  test("a release drops what was written already", () => {
    outbox.cork();
    build(outbox, 1, 1);
    outbox.release();
    expect(outbox.bytes).toBe(0);
    outbox.cork();
    build(outbox, 2, 1);
    expect(outbox.take().map(toHex)).toEqual(["02"]);
  });

  test("clear drops everything and gives the window back", () => {
    const other = new Outbox(workspace, portableHost, sink);
    outbox.append(hex("01"));
    outbox.cork();
    build(outbox, 2, 1);
    outbox.clear();
    expect(outbox.bytes).toBe(0);
    other.cork();
    build(other, 3, 1);
    expect(toHex(other.staged())).toBe("03");
  });

  test("the second to cork works uncorked, and its uncork takes nothing from the first", () => {
    const other = new Outbox(workspace, portableHost, sink);
    outbox.cork();
    build(outbox, 1, 1);
    other.cork();
    build(other, 7, 1);
    build(outbox, 2, 1);
    other.uncork();
    other.release();
    build(outbox, 3, 1);
    expect(outbox.staged().length).toBe(3);
    expect(other.take().map(toHex)).toEqual(["07"]);
    expect(outbox.take().map(toHex)).toEqual(["01 02 03"]);
  });
});

test("a new kernel keeps what stands in the write window", () => {
  outbox.cork();
  build(outbox, 1, 3);
  workspace.linear.replace();
  build(outbox, 2, 1);
  expect(outbox.take().map(toHex)).toEqual(["01 01 01 02"]);
});

test("any mix of calls on three outboxes gives each its bytes, in order", () => {
  const action = fc.record({
    who: fc.integer({ min: 0, max: 2 }),
    what: fc.constantFrom("cork", "uncork", "build", "build", "append", "take"),
    length: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 65_000 })),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      workspace = new Workspace("js");
      const boxes = Array.from({ length: 3 }, () => {
        const sent: Uint8Array[] = [];
        const taken: Uint8Array[] = [];
        return { box: new Outbox(workspace, portableHost, sink), sent, taken };
      });
      let byte = 0;
      for (const { who, what, length } of actions) {
        const each = boxes[who];
        if (each === undefined) throw new Error("no such outbox");
        const { box } = each;
        const bytes = new Uint8Array(length + 1).fill(++byte);
        if (what === "cork") box.cork();
        else if (what === "uncork") box.uncork();
        else if (what === "take") each.taken.push(...box.take());
        else {
          each.sent.push(bytes);
          if (what === "append") box.append(bytes);
          else build(box, byte, length + 1);
        }
        const waiting = concat(each.sent).length - concat(each.taken).length;
        expect(box.bytes).toBe(waiting);
      }
      for (const { box, sent, taken } of boxes) {
        expect(latin1(concat([...taken, ...box.take()]))).toBe(latin1(concat(sent)));
      }
    }),
    { seed: 20_261, numRuns: 200 },
  );
});

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

test("what is staged can be looked at where it stands, and be given up", () => {
  outbox.cork();
  expect(outbox.lendable).toBe(true);
  build(outbox, 1, 2);
  build(outbox, 2, 1);
  const staged = outbox.staged();
  expect(toHex(staged)).toBe("01 01 02");
  expect(staged.buffer).toBe(workspace.linear.memory.buffer);
  outbox.release();
  expect([outbox.bytes, outbox.take()]).toEqual([0, []]);
});

describe("without memory", () => {
  const none = new RangeError("Array buffer allocation failed");
  let short = false;
  const host = {
    ...portableHost,
    copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
      if (short) throw none;
      return portableHost.copy(bytes, start, end);
    },
  };
  beforeEach(() => {
    outbox = new Outbox(workspace, host, sink);
    outbox.append(hex("01"));
    outbox.cork();
    build(outbox, 2, 3);
    short = true;
  });
  afterEach(() => {
    short = false;
  });

  /** Whether another outbox gets a write window. */
  function windowIsFree(): boolean {
    const other = new Outbox(workspace, portableHost, sink);
    other.cork();
    build(other, 3, 1);
    const { length } = other.staged();
    other.release();
    return length === 1;
  }

  test("clear drops all the same, and gives the window back", () => {
    outbox.clear();
    expect(outbox.bytes).toBe(0);
    expect(windowIsFree()).toBe(true);
  });

  test("uncork fails, but gives the window back, and what was queued before stays", () => {
    expect(() => outbox.uncork()).toThrow(none);
    expect(windowIsFree()).toBe(true);
    expect(outbox.take().map(toHex)).toEqual(["01"]);
  });

  test.each([
    ["append", () => outbox.append(hex("09"))],
    ["take", () => outbox.take()],
    ["reserve", () => outbox.reserve(layout.WRITE_WINDOW_LENGTH)],
  ])("%s fails and changes nothing", (_, call) => {
    expect(call).toThrow(none);
    expect([outbox.bytes, outbox.staged().length]).toEqual([4, 3]);
    short = false;
    expect(outbox.take().map(toHex)).toEqual(["01", "02 02 02"]);
  });

  test("clear asks for none", () => {
    const counting = new CountingHost();
    outbox = new Outbox(workspace, counting, sink);
    build(outbox, 1, 1);
    const { calls } = counting;
    outbox.clear();
    expect(counting.calls).toBe(calls);
  });
});
