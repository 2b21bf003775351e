// Round trips of one message, for bundles and other runtimes.
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

/** What came of a round trip with compression. */
export interface CompressedRoundTrip extends RoundTrip {
  /** Whether the frames were shorter than the text, both ways. */
  readonly compressed: boolean;
}

/** What a compressed round trip gives on a host that runs the fastest kernel. */
export const FASTEST_COMPRESSED: CompressedRoundTrip = { ...FASTEST, compressed: true };

/** As {@link ROUND_TRIP}, with permessage-deflate. */
export const COMPRESSED_ROUND_TRIP = `function compressedRoundTrip({ Connection, kernelInUse }, deflate) {
  const unavailable = deflate.deflateUnavailable();
  if (unavailable !== undefined) throw new Error(unavailable);
  const accepted = deflate.serverDeflate().accept([{ name: "client_max_window_bits", value: undefined }]);
  const client = new Connection({ role: "client", extension: deflate.clientDeflate().accept(accepted.parameters).agreed });
  const server = new Connection({ role: "server", extension: accepted.agreed });
  const texts = [];
  const lengths = [];
  client.sendText("grüß dich".repeat(40));
  for (const bytes of client.takeOutput()) {
    lengths.push(bytes.length);
    for (const event of server.receive(bytes)) server.sendText(event.text);
  }
  for (const bytes of server.takeOutput()) {
    lengths.push(bytes.length);
    for (const event of client.receive(bytes)) texts.push(event.text);
  }
  for (const each of [client, server]) each.end();
  const compressed = lengths.length === 2 && lengths.every((length) => length < 100);
  const text = texts.join() === "grüß dich".repeat(40) ? "grüß dich" : texts.join();
  const { fallbackReason } = kernelInUse();
  return JSON.stringify({ text, kernel: server.kernel, fallbackReason, compressed });
}`;
