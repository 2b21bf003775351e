// A message that is sent from a stream by itself: how it follows its transport.
import { expect, test } from "vitest";
import { OutgoingStream } from "../../../../src/adapter/socket/outgoing-stream.js";
import { Output } from "../../../../src/adapter/socket/output.js";
import { partsOf } from "../../../../src/adapter/socket/part-source.js";
import type { EndpointState } from "../../../../src/protocol/endpoint-options.js";
import { readSendOptions } from "../../../../src/protocol/send-options.js";
import { Owner } from "./parts.js";

class SenderProbe extends Owner {
  get state(): EndpointState {
    return this.endpoint.state;
  }

  readonly output = new Output(this);
  fail(code: number, _reason: string, cause?: unknown): void {
    this.told.push(`failed: ${code} ${String(cause)}`);
  }
  streamSent(): void {
    this.told.push("sent");
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await undefined;
}

/** Parts of 20 KiB; and how many were taken. */
function counting(count: number): { taken: number; [Symbol.asyncIterator](): AsyncIterator<Uint8Array> } {
  const source = {
    taken: 0,
    async *[Symbol.asyncIterator]() {
      while (source.taken < count) {
        source.taken++;
        yield new Uint8Array(20 * 1024);
      }
    },
  };
  return source;
}

test("takes 64 KiB, offers them to the system, and goes on in the next turn", async () => {
  const probe = new SenderProbe();
  const source = counting(9);
  const { sent } = new OutgoingStream(probe, partsOf(source), readSendOptions(undefined));
  await settled();
  expect(source.taken).toBe(4);
  expect(probe.transport.written.length).toBeGreaterThan(0);
  probe.endTurn();
  await settled();
  expect(source.taken).toBe(8);
  probe.endTurn();
  await sent;
  expect(probe.told).toEqual(["sent"]);
});

test("waits while the transport is blocked, through reports that change nothing", async () => {
  const probe = new SenderProbe();
  probe.transport.blocked = true;
  const source = counting(1);
  const outgoing = new OutgoingStream(probe, partsOf(source), readSendOptions(undefined));
  outgoing.drained();
  await settled();
  expect(source.taken).toBe(0);
  probe.transport.blocked = false;
  outgoing.drained();
  await outgoing.sent;
  expect(source.taken).toBe(1);
});

test("takes no more when it is stopped, while it waits and while a part is under way", async () => {
  for (const blocked of [true, false]) {
    const probe = new SenderProbe();
    probe.transport.blocked = blocked;
    let give: (result: IteratorResult<string>) => void = () => {};
    let cancelled = 0;
    const iterator = {
      next: () => new Promise<IteratorResult<string>>((resolve) => (give = resolve)),
      async return() {
        cancelled++;
        return { done: true as const, value: undefined };
      },
    };
    const outgoing = new OutgoingStream(
      probe,
      partsOf({ [Symbol.asyncIterator]: () => iterator }),
      readSendOptions(undefined),
    );
    await settled();
    const event = { type: "close", code: 1006, reason: "", wasClean: false } as const;
    outgoing.stop(event);
    outgoing.stop(event);
    await expect(outgoing.sent).rejects.toMatchObject({ name: "IncompleteMessageError", cause: event });
    give({ done: false, value: "late" });
    await settled();
    expect(cancelled).toBe(1);
    expect(probe.endpoint.outbox.bytes).toBe(0);
    expect(probe.told).toEqual(["sent"]);
  }
});

test("a source that cannot be cancelled, or throws over it, does no harm", async () => {
  const never = () => new Promise<never>(() => {});
  const thrower = (): never => {
    throw new Error("mine");
  };
  for (const iterator of [{ next: never }, { next: never, return: thrower }]) {
    const probe = new SenderProbe();
    const outgoing = new OutgoingStream(
      probe,
      partsOf({ [Symbol.asyncIterator]: () => iterator }),
      readSendOptions(undefined),
    );
    outgoing.stop(undefined);
    await expect(outgoing.sent).rejects.toThrow("the connection ended before the message");
  }
});

test("the rejection for the end of the connection need not be handled", async () => {
  const strays: unknown[] = [];
  const note = (error: unknown): void => void strays.push(error);
  process.on("unhandledRejection", note);
  const probe = new SenderProbe();
  new OutgoingStream(probe, partsOf(counting(1)), readSendOptions(undefined)).stop(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(strays).toEqual([]);
});
