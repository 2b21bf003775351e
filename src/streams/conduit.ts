/** What stands between the two ends of a {@link Conduit}. */
export interface ConduitSteps<In, Out> {
  /** Takes what was written. What it throws breaks both ends. */
  write(chunk: In): void;
  /** The writer closed its end. */
  close(): void;
  /** The writer aborted its end, or `write` threw. */
  abort(reason: unknown): void;
  /** The reader gave up. */
  cancel(reason: unknown): void;
  /** What there is to read when somebody waits for it. */
  pull?(): readonly Out[];
}

/**
 * A writable and a readable end like those of a `TransformStream`, but that what is to be read may come at any time. A write is
 * over when what it made was asked for.
 */
export class Conduit<In, Out> implements ReadableWritablePair<Out, In> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
  readonly #steps: ConduitSteps<In, Out>;
  #reader!: ReadableStreamDefaultController<Out>;
  #writer!: WritableStreamDefaultController;
  #waiting: Out[] = [];
  #asked = false;
  /** Nothing follows what waits. */
  #finishing = false;
  /** The readable end takes nothing any more. */
  #over = false;
  /** Ends the write that is under way. */
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
      write: (chunk) => this.#write(chunk),
      close: () => steps.close(),
      abort: (reason) => steps.abort(reason),
    });
  }

  /** Whether somebody waits at the readable end. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Brings something to the readable end. */
  bring(items: readonly Out[]): void {
    if (this.#over || items.length === 0) return;
    for (const item of items) this.#waiting.push(item);
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

  /** Breaks the writable end, so that whoever writes there stops. */
  refuse(reason: unknown): void {
    this.#writer.error(reason);
  }

  #write(chunk: In): Promise<void> | undefined {
    try {
      this.#steps.write(chunk);
    } catch (error) {
      this.fail(error);
      this.#steps.abort(error);
      throw error;
    }
    if (this.#waiting.length === 0) return undefined;
    return new Promise((resolve) => {
      this.#proceed = resolve;
    });
  }

  #pull(): void {
    this.#asked = true;
    if (this.#waiting.length > 0) this.#deliver();
    else this.bring(this.#steps.pull?.() ?? []);
  }

  #cancel(reason: unknown): void {
    this.#end();
    this.#steps.cancel(reason);
  }

  #deliver(): void {
    if (this.#over) return;
    if (this.#asked && this.#waiting.length > 0) {
      this.#asked = false;
      const items = this.#waiting;
      this.#waiting = [];
      for (const item of items) this.#reader.enqueue(item);
      this.#release();
    }
    if (this.#finishing && this.#waiting.length === 0) {
      this.#end();
      this.#reader.close();
    }
  }

  #end(): void {
    this.#over = true;
    this.#waiting = [];
    this.#release();
  }

  #release(): void {
    this.#proceed?.();
    this.#proceed = undefined;
  }
}
