// One run of the load generator.
import type { Address } from "../../adapter/client/address.js";
import type { TlsChoice } from "../runtime.js";
import { type Lane, Tally } from "./lane.js";
import { MessageBatch, makePayload, type PayloadKind } from "./messages.js";
import { type Noise, RateSlices, SLICES } from "./noise.js";
import { type ProcessUsage, processUsage } from "./process-usage.js";
import { type LinkOptions, openRawLane } from "./raw-link.js";
import { recordMessages } from "./records.js";
import { openWsimdLane } from "./wsimd-link.js";

/** Which client makes the load: bare sockets, or this package's `connect`. */
export type ClientName = "raw" | "wsimd";

export interface LoadOptions {
  readonly address: Address;
  readonly connections: number;
  /** Bytes of a message, the mean of them. */
  readonly size: number;
  readonly kind: PayloadKind;
  /** What is sent, in turn; by default one message of that size and kind, or with `compress` many. */
  readonly payloads: readonly Buffer[] | undefined;
  /** Send compressed messages, each by itself. Only the raw client can. */
  readonly compress: boolean;
  /** Messages on their way on each connection. */
  readonly depth: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly client: ClientName;
  /** Compare every reply with its message. */
  readonly check: boolean;
  readonly tls: TlsChoice;
  /** The id of the server's process, whose CPU time and memory are measured. */
  readonly pid: number | undefined;
  readonly handshakeTimeoutMs: number;
}

/** How far a run is. */
export interface LoadProgress {
  readonly phase: "connecting" | "warming up" | "measuring";
  readonly connections: number;
  /** Replies since the beginning. */
  readonly messages: number;
}

export interface LoadResult {
  /** Of the measured window. */
  readonly seconds: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  /** Of payload, one way, in millions of bytes. */
  readonly megabytesPerSecond: number;
  readonly latencyUs: {
    readonly mean: number;
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly p999: number;
    readonly max: number;
  };
  /** `undefined` without `compress`. */
  readonly compression: CompressedBytes | undefined;
  /** Share of one processor that the load generator itself was busy. */
  readonly loadCpuShare: number;
  /** `undefined` if the run was too short to tell. */
  readonly noise: Noise | undefined;
  readonly server: ServerUsage | undefined;
  readonly errors: readonly LoadError[];
}

/** The server's CPU time and memory in the measured window. */
export interface ServerUsage {
  readonly pid: number;
  readonly cpuUsPerMessage: number;
  /** Share of one processor; over 1 if it has several threads. */
  readonly cpuShare: number;
  /** At the end. */
  readonly rssBytes: number;
}

