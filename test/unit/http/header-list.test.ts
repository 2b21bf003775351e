// The header fields of a head.
import { describe, expect, test } from "vitest";
import { HeaderList } from "../../../src/http/header-list.js";

const list = HeaderList.from(["Host", "a", "X-One", "1", "x-one", "2", "__proto__", "p", "X-ONE", "3"]);

describe("HeaderList", () => {
  test("finds names in any case (RFC 6455 section 4.1)", () => {
    expect(list.get("host")).toBe("a");
    expect(list.get("HOST")).toBe("a");
    expect(list.has("hOsT")).toBe(true);
    expect(list.get("hos")).toBeUndefined();
    expect(list.get("")).toBeUndefined();
  });

  test("the Kelvin sign and the long s are no ASCII letters (RFC 6455 section 2.1)", () => {
    const odd = HeaderList.from(["Key", "k", "Sec", "s"]);
    expect(odd.has("\u212aey")).toBe(false);
    expect(odd.has("\u017fec")).toBe(false);
    expect(odd.has("kEY")).toBe(true);
  });

  test("shows a repeated field as often as it was sent (RFC 9110 section 5.3)", () => {
    expect(list.getAll("X-one")).toEqual(["1", "2", "3"]);
    expect(list.getAll("host")).toEqual(["a"]);
    expect(list.get("X-one")).toBe("1, 2, 3");
    expect(list.count("X-one")).toBe(3);
    expect(list.count("y")).toBe(0);
    expect(list.size).toBe(5);
  });

  test("iterates in order, names as sent", () => {
    expect([...list].map(([name, value]) => `${name}=${value}`).join(" ")).toBe(
      "Host=a X-One=1 x-one=2 __proto__=p X-ONE=3",
    );
  });

  test("toObject has no prototype to reach", () => {
    const object = list.toObject();
    expect(Object.getPrototypeOf(object)).toBeNull();
    expect(Object.entries(object)).toEqual([
      ["host", "a"],
      ["x-one", "1, 2, 3"],
      ["__proto__", "p"],
    ]);
  });

  test("keeps no hold of the array it is made from", () => {
    const raw = ["a", "b"];
    const copy = HeaderList.from(raw);
    raw[1] = "c";
    expect(copy.get("a")).toBe("b");
  });

  test("throws for half a field, or one that is no string", () => {
    expect(() => HeaderList.from(["a"])).toThrow(TypeError);
    const broken: string[] = ["a", ""];
    Reflect.set(broken, 1, 7);
    expect(() => HeaderList.from(broken)).toThrow(TypeError);
  });
});
