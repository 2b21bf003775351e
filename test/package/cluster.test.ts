// Servers in the workers of `node:cluster`.
import { afterEach, describe, expect, test } from "vitest";
import { certificate } from "../support/certificate.js";
import { freePort } from "../support/free-port.js";
import { killPrograms, mainFile, Program } from "../support/program.js";
import { NODES } from "../support/runtimes.js";
import type { Plan } from "./programs/cluster-plan.js";

const PROGRAM = new URL("programs/cluster.js", import.meta.url).pathname;
const ALL_WORKS = { reads: true, writes: true, handles: true };

afterEach(killPrograms);

interface Seen {
  /** The primary's `listening` events. */
  readonly heard: readonly { readonly worker: number; readonly port: number }[];
  readonly ready: readonly { readonly url: string; readonly works: object | null }[];
  /** How each client is read, or why it was turned away. */
  readonly outcomes: readonly string[];
  /** Connections of each worker. */
  readonly sizes: readonly number[];
}

async function run(node: string, plan: Plan): Promise<Seen> {
  mainFile();
  const program = new Program(node, [PROGRAM, JSON.stringify(plan)]);
  const [json] = await program.shows(/^{.*}$/m);
  await program.exit;
  return JSON.parse(json);
}

/** What so many clients are told that are read in this way. */
function read(count: number, path = "direct"): string[] {
  return Array.from({ length: count }, () => path);
}

describe.each(NODES)("on Node %s", (version, node) => {
  const reusesPorts = !/^v?2[01]/.test(version);

  test.each(["rr", "none"] as const)(
    "by the policy %s each worker finds that all works, and the primary hears of its server alone",
    async (policy) => {
      const { heard, ready } = await run(node, { workers: 3, policy });
      expect(ready.map(({ works }) => works)).toEqual([ALL_WORKS, ALL_WORKS, ALL_WORKS]);
      const ports = ready.map(({ url }) => Number(new URL(url).port));
      expect(heard.map(({ port }) => port)).toEqual(ports);
      expect(heard.map(({ worker }) => worker).sort()).toEqual([1, 2, 3]);
    },
  );

  test.each(["rr", "none"] as const)(
    "by the policy %s each worker reads straight into memory, as a process alone does",
    async (policy) => {
      const plan: Plan = { workers: 3, policy, clients: 3, oneEach: true };
      expect(await run(node, plan)).toMatchObject({ outcomes: read(3), sizes: [1, 1, 1] });
    },
  );

  test("with reusePort, each worker has a listener of its own, and reads in the same way", async () => {
    const options = { reusePort: true, port: await freePort() };
    const plan: Plan = { workers: 3, policy: "rr", clients: 3, oneEach: true, options };
    if (reusesPorts) expect(await run(node, plan)).toMatchObject({ outcomes: read(3), sizes: [1, 1, 1] });
    else await expect(run(node, plan)).rejects.toThrow(/reusePort needs Node 22\.12 or 23\.1/);
  });

  test("a full worker leaves connections to those with room", async () => {
    const plan: Plan = { workers: 3, policy: "rr", maxConnections: [1, 2, 3], clients: 6 };
    expect(await run(node, plan)).toMatchObject({ outcomes: read(6), sizes: [1, 2, 3] });
  });

  test("where all workers are full, a client is turned away before its time is up", async () => {
    const plan: Plan = { workers: 2, policy: "rr", maxConnections: [2, 1], clients: 5 };
    const { outcomes, sizes } = await run(node, plan);
    expect(sizes).toEqual([2, 1]);
    expect(outcomes.slice(0, 3)).toEqual(read(3));
    for (const outcome of outcomes.slice(3)) expect(outcome).toMatch(/^(ECONNRESET|connection-ended|EPIPE)$/);
  });
});

describe.each([
  ["over TLS", true, {}, "direct"],
  ["reading by data", false, { internals: "off" }, "stream"],
] as const)("%s", (_, secure, options, path) => {
  test("a full worker leaves connections to those with room", async () => {
    const { key, cert } = certificate();
    const plan: Plan = {
      ...{ workers: 2, policy: "rr", maxConnections: [1, 3], clients: 4 },
      options: { ...options, ...(secure && { tls: { key, cert } }) },
      ...(secure && { ca: cert }),
    };
    expect(await run(process.execPath, plan)).toMatchObject({ outcomes: read(4, path), sizes: [1, 3] });
  });
});
