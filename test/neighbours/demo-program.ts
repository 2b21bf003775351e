// The program `wsimd demo`, for the tests of its page.
import { type Program, wsimd } from "../support/program.js";

/** Starts the demo. @returns the program, and the address of its page */
export async function startDemo(port: string): Promise<[Program, string]> {
  const program = wsimd(["demo", "--port", port]);
  const [, address = ""] = await program.shows(/^demo on (http:\/\/127\.0\.0\.1:\d+)\n.+\n$/);
  return [program, address];
}
