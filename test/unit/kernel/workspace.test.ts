import { describe, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
import * as layout from "../../../src/kernel/generated/layout.js";
import { type WindowHolder, Workspace } from "../../../src/memory/workspace.js";
import { Outbox } from "../../../src/protocol/outbox.js";

/** A transport that has these bytes still to write. */
function holder(bufferedAmount: number): WindowHolder & { bufferedAmount: number } {
  return { bufferedAmount };
}

const sink = { onLost() {} };

describe("the write windows", () => {
  test("go to one writer at a time", () => {
    const workspace = new Workspace("js");
    const first = {};
    expect(workspace.leaseWriteWindow(first)).toBe(true);
    expect(workspace.leaseWriteWindow({})).toBe(false);
    expect(workspace.leaseWriteWindow(first)).toBe(false);
    workspace.releaseWriteWindow(undefined);
    expect(workspace.leaseWriteWindow({})).toBe(true);
  });

  test("are not given to another writer before the transport has written all of them", () => {
    const workspace = new Workspace("js");
    const holders = Array.from({ length: layout.WRITE_WINDOWS }, () => holder(1));
    const leased = holders.map((each) => {
      expect(workspace.leaseWriteWindow(each)).toBe(true);
      const { writePtr } = workspace;
      workspace.releaseWriteWindow(each);
      return writePtr;
    });
    expect(leased).toEqual(holders.map((_, i) => layout.WRITE_WINDOW_PTR + i * layout.WRITE_WINDOW_STRIDE));
    expect(workspace.leaseWriteWindow({})).toBe(false);
    const second = holders[1];
    if (second === undefined) throw new Error("there are several windows");
    second.bufferedAmount = 0;
    expect(workspace.leaseWriteWindow({})).toBe(true);
    expect(workspace.writePtr).toBe(leased[1]);
    expect(workspace.written).toBe(0);
  });

  test("are lent while there is another one", () => {
    const workspace = new Workspace("js");
    const box = new Outbox(workspace, portableHost, sink);
    const lent: (WindowHolder & { bufferedAmount: number })[] = [];
    for (let i = 1; i < layout.WRITE_WINDOWS; i++) {
      box.cork();
      expect(box.lendable).toBe(true);
      const transport = holder(10);
      lent.push(transport);
      box.release(transport);
    }
    box.cork();
    expect(box.lendable).toBe(false);
    for (const transport of lent) {
      transport.bufferedAmount = 0;
      expect(box.lendable).toBe(true);
      transport.bufferedAmount = 10;
      expect(box.lendable).toBe(false);
    }
  });

  test("staged bytes are seen where they stand", () => {
    const workspace = new Workspace("js");
    const box = new Outbox(workspace, portableHost, sink);
    box.cork();
    expect(box.staged()).toHaveLength(0);
    for (const byte of [1, 2, 3]) {
      const ptr = box.reserve(1);
      workspace.memory[ptr] = byte;
      box.commit(ptr, 1);
    }
    expect([...box.staged()]).toEqual([1, 2, 3]);
    expect(box.staged().buffer).toBe(workspace.memory.buffer);
  });
});
