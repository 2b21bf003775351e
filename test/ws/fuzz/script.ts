// Random calls of both ends of a connection, which a seed repeats.
import type { Random } from "../../support/reference-random.js";

/** Both ends are the library's, or one is a raw peer that writes bytes. */
export type Mode = "pair" | "compressed" | "server" | "client";

export const MODES: readonly Mode[] = ["pair", "compressed", "server", "client"];

export type DataForm =
  | "text"
  | "buffer"
  | "arraybuffer"
  | "view"
  | "blob"
  | "number"
  | "list"
  | "nothing"
  | "bad";
export type Reply = "send" | "echo" | "ping" | "close" | "terminate" | "binaryType" | "remove";

/** One call. `end` is 0 for the server's end and 1 for the client's, where the mode has both. */
export type Step = { readonly end: 0 | 1 } & (
  | {
      readonly call: "send";
      readonly form: DataForm;
      readonly size: number;
      readonly options?: Readonly<Record<string, boolean>>;
      readonly callback: boolean;
    }
  | {
      readonly call: "ping" | "pong";
      readonly form: DataForm;
      readonly size: number;
      readonly callback: boolean;
    }
  | { readonly call: "close"; readonly code?: number; readonly reason?: number }
  | { readonly call: "terminate" | "destroySocket" | "pause" | "resume" | "state" | "noMessages" }
  | { readonly call: "binaryType"; readonly type: string }
  | { readonly call: "reply"; readonly event: "message" | "ping" | "pong"; readonly reply: Reply }
  | { readonly call: "attribute"; readonly event: "message" | "close" | "error" }
  | { readonly call: "frame"; readonly size: number }
  | { readonly call: "write"; readonly bytes: string }
  | { readonly call: "peerEnd" | "peerReset" }
);

/** Steps of one turn. What they cause is over before the next group begins, and ends that they paused are resumed. */
export type Group = readonly Step[];

const SIZES = [0, 1, 5, 125, 126, 127, 1_000, 4_096, 65_535, 65_536, 70_000];
const CONTROL_SIZES = [0, 1, 5, 125, 126];
const FORMS: readonly DataForm[] = [
  "text",
  "text",
  "buffer",
  "buffer",
  "arraybuffer",
  "view",
  "number",
  "list",
  "nothing",
  "bad",
];
const TYPES = ["nodebuffer", "arraybuffer", "fragments", "blob", "unknown"];
const CODES = [1000, 1001, 1008, 1011, 3000, 4999, 999, 1005, 5000];
const REPLIES: readonly Reply[] = ["send", "echo", "ping", "close", "terminate", "binaryType", "remove"];

/** Bodies that are frames, as `first byte, payload`, or bytes that break a rule. */
const GOOD_FRAMES = ["81:68 69", "81:", "82:01 02 03", "89:70", "8a:71", "89:", "81:e2 82 ac"];
const FRAGMENTS = [
  "01:61|89:70|80:62",
  "02:01|00:02|80:03",
  "01:e2|00:82|80:ac",
  "02:|00:|80:",
  "01:61|81:62",
  "02:61|80:62|81:63",
];
const BAD_FRAMES = [
  "83:",
  "87:61",
  "8b:",
  "8f:",
  "80:61",
  "00:",
  "c1:",
  "c9:",
  "a1:61",
  "91:",
  "f2:",
  "09:",
  "0a:61",
  "08:",
  "88:03",
  "88:03 e7",
  "88:03 ed",
  "88:13 88",
  "88:03 e8 ff",
  "81:ff",
  "81:ed a0 80",
  "81:e2 82",
  "01:61|80:ff",
];
const CLOSE_FRAMES = ["88:", "88:03 e8", "88:0f a0 62 79 65"];

/** The groups of a seed. */
export function generate(random: Random, mode: Mode): Group[] {
  const groups: Group[] = [];
  const count = random.between(2, 9);
  for (let i = 0; i < count; i++) {
    const group: Step[] = [];
    const length = random.between(1, 4);
    for (let j = 0; j < length; j++) group.push(step(random, mode, j === 0));
    groups.push(apart(group));
  }
  return groups;
}

