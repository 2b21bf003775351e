// The result of a run as text.
import type { LoadOptions, LoadProgress, LoadResult } from "./run.js";

/** The output of `--json`. */
export function jsonReport(options: LoadOptions, result: LoadResult): string {
  const { address, connections, size, kind, depth, client, check } = options;
  const report = { url: address.url.href, connections, size, kind, depth, client, checked: check, ...result };
  return `${JSON.stringify(report)}\n`;
}

/** The result as a table. */
export function tableReport(options: LoadOptions, result: LoadResult): string {
  const { latencyUs: latency, server, compression } = result;
  const rows: [string, string][] = [
    ["messages/s", Math.round(result.messagesPerSecond).toLocaleString("en")],
    ["MB/s each way", result.megabytesPerSecond.toFixed(1)],
    ["latency p50", duration(latency.p50)],
    ["        p90", duration(latency.p90)],
    ["        p99", duration(latency.p99)],
    ["        p99.9", duration(latency.p999)],
    ["        max", duration(latency.max)],
  ];
  if (server !== undefined) {
    rows.push(
      ["server CPU/message", `${server.cpuUsPerMessage.toFixed(2)} µs`],
      ["server CPU", `${(100 * server.cpuShare).toFixed(0)} %`],
      ["server RSS", `${(server.rssBytes / 2 ** 20).toFixed(1)} MiB`],
    );
  }
  if (compression !== undefined) {
    const { payloadBytes, sentBytes, receivedBytes } = compression;
    rows.push(["bytes sent", `${ratio(sentBytes, payloadBytes)} of payload`]);
    rows.push(["bytes received", `${ratio(receivedBytes, payloadBytes)} of payload`]);
  }
  rows.push(["load CPU", `${(100 * result.loadCpuShare).toFixed(0)} %`]);
  rows.push(["noise", describeNoise(result.noise)]);
  const failures = result.errors.reduce((sum, { count }) => sum + count, 0);
  rows.push(["errors", String(failures)]);
  const lines = rows.map(([name, value]) => `${name.padEnd(20)}${value.padStart(14)}`);
  return `${describeRun(options, result)}\n\n${lines.join("\n")}\n`;
}

function ratio(bytes: number, payloadBytes: number): string {
  return payloadBytes === 0 ? "–" : `${((100 * bytes) / payloadBytes).toFixed(1)} %`;
}

function describeNoise(noise: LoadResult["noise"]): string {
  if (noise === undefined) return "not known";
  return `±${(100 * noise.floor).toFixed(1)} %${noise.tooNoisy ? ", too noisy to compare" : ""}`;
}

function describeRun(options: LoadOptions, result: LoadResult): string {
  const { address, connections, size, kind, depth, check, compress } = options;
  const what = { text: "ASCII text", mixed: "mixed text", binary: "binary" }[kind];
  return (
    `${address.url.href}: ${plural(connections, "connection")}, ${plural(size, "byte")} of ${what}${compress ? ", compressed" : ""}, ` +
    `${depth} in flight on each, ${result.seconds.toFixed(1)} s${check ? ", every reply checked" : ""}`
  );
}

/** The progress line in the terminal during a run. */
export function progressLine(progress: LoadProgress, options: LoadOptions, perSecond: number): string {
  if (progress.phase === "connecting") {
    return `connecting: ${progress.connections} of ${options.connections}`;
  }
  return `${progress.phase}: ${Math.round(perSecond).toLocaleString("en")} messages/s`;
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function duration(us: number): string {
  if (us < 1000) return `${us.toFixed(1)} µs`;
  return us < 1e6 ? `${(us / 1000).toFixed(2)} ms` : `${(us / 1e6).toFixed(2)} s`;
}
