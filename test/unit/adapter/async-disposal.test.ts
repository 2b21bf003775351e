// The method of `await using`, also on hosts that do not know it.
import { afterEach, expect, test, vi } from "vitest";
import { giveDisposal } from "../../../src/adapter/async-disposal.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

class Holder {
  closed = 0;
}

async function close(this: Holder): Promise<void> {
  this.closed++;
}

test("it has the name of the host, and inspection does not show it", async () => {
  const holder = new Holder();
  giveDisposal(Holder.prototype, close);
  await Reflect.apply(Reflect.get(holder, Symbol.asyncDispose), holder, []);
  expect(holder.closed).toBe(1);
  expect(Object.keys(Holder.prototype)).toEqual([]);
});

test("a host without the symbol loads it, and compilers of await using find it", async () => {
  const fallback = Symbol.for("Symbol.asyncDispose");
  vi.stubGlobal("Symbol", { for: Symbol.for });
  class Other extends Holder {}
  giveDisposal(Other.prototype, close);
  const holder = new Other();
  await Reflect.apply(Reflect.get(holder, fallback), holder, []);
  expect(holder.closed).toBe(1);
  expect(Object.getOwnPropertyNames(Other.prototype)).toEqual(["constructor"]);
});
