// A writable and a readable end with code between them, which may enqueue items at any time.

/** The code between the two ends of a {@link Conduit}. */
export interface ConduitSteps<In, Out> {
  /** Takes a written chunk. An exception breaks both ends. */
  write(chunk: In): void;
  /** The writer closed its end. */
  close(): void;
  /** The writer aborted its end, or `write` threw. */
  abort(reason: unknown): void;
  /** The reader gave up. */
  cancel(reason: unknown): void;
  /** Called when the reader waits. @returns the items to read */
  pull?(): readonly Out[];
  /** The reader gets this item next. */
  hand?(item: Out): void;
}

/**
 * A writable and a readable end like those of a `TransformStream`, except that items to read may come at any time. A
 * write is over when all items that it made were handed to the reader, each when the reader asks for one.
 */
export class Conduit<In, Out> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
  readonly #steps: ConduitSteps<In, Out>;
  #reader!: ReadableStreamDefaultController<Out>;
  #writer!: WritableStreamDefaultController;
  /** The items; the waiting ones begin at an index. */
  #items: Out[] = [];
  #next = 0;
  #asked = false;
  /** No items follow those that wait. */
  #finishing = false;
  /** The readable end takes nothing any more. */
  #over = false;
  /** The write that is under way, and the function that ends it. */
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

  /** The write that is under way, if there is one: its items wait for a reader. */
  get write(): Promise<void> | undefined {
    return this.#write;
  }

  /** Brings items to the readable end. */
  bring(items: readonly Out[]): void {
    if (this.#over || items.length === 0) return;
    for (const item of items) this.#items.push(item);
    this.#deliver();
  }

  /** Closes the readable end when all items are read. */
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
      // The reader may ask for the next item from inside of this call.
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

  /** Ends the write, whose items were all read. */
  #release(): void {
    this.#items = [];
    this.#next = 0;
    this.#write = undefined;
    this.#proceed?.();
    this.#proceed = undefined;
  }
}
