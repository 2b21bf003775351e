// What the allocator does with the memory of payloads that are gone, in a process of its own.
import process from "node:process";
import { afterEach, expect, test } from "vitest";
import { killPrograms, Program } from "../support/program.js";

afterEach(killPrograms);

const MESSAGES = 600;
/** How many pages of each payload may be new to the process. It has 256. */
const MOST_FAULTS = 25;

/** Takes messages as an endpoint does that gets them in one read each, and keeps none; prints the page faults for each. */
const PROGRAM = `
import { Endpoint } from "wsimd";
import { hostFor } from "./dist/node/host.js";
const ignore = () => {};
const sink = { onText: ignore, onBinary: ignore, onFragment: ignore, onPing: ignore, onPong: ignore, onClose: ignore };
const endpoint = new Endpoint(sink, { role: "server", host: hostFor(11), limits: { maxMessageBytes: 2 ** 21 } });
const message = new Uint8Array(14 + 2 ** 20);
message.set([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]);
const receive = (count) => { for (let i = 0; i < count; i++) endpoint.receive(message); };
receive(200);
const before = process.resourceUsage().minorPageFault;
receive(${MESSAGES});
console.log((process.resourceUsage().minorPageFault - before) / ${MESSAGES});
`;

function usesGlibc(): boolean {
  const report: unknown = process.report.getReport();
  return JSON.stringify(report).includes('"glibcVersionRuntime"');
}

test.runIf(usesGlibc())("the pages of payloads that are gone serve for those that come", async () => {
  const program = new Program(process.execPath, ["--input-type=module", "--eval", PROGRAM]);
  const { code } = await program.exit;
  expect(program.stderr).toBe("");
  expect(code).toBe(0);
  const faults = Number(program.stdout);
  console.log(`${faults.toFixed(2)} page faults a message`);
  expect(faults).toBeLessThan(MOST_FAULTS);
});