/**
 * Takes apart what may come in either order. A turn in which an end breaks the connection has the steps of that end
 * alone, and a raw peer breaks it in a turn of its own. Such a turn pauses nothing: an end that is paused may have read
 * ahead or not.
 */
function apart(group: Group): Group {
  const at = group.findIndex(({ call }) => BREAKS.includes(call));
  const breaking = group[at];
  if (breaking === undefined) return group;
  if (breaking.call === "peerEnd" || breaking.call === "peerReset") return [breaking];
  return group.slice(0, at + 1).filter(({ call, end }) => end === breaking.end && call !== "pause");
}

/** Steps after which there is no connection. */
const BREAKS: readonly Step["call"][] = ["terminate", "destroySocket", "peerEnd", "peerReset"];

function step(random: Random, mode: Mode, first: boolean): Step {
  const raw = mode === "server" || mode === "client";
  const end = raw ? (mode === "server" ? 0 : 1) : random.pick([0, 1] as const);
  // Bytes that are written past the library have no place among frames that wait: they come first of their turn.
  if (first && raw && random.below(3) > 0) return { end, ...bytes(random) };
  const kind = random.below(100);
  if (kind < 40) return { end, ...send(random, mode) };
  if (kind < 50) return { end, ...control(random) };
  if (kind < 58) return { end, ...close(random) };
  if (kind < 60) return { end, call: "terminate" };
  if (kind < 66) return { end, call: random.pick(["pause", "resume", "resume"] as const) };
  if (kind < 72) return { end, call: "binaryType", type: random.pick(TYPES) };
  if (kind < 80)
    return {
      end,
      call: "reply",
      event: random.pick(["message", "message", "ping", "pong"] as const),
      reply: random.pick(REPLIES),
    };
  if (kind < 84)
    return { end, call: "attribute", event: random.pick(["message", "close", "error"] as const) };
  if (kind < 90) return { end, call: "state" };
  // Behind a message that ws still compresses, such a frame overtakes it.
  if (kind < 94 && mode !== "compressed") return { end, call: "frame", size: random.pick(SIZES) };
  if (kind < 95) return { end, call: "destroySocket" };
  if (kind < 97) return { end, call: "noMessages" };
  return raw ? { end, call: random.pick(["peerEnd", "peerReset"] as const) } : { end, call: "state" };
}

type Body<C> = Omit<Extract<Step, { call: C }>, "end">;

function send(random: Random, mode: Mode): Body<"send"> {
  const options: Record<string, boolean> = {};
  if (random.oneIn(4)) options.binary = random.oneIn(2);
  if (random.oneIn(6)) options.fin = random.oneIn(2);
  if (mode === "compressed" && random.oneIn(3)) options.compress = random.oneIn(2);
  const form = random.oneIn(25) ? "blob" : random.pick(FORMS);
  const given = Object.keys(options).length > 0 ? { options } : {};
  return { call: "send", form, size: random.pick(SIZES), ...given, callback: random.oneIn(2) };
}

function control(random: Random): Body<"ping" | "pong"> {
  const call = random.pick(["ping", "pong"] as const);
  return { call, form: random.pick(FORMS), size: random.pick(CONTROL_SIZES), callback: random.oneIn(2) };
}

function close(random: Random): Body<"close"> {
  if (random.oneIn(3)) return { call: "close" };
  const code = random.pick(CODES);
  return random.oneIn(2)
    ? { call: "close", code }
    : { call: "close", code, reason: random.pick([0, 5, 123, 124]) };
}

function bytes(random: Random): Body<"write"> {
  const parts: string[] = [];
  const count = random.between(1, 4);
  for (let i = 0; i < count; i++) {
    const kind = random.below(20);
    parts.push(
      random.pick(kind < 11 ? GOOD_FRAMES : kind < 15 ? FRAGMENTS : kind < 18 ? BAD_FRAMES : CLOSE_FRAMES),
    );
  }
  return { call: "write", bytes: parts.join("|") };
}
