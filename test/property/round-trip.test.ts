// What one side sends, the other receives, however it is fragmented and cut.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Connection, PreparedMessage, type Role } from "../../src/index.js";
import { cutsOf, fractions, type Message, messages, payloadOf } from "../support/arbitraries.js";
import { CountingHost } from "../support/counting-host.js";
import { cutAt } from "../support/cuts.js";
import { frame, KEY } from "../support/frame.js";
import { concat } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { bytesLine, describeEvents, textLine } from "../support/run.js";

const ROLES: readonly Role[] = ["client", "server"];
const other = (role: Role): Role => (role === "client" ? "server" : "client");

/** How a message is sent. */
const ways = fc.oneof(
  fc.constantFrom("whole" as const, "prepared" as const),
  fractions.map((cuts) => ({ cuts })),
);

function line(message: Message): string {
  return message.type === "text" ? textLine(message.text) : bytesLine("binary", message.payload);
}

function send(
  connection: Connection,
  message: Message,
  way: "whole" | "prepared" | { cuts: number[] },
): void {
  const body = message.type === "text" ? message.text : message.payload;
  if (way === "prepared") connection.sendPrepared(new PreparedMessage(body));
  else if (way === "whole") {
    if (message.type === "text") connection.sendText(message.text);
    else connection.sendBinary(message.payload);
  } else {
    const edges = [0, ...cutsOf(way.cuts, body.length), body.length];
    for (let i = 1; i < edges.length; i++) {
      connection.sendFragment(body.slice(edges[i - 1], edges[i]), i === edges.length - 1);
      if (i % 3 === 0) connection.ping(Uint8Array.of(i));
    }
  }
}

describeKernels("round trip", (kernel) => {
  test.each(ROLES)("from a %s and back again", (role) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(messages, ways), { minLength: 1, maxLength: 6 }),
        fractions,
        fc.boolean(),
        (all, cuts, fragments) => {
          const near = new Connection({ role, kernel, fragments, host: new CountingHost() });
          const far = new Connection({ role: other(role), kernel, fragments, host: new CountingHost() });
          const expected = all.map(([message]) => line(message));
          for (const [from, to] of [
            [near, far],
            [far, near],
          ] as const) {
            for (const [message, way] of all) send(from, message, way);
            const stream = concat(from.takeOutput());
            const events = cutAt(stream, cutsOf(cuts, stream.length)).flatMap((chunk) => to.receive(chunk));
            expect(describeEvents(events).filter((each) => !/^p[io]ng/.test(each))).toEqual(expected);
            // The pongs that answer, and are not part of what is sent next.
            for (const bytes of to.takeOutput()) from.receive(bytes);
          }
          expect([near.state, far.state]).toEqual(["open", "open"]);
        },
      ),
      { seed: 20_266, numRuns: 120 },
    );
  });

  test("a message of N bytes is accepted if and only if N is within the limit, however it is framed", () => {
    const spare = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -300, max: 300 }));
    fc.assert(
      fc.property(
        fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(125, 126, 65_535, 65_536)),
        spare,
        fractions,
        fractions,
        fc.boolean(),
        fc.boolean(),
        (length, more, fragmentCuts, chunkCuts, text, fragments) => {
          const maxMessageBytes = Math.max(length + more, 0);
          const connection = new Connection({
            role: "server",
            kernel,
            fragments,
            limits: { maxMessageBytes },
          });
          const payload = new Uint8Array(length).fill(0x61);
          const parts = cutAt(payload, cutsOf(fragmentCuts, length));
          const frames = parts.map((part, i) =>
            frame({
              fin: i === parts.length - 1,
              opcode: i > 0 ? 0 : text ? 1 : 2,
              mask: KEY,
              payload: part,
            }),
          );
          const message = concat(frames);
          // A second one: the count must begin anew.
          const stream = concat([message, message]);
          const events = cutAt(stream, cutsOf(chunkCuts, stream.length)).flatMap((chunk) =>
            connection.receive(chunk),
          );
          const one = text ? textLine("a".repeat(length)) : bytesLine("binary", payload);
          if (length <= maxMessageBytes) expect(describeEvents(events)).toEqual([one, one]);
          else expect(events.at(-1)).toMatchObject({ type: "close", failure: { code: "MESSAGE_TOO_LONG" } });
        },
      ),
      { seed: 20_267, numRuns: 400 },
    );
  });

  test("whatever bytes come, nothing is thrown and one close event is the last", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fractions,
        fc.constantFrom(...ROLES),
        (stream, cuts, role) => {
          const connection = new Connection({ role, kernel, host: new CountingHost() });
          const events = cutAt(stream, cutsOf(cuts, stream.length)).flatMap((chunk) =>
            connection.receive(chunk),
          );
          events.push(...connection.end());
          expect(events.filter(({ type }) => type === "close")).toHaveLength(1);
          expect(events.at(-1)?.type).toBe("close");
          expect(connection.end()).toEqual([]);
        },
      ),
      { seed: 20_268, numRuns: 1000 },
    );
  });
});

describeKernels("each length at the edges of the length forms", (kernel) => {
  const edges = [125, 126, 65_535, 65_536, 131_072];
  test.each(edges.flatMap((edge) => [edge - 1, edge, edge + 1]))("%i bytes, both ways", (length) => {
    const message: Message = { type: "binary", payload: Uint8Array.from({ length }, (_, i) => i * 3) };
    for (const role of ROLES) {
      const from = new Connection({ role, kernel });
      const to = new Connection({ role: other(role), kernel });
      from.sendBinary(payloadOf(message));
      from.sendText("x".repeat(length));
      const stream = concat(from.takeOutput());
      expect(describeEvents(to.receive(stream))).toEqual([line(message), textLine("x".repeat(length))]);
    }
  });
});
