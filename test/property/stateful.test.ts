// A client and a server over a network that cuts, delays and drops: the rules hold for all their calls, in any order
// and state.
import fc from "fast-check";
import { test } from "vitest";
import { type MessageType, PreparedMessage, type Role } from "../../src/index.js";
import { EndpointPair, HandlerError, type Like, type Side } from "../support/endpoint-pair.js";
import { concat } from "../support/hex.js";
import { describeKernels } from "../support/kernels.js";
import { bytesLine, textLine } from "../support/run.js";

/** How often each is tried; `WSIMD_RUNS` for more. */
const RUNS = Number(process.env.WSIMD_RUNS ?? 150);
const PATIENCE_MS = 30_000 + 100 * RUNS;

/** What the model knows: nothing that the real ones don't tell. */
type Model = Record<string, never>;

class Command implements fc.Command<Model, EndpointPair> {
  readonly #name: string;
  readonly #role: Role;
  readonly #act: (side: Side, pair: EndpointPair) => void;

  constructor(name: string, role: Role, act: (side: Side, pair: EndpointPair) => void) {
    this.#name = name;
    this.#role = role;
    this.#act = act;
  }
  check(): boolean {
    return true;
  }
  run(_: Model, pair: EndpointPair): void {
    const side = pair.side(this.#role);
    this.#act(side, pair);
    pair.flush(side);
    for (const each of [pair.client, pair.server]) each.check();
  }
  toString(): string {
    return `${this.#role}: ${this.#name}`;
  }
}

type Act = (side: Side, pair: EndpointPair) => void;
type Named = readonly [name: string, act: Act];

/** Two of them make a character together, if they are fragments; else each is sent as U+FFFD. */
const texts = fc.constantFrom(
  "",
  "a",
  "💖é",
  "\u0000\uffff",
  "half \ud83d",
  "\udc96 half",
  "long ".repeat(60),
);
const payloads = fc
  .tuple(fc.constantFrom(0, 1, 125, 126, 300, 33_000, 65_536), fc.integer({ min: 0, max: 255 }))
  .map(([size, byte]) => new Uint8Array(size).fill(byte));
const bodies = fc.oneof(texts, payloads);
const controls = fc.uint8Array({ maxLength: 125 });

const typeOf = (body: string | Uint8Array) => (typeof body === "string" ? "text" : "binary");
const line = (body: string | Uint8Array) =>
  typeof body === "string" ? textLine(Buffer.from(body).toString()) : bytesLine("binary", body);
const whole = (parts: readonly (string | Uint8Array)[]) =>
  parts.every((part) => typeof part === "string")
    ? parts.join("")
    : concat(parts.filter((part) => typeof part !== "string"));

/** A fragment, as it is given and as the other side gets it. */
interface Fragment {
  readonly like: Like;
  readonly part: string | Uint8Array;
  readonly given: string | Uint8Array;
  readonly type?: MessageType;
}
const fragments: fc.Arbitrary<Fragment> = fc.oneof(
  texts.map((part): Fragment => ({ like: "text", part, given: part })),
  texts.map((text): Fragment => {
    const given = Buffer.from(text);
    return { like: "utf8", part: given.toString(), given, type: "text" };
  }),
  payloads.map((part): Fragment => ({ like: "binary", part, given: part })),
);

/** Each way to send, tried in every state of the connection. */
const sending: fc.Arbitrary<Named> = fc.oneof(
  fc.tuple(bodies, fc.constantFrom("whole", "prepared", "utf8")).map(
    ([body, way]): Named => [
      `send ${way} ${typeOf(body)} of ${body.length}`,
      (side, pair) => {
        const { endpoint } = side;
        const done = pair.attempt(side, endpoint.state === "open", () => {
          if (way === "prepared") return endpoint.sendPrepared(new PreparedMessage(body));
          if (way === "utf8" && typeof body === "string") return endpoint.sendText(Buffer.from(body));
          return typeof body === "string" ? endpoint.sendText(body) : endpoint.sendBinary(body);
        });
        if (!done) return;
        const { expected } = pair.other(side);
        (side.sending === undefined ? expected : side.waiting).push(line(body));
      },
    ],
  ),
  fc.tuple(fragments, fc.boolean()).map(
    ([{ like, part, given, type }, final]): Named => [
      `send ${final ? "last " : ""}fragment, ${like} of ${part.length}`,
      (side, pair) => {
        const { endpoint, sending: begun } = side;
        const fits = begun === undefined || begun.like === like;
        const done = pair.attempt(side, endpoint.state === "open" && fits, () =>
          endpoint.sendFragment(given, final, { type }),
        );
        if (!done) return;
        const parts = [...(begun?.parts ?? []), part];
        side.sending = final ? undefined : { like, parts };
        if (final) pair.other(side).expected.push(line(whole(parts)), ...side.waiting.splice(0));
      },
    ],
  ),
  controls.map(
    (payload): Named => [
      `ping ${payload.length}`,
      (side, pair) => {
        const done = pair.attempt(side, side.endpoint.state === "open", () => side.endpoint.ping(payload));
        if (done) side.pings.push(bytesLine("pong", payload));
      },
    ],
  ),
  controls.map(
    (payload): Named => [
      `pong ${payload.length}`,
      (side, pair) => {
        pair.attempt(side, side.endpoint.state === "open", () => side.endpoint.pong(payload));
      },
    ],
  ),
);

/** Each way to end, which works in any state. */
const ending: fc.Arbitrary<Named> = fc.oneof(
  fc.constantFrom(1000, 4000, undefined).map(
    (code): Named => [
      `close(${code})`,
      (side) => {
        if (side.endpoint.state === "open") side.closedHere = true;
        side.endpoint.close(code);
      },
    ],
  ),
  fc.constantFrom(1008, 1011).map((code): Named => [`fail(${code})`, ({ endpoint }) => endpoint.fail(code)]),
  fc.constant<Named>(["transport ends", (side, pair) => pair.end(side)]),
);

const network: fc.Arbitrary<Named> = fc.oneof(
  fc
    .tuple(fc.oneof(fc.nat(40), fc.nat(400), fc.constant(Number.MAX_SAFE_INTEGER)), fc.boolean())
    .map(
      ([count, corked]): Named => [
        `receive ${count}${corked ? ", corked" : ""}`,
        (side, pair) => pair.deliver(side, count, corked),
      ],
    ),
  fc.boolean().map(
    (paused): Named => [
      paused ? "pause" : "resume",
      (side) => {
        side.paused = paused;
      },
    ],
  ),
);

/** Lets the next handler do something while bytes are being received. */
function inHandler(named: fc.Arbitrary<Named>): fc.Arbitrary<Named> {
  return named.map(([name, act]) => [
    `in the next handler: ${name}`,
    (side, pair) => {
      side.reactions.push(() => act(side, pair));
    },
  ]);
}

const throwing = fc.constant<Named>([
  "throw",
  (side) => {
    // What onClose throws has no one to close a connection for.
    if (side.closed === undefined) throw new HandlerError("told to");
  },
]);

function commands(named: fc.Arbitrary<Named>): fc.Arbitrary<Command> {
  return fc
    .tuple(fc.constantFrom<Role>("client", "server"), named)
    .map(([role, [name, act]]) => new Command(name, role, act));
}

/** Most leave the connection open, so that there is something to lose when one does not. */
const all = fc.oneof(
  { weight: 40, arbitrary: commands(sending) },
  { weight: 40, arbitrary: commands(network) },
  { weight: 20, arbitrary: commands(inHandler(sending)) },
  { weight: 1, arbitrary: commands(ending) },
  { weight: 1, arbitrary: commands(inHandler(fc.oneof(ending, throwing))) },
);

describeKernels("a client and a server", (kernel) => {
  test.each([
    { fragments: false, borrow: false },
    { fragments: true, borrow: false },
    { fragments: false, borrow: true },
    { fragments: true, borrow: true },
    { textType: "bytes", borrow: false },
    { textType: "bytes", borrow: true },
    { maxFrameBytes: 125 },
    { maxFrameBytes: 1000, fragments: true, borrow: true },
  ] as const)("do anything, in any order: %o", { timeout: PATIENCE_MS }, (options) => {
    fc.assert(
      fc.property(fc.commands([all], { maxCommands: 60, size: "max" }), (chosen) => {
        const pair = new EndpointPair({ kernel, ...options });
        fc.modelRun(() => ({ model: {}, real: pair }), chosen);
        pair.drain();
        pair.checkEnd();
      }),
      { seed: 20_269, numRuns: RUNS },
    );
  });
});
