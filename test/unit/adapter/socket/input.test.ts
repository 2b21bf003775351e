// The way in of a session by itself: what it gives to the endpoint at once, and what it keeps for later turns.
import { describe, expect, test } from "vitest";
import { Input } from "../../../../src/adapter/socket/input.js";
import { masked } from "../../../adapters/raw-peer.js";
import { Owner } from "./parts.js";

class InputProbe extends Owner {
  readonly input = new Input(this);
  readonly paused: boolean[] = [];

  constructor() {
    super();
    this.transport.pause = () => void this.paused.push(true);
    this.transport.resume = () => void this.paused.push(false);
  }

  handle(step: (input: Input) => void): void {
    step(this.input);
  }
}

describe("input", () => {
  test("goes to the endpoint at once", () => {
    const { input, sink } = new InputProbe();
    input.take(masked("81 01 | 'a'"));
    expect(sink.lines).toEqual(['text "a"']);
    expect(input.waiting).toBe(false);
  });

  test("that comes while a handler of the connection runs is kept, in order, for the next turn", () => {
    const probe = new InputProbe();
    const { input, sink, paused } = probe;
    sink.inside = () => {
      sink.inside = () => {};
      input.take(masked("81 01 | 'b'"));
      input.take(masked("81 01 | 'c'"));
    };
    input.take(masked("81 01 | 'a'"));
    expect(sink.lines).toEqual(['text "a"']);
    expect(paused).toEqual([true]);
    probe.endTurn();
    expect(sink.lines).toEqual(['text "a"', 'text "b"', 'text "c"']);
    expect(paused).toEqual([true, false]);
  });

  test("that filled the memory of a read rests for a turn", () => {
    const probe = new InputProbe();
    probe.input.take(new Uint8Array(64 * 1024));
    expect(probe.paused).toEqual([true]);
    probe.endTurn();
    expect(probe.paused).toEqual([true, false]);
  });

  test("stays paused through a rest if the application asked for that", () => {
    const probe = new InputProbe();
    probe.input.pause();
    probe.input.take(new Uint8Array(64 * 1024));
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
      input.take(masked("81 01 | 'b'"));
      input.end();
    };
    input.take(masked("81 01 | 'a'"));
    expect(told).toEqual([]);
    probe.endTurn();
    expect(sink.lines).toEqual(['text "a"', 'text "b"']);
    expect(told).toEqual(["input over"]);
    input.end();
    expect(told).toEqual(["input over", "input over"]);
  });
});
