// A pair of streams between which code stands that may bring something to read at any time.

/** The code between the two ends of a {@link Conduit}. */
export interface ConduitSteps<In, Out> {
  /** Takes what was written. What it throws breaks both ends. */
  write(chunk: In): void;
  /** The writer closed its end. */
  close(): void;
  /** The writer aborted its end, or `write` threw. */
  abort(reason: unknown): void;
  /** The reader gave up. */
  cancel(reason: unknown): void;
  /** Called when the reader waits. @returns what there is to read */
  pull?(): readonly Out[];
  /** The reader gets this item next. */
  hand?(item: Out): void;
}

/**
 * A writable and a readable end like those of a `TransformStream`, but that what is to be read may come at any time. A write is
 * over when all that it made was handed to the reader, one item after the other, each when it is asked for.
 */
export class Conduit<In, Out> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
  readonly #steps: ConduitSteps<In, Out>;
  #reader!: ReadableStreamDefaultController<Out>;
  #writer!: WritableStreamDefaultController;
  /** Those that wait begin at an index. */
  #items: Out[] = [];
  #next = 0;
  #asked = false;
  /** Nothing follows what waits. */
  #finishing = false;
  /** The readable end takes nothing any more. */
  #over = false;
  /** The write that is under way, and what ends it. */
  #write: Promise<void> | undefined;
  #proceed: (() => void) | undefined;

  constructor(steps: ConduitSteps<In, Out>) {
    this.#steps = steps;
    this.readable = new ReadableStream<Out>(
      {
        start: (controller) => {
          this.#reader = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.#cancel(reason),
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<In>({
      start: (controller) => {
        this.#writer = controller;
        controller.signal.addEventListener("abort", () => this.#release());
      },
      write: (chunk) => this.#take(chunk),
      close: () => steps.close(),
      abort: (reason) => steps.abort(reason),
    });
  }

  /** Whether the reader waits for an item. */
  get asked(): boolean {
    return this.#asked;
  }

  /** The write that is under way, if one is: what it made waits for a reader. */
  get write(): Promise<void> | undefined {
    return this.#write;
  }

  /** Brings something to the readable end. */
  bring(items: readonly Out[]): void {
    if (this.#over || items.length === 0) return;
    for (const item of items) this.#items.push(item);
    this.#deliver();
  }

  /** Closes the readable end when all is read. */
  finish(): void {
    this.#finishing = true;
    this.#deliver();
  }

  /** Breaks the readable end. */
  fail(reason: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#reader.error(reason);
  }

  /** Breaks the writable end, so that its writer stops. */
  refuse(reason: unknown): void {
    this.#writer.error(reason);
  }

  #take(chunk: In): Promise<void> | undefined {
    try {
      this.#steps.write(chunk);
    } catch (error) {
      this.fail(error);
      this.#steps.abort(error);
      throw error;
    }
    if (!this.#holds()) return undefined;
    this.#write = new Promise((resolve) => {
      this.#proceed = resolve;
    });
    return this.#write;
  }

  #holds(): boolean {
    return this.#next < this.#items.length;
  }

  #pull(): void {
    this.#asked = true;
    if (this.#holds()) this.#deliver();
    else this.bring(this.#steps.pull?.() ?? []);
  }

  #cancel(reason: unknown): void {
    this.#end();
    this.#steps.cancel(reason);
  }

  #deliver(): void {
    const item = this.#items[this.#next];
    if (this.#asked && item !== undefined) {
      this.#asked = false;
      this.#next++;
      this.#steps.hand?.(item);
      // From inside of it the next one may be asked for.
      this.#reader.enqueue(item);
      if (!this.#holds()) this.#release();
    }
    if (this.#over || !this.#finishing || this.#holds()) return;
    this.#end();
    this.#reader.close();
  }

  #end(): void {
    this.#over = true;
    this.#release();
  }

  /** Ends the write, of which nothing waits any more. */
  #release(): void {
    this.#items = [];
    this.#next = 0;
    this.#write = undefined;
    this.#proceed?.();
    this.#proceed = undefined;
  }
}
