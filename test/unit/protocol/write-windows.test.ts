// Transports that hold write windows: what they still have to write stands there until they have written it.
import { beforeEach, expect, test } from "vitest";
import { portableHost } from "../../../src/host/host.js";
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
