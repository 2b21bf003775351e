// The types of the API of `ws`, which are written by hand, declare no member that the classes lack. `npm run types` checks
// this file; nothing runs it.
import { expectTypeOf } from "vitest";
import type Declared from "../../packages/ws/index.js";
import type * as made from "../../src/ws/index.js";

/** These are made when the class is loaded. `test/ws` has tests of them. */
type Attributes = "onopen" | "onerror" | "onclose" | "onmessage";
type Missing<Type, Made> = Exclude<keyof Type, keyof Made | Attributes>;

expectTypeOf<Missing<Declared, made.WebSocket>>().toEqualTypeOf<never>();
expectTypeOf<Missing<Declared.Sender, made.Sender>>().toEqualTypeOf<never>();
expectTypeOf<Missing<Declared.Receiver, made.Receiver>>().toEqualTypeOf<never>();
expectTypeOf<Missing<Declared.PerMessageDeflate, made.PerMessageDeflate>>().toEqualTypeOf<never>();
