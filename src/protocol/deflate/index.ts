// permessage-deflate as an extension of payloads: RFC 7692 section 7.2. Adapters import this module only when
// compression is asked for.
import type { KernelChoice } from "../../kernel/load.js";
import type { LinearMemory } from "../../memory/linear-memory.js";
import { sharedWorkspace } from "../../memory/workspace.js";
import type { PayloadDecoder, PayloadEncoder, PayloadExtension } from "../extensions/extension.js";
import { DeflateDecoder } from "./deflate-decoder.js";
import { type DeflateChoices, DeflateEncoder } from "./deflate-encoder.js";
import { deflateMemoryOf } from "./deflate-memory.js";
import type { DeflateParameters } from "./parameters.js";
import { threadWindows } from "./window-store.js";

/** How one side compresses, besides what was agreed on. */
export interface DeflateSettings {
  /** Whole messages with fewer bytes go out as they are; of a string, its UTF-16 units count. */
  readonly threshold: number;
  /** `"fast"` takes about 60 % of the time, and its messages are about a third longer. */
  readonly effort: "default" | "fast";
  /**
   * The most bytes that the windows of all connections of this thread take. The largest value that was given to a
   * {@link permessageDeflate} of the thread holds. Windows of received messages count first: a connection has one as
   * long as the peer may refer to earlier messages, or while a message is incomplete. What they leave is for those of
   * sent messages. The least recently used of these is dropped when there is no room; its connection begins anew.
   */
  readonly memoryBudget: number;
  /** Whether a whole message that compression would not make shorter goes out as it is. */
  readonly shorterOnly: boolean;
}

/** The most that compression may add to a message: fixed codes add an eighth, and blocks some bytes. */
const MOST_GROWTH = 9 / 8;
const MOST_OVERHEAD_BYTES = 64;

/**
 * The most extensions that are kept. Two sides can agree in 256 ways, so a program does not come near with a few
 * thresholds. One that makes up thresholds drops the oldest, whose connections go on, and it prepares more often.
 */
const MOST_EXTENSIONS = 1024;

const extensions = new Map<string, PayloadExtension>();

/**
 * The extension with the parameters that were agreed on. The same arguments give the same extension, of the last
 * {@link MOST_EXTENSIONS}, so that a prepared message is compressed once for all connections that have it.
 * @param role - of this side
 */
export function permessageDeflate(
  role: "server" | "client",
  agreed: DeflateParameters,
  settings: DeflateSettings,
): PayloadExtension {
  threadWindows.raise(settings.memoryBudget);
  const server = { bits: agreed.serverMaxWindowBits, takeover: !agreed.serverNoContextTakeover };
  const client = { bits: agreed.clientMaxWindowBits, takeover: !agreed.clientNoContextTakeover };
  const [own, peer] = role === "server" ? [server, client] : [client, server];
  const { threshold, effort, shorterOnly } = settings;
  const key = [own.bits, own.takeover, peer.bits, peer.takeover, threshold, effort, shorterOnly].join();
  let extension = extensions.get(key);
  if (extension === undefined) {
    const fast = effort === "fast";
    const choices = { windowBits: own.bits, takeover: own.takeover, threshold, fast, shorterOnly };
    extension = new PermessageDeflate(choices, peer.bits, peer.takeover);
    extensions.set(key, extension);
    if (extensions.size > MOST_EXTENSIONS) dropOldest();
  }
  return extension;
}

function dropOldest(): void {
  for (const key of extensions.keys()) {
    extensions.delete(key);
    return;
  }
}

/**
 * Whether compression runs with a kernel. The first call compiles the deflate kernel. After a trap, the host may lack
 * the memory for another WebAssembly kernel. Then the JavaScript one takes over, and compression does not run any more.
 * @param kernel - by default the thread's
 * @returns why it does not run; undefined if it does
 */
export function deflateUnavailable(kernel?: KernelChoice): string | undefined {
  try {
    deflateMemoryOf(sharedWorkspace(kernel).linear).follow();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

class PermessageDeflate implements PayloadExtension {
  readonly #own: DeflateChoices;
  readonly #peerBits: number;
  readonly #peerTakeover: boolean;

  constructor(own: DeflateChoices, peerBits: number, peerTakeover: boolean) {
    this.#own = own;
    this.#peerBits = peerBits;
    this.#peerTakeover = peerTakeover;
  }

  assertRuns(linear: LinearMemory): void {
    deflateMemoryOf(linear).follow();
  }

  maxEncodedBytes(messageBytes: number): number {
    return Math.floor(messageBytes * MOST_GROWTH) + MOST_OVERHEAD_BYTES;
  }

  decoder(linear: LinearMemory): PayloadDecoder {
    return new DeflateDecoder(deflateMemoryOf(linear), this.#peerBits, this.#peerTakeover, threadWindows);
  }

  encoder(linear: LinearMemory): PayloadEncoder {
    return new DeflateEncoder(deflateMemoryOf(linear), this.#own, threadWindows);
  }

  prepare(payload: Uint8Array, linear: LinearMemory): Uint8Array | undefined {
    const choices = { ...this.#own, takeover: false };
    const encoder = new DeflateEncoder(deflateMemoryOf(linear), choices, threadWindows);
    if (!encoder.wants(payload.length, true)) return undefined;
    const encoded = encoder.encode(payload, true)?.slice();
    encoder.stop();
    return encoded;
  }
}
