// The input of a connection: bytes go from the transport to the decoder, or wait while listeners need time.
import type { Transport } from "../adapter/transport.js";
import { setImmediate } from "../node/globals.js";
import type { Decoder } from "../protocol/decoder.js";

/** The owner of an {@link Input}. */
export interface InputOwner {
  readonly decoder: Decoder;
  readonly transport: Transport;
  /** The output that a read causes is gathered. */
  readonly output: { beginRead(): void; endRead(): void };
  /** All bytes that waited were handled. */
  inputOver(): void;
  /** A bug of this package, or a lack of memory. */
  broke(error: unknown): void;
}

/** The application has asked for no more bytes. */
const PAUSED = 1;
/** A listener needs time. */
const HELD = 2;

/** Gives bytes to the decoder, in their order. Those that come while it must wait are kept, as copies. */
export class Input {
  readonly #owner: InputOwner;
  /** A sum of the constants above. */
  #brakes = 0;
  #later: Uint8Array[] | undefined;
  /** Whether no more bytes are taken: the connection is over. */
  #deaf = false;
  #reads = 0;

  constructor(owner: InputOwner) {
    this.#owner = owner;
  }

  /** Whether bytes wait to be handled, or would have to wait. */
  get waits(): boolean {
    const { decoder } = this.#owner;
    if (this.#deaf) return false;
    return this.#later !== undefined || this.held || decoder.interrupted || decoder.walking;
  }

  /** The number of reads so far. Undefined while the application wants none. */
  get reads(): number | undefined {
    return this.#brakes === 0 && this.#later === undefined ? this.#reads : undefined;
  }

  /** Whether {@link release} has to come. */
  get held(): boolean {
    return (this.#brakes & HELD) !== 0;
  }

  /** Takes a chunk, whose memory may be used again when this returns. */
  received(chunk: Uint8Array): void {
    this.#reads++;
    if (this.#deaf) return;
    if (this.waits) {
      this.#keep(chunk);
      return;
    }
    this.#owner.output.beginRead();
    try {
      this.#push(chunk);
    } catch (error) {
      this.#owner.broke(error);
    }
    this.#owner.output.endRead();
    this.#lookBack();
  }

  /** As {@link received}, for bytes that stand at the beginning of the read window. */
  receivedInWindow(length: number, window: Uint8Array): void {
    this.#reads++;
    if (this.#deaf) return;
    if (this.waits) {
      this.#keep(window.subarray(0, length));
      return;
    }
    this.#owner.output.beginRead();
    try {
      this.#owner.decoder.pushWindow(length);
    } catch (error) {
      this.#owner.broke(error);
    }
    this.#owner.output.endRead();
    this.#lookBack();
  }

  #push(chunk: Uint8Array): void {
    const taken = this.#owner.decoder.push(chunk);
    if (taken < chunk.length) this.#keep(chunk.subarray(taken));
  }

  #keep(bytes: Uint8Array): void {
    const copy = new Uint8Array(bytes);
    if (this.#later === undefined) this.#later = [copy];
    else this.#later.push(copy);
    this.#owner.transport.pause();
  }

  /** Bytes, or the end, may have come while a listener ran an event loop of its own. */
  #lookBack(): void {
    if (this.#later !== undefined && !this.held) setImmediate(goOn, this);
    else this.#owner.inputOver();
  }

  /** Has everything behind the event that is being reported wait for {@link release}. */
  hold(): void {
    this.#brakes |= HELD;
    this.#owner.decoder.interrupt();
  }

  /** Goes on after {@link hold}. */
  release(): void {
    if (!this.held) return;
    this.#brakes &= ~HELD;
    this.goOn();
  }

  /** Handles bytes that have waited. */
  goOn(): void {
    const { decoder, output } = this.#owner;
    if (this.held || decoder.walking || this.#deaf) return;
    output.beginRead();
    try {
      decoder.resume();
      while (this.#later !== undefined && !this.held && !decoder.interrupted) this.#takeNext(this.#later);
    } catch (error) {
      this.#owner.broke(error);
    }
    output.endRead();
    if (this.waits) return;
    if ((this.#brakes & PAUSED) === 0) this.#owner.transport.resume();
    this.#owner.inputOver();
  }

  #takeNext(later: Uint8Array[]): void {
    const first = later.shift();
    if (first !== undefined) {
      const taken = this.#owner.decoder.push(first);
      if (taken < first.length) later.unshift(first.subarray(taken));
    }
    if (later.length === 0) this.#later = undefined;
  }

  pause(): void {
    this.#brakes |= PAUSED;
    this.#owner.transport.pause();
  }

  resume(): void {
    this.#brakes &= ~PAUSED;
    const { decoder, transport } = this.#owner;
    // A listener may call this: what is being handled need not be over.
    if (this.#later === undefined && !this.held && !decoder.interrupted) transport.resume();
  }

  /** Takes no more bytes, and has the end of the transport read. */
  ignore(): void {
    this.#deaf = true;
    this.#later = undefined;
    this.#owner.decoder.stop();
    this.#owner.transport.resume();
  }
}

function goOn(input: Input): void {
  input.goOn();
}
