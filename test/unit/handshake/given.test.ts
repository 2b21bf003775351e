// Properties that other code puts on `Object.prototype` do not change the answer to a handshake.
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { hostOptions } from "../../../src/adapter/host-options.js";
import { buildAccept, buildRefusal, checkUpgrade, HeadParser } from "../../../src/handshake/index.js";
import { given, isGiven } from "../../../src/http/given.js";
import { buildAnswer, checkPlain } from "../../../src/http/plain.js";
import { change, EXAMPLE, latin1, wire } from "./every-cut.js";

const polluted: string[] = [];

function pollute(name: string, value: unknown): void {
  polluted.push(name);
  Object.defineProperty(Object.prototype, name, hostOptions({ value, configurable: true, writable: true }));
}

afterEach(() => {
  for (const name of polluted.splice(0)) Reflect.deleteProperty(Object.prototype, name);
});

const decoder = new TextDecoder();

function everything(): unknown[] {
  const texts = [wire(EXAMPLE), change("Host"), change("Sec-WebSocket-Key"), "OPTIONS * HTTP/1.0\r\n\r\n"];
  return texts.flatMap((text) => {
    const result = new HeadParser("request").push(latin1(text));
    if (result.type !== "head") throw new Error(result.type);
    const upgrade = checkUpgrade(result.head);
    const answer =
      upgrade.type === "upgrade"
        ? [buildAccept(upgrade), buildAccept(upgrade, {}), buildAccept(upgrade, { protocol: "chat" })]
        : [buildRefusal(upgrade, 0), buildRefusal({ status: 400 }, 0)];
    const plain = checkPlain(result.head, 10);
    const page = buildAnswer("GET", { status: 200, phrase: "", headers: [], body: new Uint8Array(0) }, 0);
    return [{ ...upgrade }, { ...plain }, ...[...answer, ...page].map((bytes) => decoder.decode(bytes))];
  });
}

describe("handshakes beside a polluted Object.prototype", () => {
  test.each([
    ["type", "refusal"],
    ["type", "upgrade"],
    ["status", 403],
    ["protocol", "chat"],
    ["headers", { X: "y" }],
    ["body", "no"],
    ["reason", "no"],
    ["origins", []],
    ["expectsContinue", true],
    ["maxHeadBytes", 1],
    ["httpVersion", "1.0"],
    ["then", () => {}],
    ["query", "x"],
  ])("%s = %j changes nothing", (name, value) => {
    const expected = everything();
    pollute(name, value);
    expect(everything()).toEqual(expected);
  });

  test("a property counts if the object has it, or its class, or nobody but Object.prototype", () => {
    class Denied {
      get status(): number {
        return 403;
      }
    }
    pollute("status", 500);
    const of = (object: { readonly status?: number }) => [isGiven(object, "status"), given(object, "status")];
    expect(of(new Denied())).toEqual([true, 403]);
    expect(of(new (class Mine extends Denied {})())).toEqual([true, 403]);
    expect(of(new Response("", { status: 404 }))).toEqual([true, 404]);
    expect(of(hostOptions({ status: 401 }))).toEqual([true, 401]);
    expect(of({})).toEqual([false, undefined]);
    expect(of(runInNewContext("Object.prototype.status = 1; ({})"))).toEqual([false, undefined]);
    expect(of(runInNewContext("({ status: 402 })"))).toEqual([true, 402]);
    expect(of(hostOptions({}))).toEqual([false, undefined]);
    expect(of(new (class Empty {})())).toEqual([false, undefined]);
    expect("status" in hostOptions({})).toBe(false);
  });
});
