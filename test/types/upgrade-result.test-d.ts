// The answers that the hook `upgrade` may give. `npm run types` checks this file; nothing runs it.
import { createServer, type UpgradeResult } from "../../src/node/index.js";

/** Every documented form. */
export const allowed: readonly UpgradeResult<number>[] = [
  undefined,
  false,
  {},
  { data: 7 },
  { protocol: "chat", headers: { "Set-Cookie": "a=b" } },
  { status: 401, reason: "no", headers: [["WWW-Authenticate", "Basic"]], body: "no" },
];

/** A hook with a callback, as `ws` has. */
export function withCallback(): void {
  const verify = (_request: unknown, done: (accepted: boolean) => void): void => done(true);
  // @ts-expect-error: nothing calls the second parameter
  createServer({ upgrade: verify }, {});
}

export const refused: readonly UpgradeResult<number>[] = [
  // @ts-expect-error: a reason without a status
  { reason: "no" },
  // @ts-expect-error: a body without a status
  { body: "no" },
  // @ts-expect-error: no such property
  { code: 401 },
  // @ts-expect-error: a client that is refused has no data
  { status: 401, data: 1 },
  // @ts-expect-error: no such property
  { user: "ada" },
  // @ts-expect-error: true says nothing about the client
  true,
  // @ts-expect-error: neither accepts nor refuses
  null,
  // @ts-expect-error: a text is no answer
  "no",
  // @ts-expect-error: its body is no string
  new Response("no", { status: 403 }),
];
