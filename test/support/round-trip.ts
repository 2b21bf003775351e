// A round trip of one message, for bundles and other runtimes.
import type * as Wsimd from "../../src/index.js";

/** What came of it, and what it ran on. */
export interface RoundTrip {
  readonly text: string;
  readonly kernel: Wsimd.KernelName;
  readonly fallbackReason?: string;
}

/** What a round trip gives on a host that runs the fastest kernel. */
export const FASTEST: RoundTrip = { text: "grüß dich", kernel: "simd" };

/**
 * Sends a text through the codec and back. Its source is part of programs that run elsewhere, so it is JavaScript and
 * stands for itself.
 */
export const ROUND_TRIP = `function roundTrip({ Connection, kernelInUse }) {
  const client = new Connection({ role: "client" });
  const server = new Connection({ role: "server" });
  const texts = [];
  client.sendText("grüß dich");
  for (const bytes of client.takeOutput()) {
    for (const event of server.receive(bytes)) server.sendText(event.text);
  }
  for (const bytes of server.takeOutput()) {
    for (const event of client.receive(bytes)) texts.push(event.text);
  }
  return JSON.stringify({ text: texts.join(), kernel: server.kernel, fallbackReason: kernelInUse().fallbackReason });
}`;
