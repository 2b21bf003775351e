// Loops over the events of a chunk, by the iterator itself.
import { expect, test } from "vitest";
import { Connection } from "../../../src/index.js";
import { KEY } from "../../support/frame.js";
import { wire } from "../../support/wire.js";

test("an iterator of the events can be looped over, too, and goes on where it stands", () => {
  const connection = new Connection({ role: "server" });
  const events = connection.receive(wire(["81 01 | 'a'", "89 00 |", "81 01 | 'b'"], KEY).bytes);
  const iterator = events[Symbol.iterator]();
  expect(iterator.next()).toMatchObject({ done: false, value: { type: "text", text: "a" } });
  expect([...iterator].map(({ type }) => type)).toEqual(["ping", "text"]);
  expect(iterator.next()).toEqual({ done: true, value: undefined });
});

test("a list that is made by the class of the events, from any, is looped over like an array", () => {
  const connection = new Connection({ role: "server" });
  const events = connection.receive(wire(["81 01 | 'a'"], KEY).bytes);
  const made: unknown = Reflect.apply(Reflect.get(events.constructor, "from"), events.constructor, [[1, 2]]);
  expect(Array.isArray(made) && [...made]).toEqual([1, 2]);
});
