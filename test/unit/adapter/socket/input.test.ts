// The way in of a session by itself: what it gives to the endpoint at once, and what it keeps for later turns.
import { describe, expect, test } from "vitest";
import { Input } from "../../../../src/adapter/socket/input.js";
import { masked } from "../../../adapters/raw-peer.js";
import { concat } from "../../../support/hex.js";
import { Owner, SURROUNDINGS } from "./parts.js";

class InputProbe extends Owner {
  readonly output = SURROUNDINGS.output;
  readonly keepalive = SURROUNDINGS.keepalive;
  readonly application = SURROUNDINGS.application;
  readonly input = new Input(this);
  readonly paused: boolean[] = [];

  constructor() {
    super();
    this.transport.pause = () => void this.paused.push(true);
    this.transport.resume = () => void this.paused.push(false);
  }
}

describe("input", () => {
  test("goes to the endpoint at once", () => {
    const { input, sink } = new InputProbe();
    input.received(masked("81 01 | 'a'"));
    expect(sink.lines).toEqual(['text "a"']);
    expect(input.waiting).toBe(false);
  });

  test("that comes while a handler of the connection runs is kept, in order, for the next turn", () => {
    const probe = new InputProbe();
    const { input, sink, paused } = probe;
    sink.inside = () => {
      sink.inside = () => {};
      input.received(masked("81 01 | 'b'"));
      input.received(masked("81 01 | 'c'"));
    };
    input.received(masked("81 01 | 'a'"));
    expect(sink.lines).toEqual(['text "a"']);
    expect(paused).toEqual([true]);
    probe.endTurn();
    expect(sink.lines).toEqual(['text "a"', 'text "b"', 'text "c"']);
    expect(paused).toEqual([true, false]);
  });

  test("that filled the memory of a read rests for a turn", () => {
    const probe = new InputProbe();
    probe.input.received(new Uint8Array(64 * 1024));
    expect(probe.paused).toEqual([true]);
    probe.endTurn();
    expect(probe.paused).toEqual([true, false]);
  });

  test("stays paused through a rest if the application asked for that", () => {
    const probe = new InputProbe();
    probe.input.pause();
    probe.input.received(new Uint8Array(64 * 1024));
    probe.endTurn();
    expect(probe.paused.at(-1)).toBe(true);
    probe.input.resume();
    expect(probe.paused.at(-1)).toBe(false);
  });

  test("is over once, after the bytes that came before the end", () => {
    const probe = new InputProbe();
    const { input, sink, told } = probe;
    sink.inside = () => {
      sink.inside = () => {};
      input.received(masked("81 01 | 'b'"));
      input.end();
    };
    input.received(masked("81 01 | 'a'"));
    expect(told).toEqual([]);
    probe.endTurn();
    expect(sink.lines).toEqual(['text "a"', 'text "b"']);
    expect(told).toEqual(["input over"]);
    input.end();
    expect(told).toEqual(["input over", "input over"]);
  });

  test("that is held gives nothing more, and pauses the transport when bytes come", () => {
    const probe = new InputProbe();
    const { input, sink, paused } = probe;
    sink.inside = () => input.hold();
    input.received(concat([masked("81 01 | 'a'"), masked("81 01 | 'b'"), masked("81 01 | 'c'")]));
    expect(sink.lines).toEqual(['text "a"']);
    expect(paused).toEqual([]);
    input.received(masked("81 01 | 'd'"));
    expect(paused).toEqual([true]);
    for (const line of ['text "b"', 'text "c"', 'text "d"']) {
      expect(input.waiting).toBe(true);
      input.release();
      expect(sink.lines.at(-1)).toBe(line);
    }
    expect(paused).toEqual([true]);
    input.release();
    expect(paused).toEqual([true, false]);
    expect(input.waiting).toBe(false);
    input.release();
    expect(sink.lines).toHaveLength(4);
  });

  test("that is held and released many times at once rests for a turn", () => {
    const probe = new InputProbe();
    const { input, sink } = probe;
    sink.inside = () => input.hold();
    input.received(concat(Array.from({ length: 100 }, () => masked("81 01 | 'a'"))));
    while (input.held) input.release();
    expect(sink.lines).toHaveLength(32);
    probe.endTurn();
    expect(sink.lines).toHaveLength(33);
  });

  test("that is held is over when it was released, or dropped and the turn has ended", () => {
    for (const way of ["release", "drop"] as const) {
      const probe = new InputProbe();
      const { input, told, sink } = probe;
      sink.inside = () => input.hold();
      input.received(masked("81 01 | 'a'"));
      input.end();
      expect(told).toEqual([]);
      input[way]();
      if (way === "drop") {
        expect(told).toEqual([]);
        probe.endTurn();
      }
      expect(told).toEqual(["input over"]);
    }
  });
});