/** What compression saved in the measured window. */
export interface CompressedBytes {
  /** Of messages, one way. */
  readonly payloadBytes: number;
  /** Of frames with their headers; without TLS. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface LoadError {
  readonly reason: string;
  readonly count: number;
}

/** Handshakes that are under way at once; a server's listen queue need not hold more. */
const CONCURRENT_HANDSHAKES = 64;
/** Messages that are compressed must differ: one that repeats costs less than those of applications. */
const DIFFERENT = 64;
const CLOSE_TIMEOUT_MS = 1000;

/** One run against one server. */
export class LoadRun {
  readonly #options: LoadOptions;
  readonly #tally = new Tally();
  readonly #lanes: Lane[] = [];
  readonly #stopped: Promise<void>;
  #stop!: () => void;
  #phase: LoadProgress["phase"] = "connecting";

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  get progress(): LoadProgress {
    return { phase: this.#phase, connections: this.#lanes.length, messages: this.#tally.total };
  }

  /** Ends the run early; the measurements until then count. */
  stop(): void {
    this.#stop();
  }

  /** @throws CliError if a connection can't be opened, or the process is not there */
  async run(): Promise<LoadResult> {
    const { seconds, warmupSeconds, pid } = this.#options;
    const tally = this.#tally;
    if (pid !== undefined) processUsage(pid);
    try {
      await this.#connect();
      tally.onEmpty = this.#stop;
      this.#phase = "warming up";
      for (const lane of this.#lanes) lane.start();
      await this.#wait(warmupSeconds);
      this.#phase = "measuring";
      const window = new Window(pid);
      tally.measuring = true;
      const slicing = setInterval(() => window.slice(tally), (seconds * 1000) / SLICES);
      await this.#wait(seconds).finally(() => clearInterval(slicing));
      tally.measuring = false;
      return window.end(tally, this.#options.compress);
    } finally {
      await this.#disconnect();
    }
  }

  async #connect(): Promise<void> {
    const { connections, kind, depth, client, address, tls, check, compress, handshakeTimeoutMs } =
      this.#options;
    const batch = new MessageBatch(kind, payloadsOf(this.#options), depth, compress);
    const open = client === "raw" ? openRawLane : openWsimdLane;
    const options: LinkOptions = { address, tls, check, timeoutMs: handshakeTimeoutMs };
    let wanted = connections;
    let stopped = false;
    this.#stopped.then(() => {
      stopped = true;
    });
    const worker = async (): Promise<void> => {
      while (wanted > 0 && !stopped) {
        wanted--;
        this.#lanes.push(await open(this.#tally, batch, options));
      }
    };
    const workers = Array.from({ length: CONCURRENT_HANDSHAKES }, worker);
    await Promise.all(workers).catch(async (error: unknown) => {
      wanted = 0;
      await Promise.allSettled(workers);
      throw error;
    });
  }

  async #wait(seconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
    });
    await Promise.race([over, this.#stopped]);
    clearTimeout(timer);
  }

  async #disconnect(): Promise<void> {
    if (this.#tally.alive === 0) return;
    await new Promise<void>((resolve) => {
      this.#tally.onEmpty = resolve;
      const timer = setTimeout(() => {
        for (const lane of this.#lanes) lane.link?.destroy();
        resolve();
      }, CLOSE_TIMEOUT_MS);
      timer.unref();
      for (const lane of this.#lanes) lane.stop();
    });
  }
}

function payloadsOf({ payloads, kind, size, compress }: LoadOptions): readonly Buffer[] {
  if (payloads !== undefined) return payloads;
  return compress ? recordMessages(size, kind === "mixed", DIFFERENT) : [makePayload(kind, size)];
}

/** The time in which replies count. */
class Window {
  readonly #pid: number | undefined;
  readonly #usage: ProcessUsage | undefined;
  readonly #cpu: NodeJS.CpuUsage;
  readonly #start: number;
  readonly #slices: RateSlices;

  constructor(pid: number | undefined) {
    this.#pid = pid;
    this.#usage = pid === undefined ? undefined : processUsage(pid);
    this.#cpu = process.cpuUsage();
    this.#start = performance.now();
    this.#slices = new RateSlices(this.#start);
  }

  slice(tally: Tally): void {
    this.#slices.cut(tally.messages, performance.now());
  }

  end(tally: Tally, compress: boolean): LoadResult {
    const seconds = (performance.now() - this.#start) / 1000;
    const server = this.#server(tally, seconds);
    const { user, system } = process.cpuUsage(this.#cpu);
    const { latency, messages, payloadBytes, sentBytes, receivedBytes } = tally;
    const messagesPerSecond = messages / seconds;
    return {
      seconds,
      messages,
      messagesPerSecond,
      megabytesPerSecond: payloadBytes / seconds / 1e6,
      latencyUs: {
        mean: latency.meanUs,
        p50: latency.quantileUs(0.5),
        p90: latency.quantileUs(0.9),
        p99: latency.quantileUs(0.99),
        p999: latency.quantileUs(0.999),
        max: latency.maxUs,
      },
      compression: compress ? { payloadBytes, sentBytes, receivedBytes } : undefined,
      loadCpuShare: (user + system) / 1e6 / seconds,
      noise: this.#slices.noise,
      server,
      errors: [...tally.errors].map(([reason, count]) => ({ reason, count })),
    };
  }

  #server(tally: Tally, seconds: number): ServerUsage | undefined {
    if (this.#pid === undefined || this.#usage === undefined) return undefined;
    let usage: ProcessUsage;
    try {
      usage = processUsage(this.#pid);
    } catch {
      tally.failed(`process ${this.#pid} is gone`);
      return undefined;
    }
    const cpuMs = usage.cpuMs - this.#usage.cpuMs;
    return {
      pid: this.#pid,
      cpuUsPerMessage: tally.messages === 0 ? 0 : (cpuMs * 1000) / tally.messages,
      cpuShare: cpuMs / 1000 / seconds,
      rssBytes: usage.rssBytes,
    };
  }
}
