// The connections of a server as a map: like a Map, but for what V8 keeps of it.
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { IdMap } from "../../../src/adapter/id-map.js";
import { Random } from "../../support/reference-random.js";

interface Member {
  readonly id: number;
}

const byId = ([one]: readonly [number, Member], [other]: readonly [number, Member]): number => one - other;

function full(ids: Iterable<number>): IdMap<Member> {
  const map = new IdMap<Member>();
  for (const id of ids) map.add({ id });
  return map;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("a map of members by id", () => {
  test.each([1, 2, 3])(
    "is a Map in the order of the ids, whatever is added and deleted (seed %i)",
    (seed) => {
      const random = new Random(seed);
      const map = new IdMap<Member>();
      const model = new Map<number, Member>();
      for (let step = 1; step <= 2_000; step++) {
        // Mostly a new id, and at times one that was there already.
        const id = random.oneIn(5) ? random.between(1, step) : step;
        const known = [...model.keys()];
        const other = known.length > 0 ? random.pick(known) : 0;
        if (random.oneIn(2)) {
          const member = { id };
          map.add(member);
          model.set(id, member);
        } else {
          const gone = random.oneIn(5) ? id : other;
          map.delete(gone);
          model.delete(gone);
        }
        expect(map.size).toBe(model.size);
        for (const each of [id, other]) {
          expect(map.get(each)).toBe(model.get(each));
          expect(map.has(each)).toBe(model.has(each));
        }
      }
      const expected = [...model].sort(byId);
      expect([...map]).toEqual(expected);
      expect([...map.keys()]).toEqual(expected.map(([id]) => id));
      expect([...map.values()]).toEqual(expected.map(([, member]) => member));
      const visited: unknown[] = [];
      map.forEach(function (this: unknown, ...args) {
        visited.push([this, ...args]);
      }, "self");
      expect(visited).toEqual(expected.map(([id, member]) => ["self", member, id, map]));
    },
  );

  test("visits members that are added meanwhile, and none that are gone", () => {
    const map = full(range(4));
    const seen: number[] = [];
    for (const id of map.keys()) {
      seen.push(id);
      if (id === 1) map.delete(2);
      if (id === 3) map.add({ id: 5 });
    }
    expect(seen).toEqual([1, 3, 4, 5]);
  });

  test.each([1, 150, 200])("visits each member once while all are deleted from the %ith on", (from) => {
    const map = full(range(200));
    const seen: number[] = [];
    for (const id of map.keys()) {
      seen.push(id);
      if (seen.length < from) continue;
      for (const each of range(id)) map.delete(each);
    }
    expect(seen).toEqual(range(200));
    expect([map.size, [...map]]).toEqual([0, []]);
  });

  test("visits each member once while lower ids are added", () => {
    const map = full([10, 20, 30]);
    const seen: number[] = [];
    for (const id of map.keys()) {
      seen.push(id);
      map.add({ id: id - 5 });
    }
    expect(seen).toEqual([10, 20, 30]);
    expect([...map.keys()]).toEqual([5, 10, 15, 20, 25, 30]);
  });
});

test("the memory of members that are gone does not wait for a major collection", () => {
  setFlagsFromString("--expose-gc");
  const collect: (options: { type: "minor" | "major" }) => void = runInNewContext("gc");
  const map = new IdMap<Member & { readonly data: number[] }>();
  let id = 0;
  const next = (): void => map.add({ id: ++id, data: new Array<number>(128).fill(id) });
  const atOnce = 32;
  while (id < atOnce) next();
  // The map's own memory comes into the old generation, at the latest by the second collection.
  collect({ type: "major" });
  collect({ type: "major" });
  const before = oldBytes();
  const count = 10_000;
  for (let i = 1; i <= count; i++) {
    next();
    map.delete(id - atOnce);
    if (i % 500 === 0) collect({ type: "minor" });
  }
  // With a `Map` they are more than 500 bytes each: about half of the members are still there.
  expect((oldBytes() - before) / count).toBeLessThan(200);
});

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")?.space_used_size ?? 0;
}
