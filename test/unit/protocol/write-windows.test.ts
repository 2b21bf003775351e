// Transports that hold write windows: what they still have to write stands there until they have written it.
import { beforeEach, expect, test } from "vitest";
import { type Host, portableHost } from "../../../src/host/host.js";
import { WRITE_WINDOWS } from "../../../src/kernel/generated/layout.js";
import { Workspace } from "../../../src/memory/workspace.js";
import type { WindowHolder } from "../../../src/memory/write-windows.js";
import { Outbox } from "../../../src/protocol/outbox.js";

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace("js");
});

/** An outbox that has a write window, if there is one. */
function corked(): Outbox {
  const outbox = new Outbox(workspace, portableHost, { onLost() {} });
  outbox.cork();
  return outbox;
}

function build(outbox: Outbox, ...bytes: number[]): void {
  const ptr = outbox.reserve(bytes.length);
  workspace.linear.memory.set(bytes, ptr);
  outbox.commit(ptr, bytes.length);
}

/** A transport that still has to write what it was lent. */
interface Transport extends WindowHolder {
  bufferedAmount: number;
  readonly lent: Uint8Array;
}

/** Builds a frame in a write window and lends that to a transport. */
function lend(...bytes: number[]): Transport {
  const outbox = corked();
  build(outbox, ...bytes);
  const transport = { bufferedAmount: bytes.length, lent: outbox.staged() };
  outbox.release(transport);
  return transport;
}

const hasWindow = (outbox: Outbox): boolean => {
  build(outbox, 9);
  return outbox.staged().length === 1;
};

test("what is lent stays as it is while others write", () => {
  const transports = Array.from({ length: WRITE_WINDOWS }, (_, i) => lend(i, i, i));
  const other = corked();
  build(other, 7, 7, 7, 7);
  expect(other.take().map((bytes) => [...bytes])).toEqual([[7, 7, 7, 7]]);
  expect(transports.map(({ lent }) => [...lent])).toEqual(transports.map((_, i) => [i, i, i]));
});

test("a window serves another writer once the transport has written all of it, and no earlier", () => {
  const transports = Array.from({ length: WRITE_WINDOWS }, () => lend(1, 2));
  expect(hasWindow(corked())).toBe(false);
  const [, second] = transports;
  if (second === undefined) throw new Error("there are several windows");
  second.bufferedAmount = 1;
  expect(hasWindow(corked())).toBe(false);
  second.bufferedAmount = 0;
  expect(hasWindow(corked())).toBe(true);
});

test("all windows but the last may be lent", () => {
  const transports: Transport[] = [];
  for (let i = 1; i < WRITE_WINDOWS; i++) transports.push(lend(i));
  const last = corked();
  expect(last.lendable).toBe(false);
  for (const transport of transports) {
    transport.bufferedAmount = 0;
    expect(last.lendable).toBe(true);
    transport.bufferedAmount = 1;
    expect(last.lendable).toBe(false);
  }
});

test("one writer has a window at a time, and only that writer gives it back", () => {
  const first = corked();
  build(first, 1);
  const second = corked();
  expect(hasWindow(second)).toBe(false);
  second.release();
  expect([...first.staged()]).toEqual([1]);
  first.release();
  expect(hasWindow(corked())).toBe(true);
});

/** Builds one frame in a write window, and gives the view of it that a transport would get. */
function view(length: number, host: Host = portableHost): Uint8Array {
  const outbox = new Outbox(workspace, host, { onLost() {} });
  outbox.cork();
  build(outbox, ...Array.from({ length }, () => length & 0xff));
  const staged = outbox.staged();
  outbox.release();
  return staged;
}

test("writes of the same length share a view, and others have views of their own", () => {
  const lengths = [1, 2, 257, 258, 513, 3000];
  for (const length of lengths) {
    const first = view(length);
    expect(first.length).toBe(length);
    expect([...first].every((byte) => byte === (length & 0xff))).toBe(true);
    expect(view(length)).toBe(first);
  }
});

test("a view that another length has displaced is made again, and never one of that length", () => {
  const first = view(1);
  expect(view(257)).toHaveLength(257);
  expect(view(1)).not.toBe(first);
  expect([...view(1)]).toEqual([1]);
});

test("no view outlives the memory that it shows, and each host makes its own", () => {
  const before = view(3);
  workspace.linear.replace();
  const after = view(3);
  expect(after.buffer).toBe(workspace.linear.memory.buffer);
  expect(after.buffer).not.toBe(before.buffer);
  const other = { ...portableHost, view: (...args: Parameters<Host["view"]>) => portableHost.view(...args) };
  expect(view(3, other)).not.toBe(after);
});

test("each window has its own views", () => {
  const [first, second] = [lend(1, 1), lend(2, 2)];
  expect(first.lent.byteOffset).not.toBe(second.lent.byteOffset);
  expect([[...first.lent], [...second.lent]]).toEqual([
    [1, 1],
    [2, 2],
  ]);
});
