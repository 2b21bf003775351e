// The class `PerMessageDeflate` of ws: negotiates compression (RFC 7692), and compresses for users of the class.
import { MAX_WINDOW_BITS } from "../protocol/deflate/parameters.js";
import type { MessagePath } from "../protocol/extensions/message-path.js";
import {
  answerOf,
  type Configuration,
  offerOf,
  type PerMessageDeflateOptions,
  type PerMessageDeflateParameters,
  takenFrom,
} from "./deflate-parameters.js";
import { violationError } from "./errors.js";
import { Limiter } from "./limiter.js";
import { compresses, deflatePath } from "./message-path.js";
import { DeflateStream, type Done, InflateStream } from "./zlib-streams.js";

export type { PerMessageDeflateOptions, PerMessageDeflateParameters } from "./deflate-parameters.js";

/** Options of {@link PerMessageDeflate} itself. */
export interface PerMessageDeflateSettings extends PerMessageDeflateOptions {
  /** Whether this side is the server. Default false. */
  readonly isServer?: boolean | undefined;
  /** The most bytes of a decompressed message, for {@link PerMessageDeflate.decompress}. Default 0, for any number. */
  readonly maxPayload?: number | undefined;
}

const DEFAULT_THRESHOLD = 1024;
const DEFAULT_CONCURRENCY = 10;

/** One for the process, since its threads are what it is for. */
let zlibCalls: Limiter | undefined;

/**
 * Permessage-deflate as one side of a connection takes part in it.
 *
 * Connections compress with the package's own code, by {@link messagePath}. {@link compress} and {@link decompress} use
 * `node:zlib`, with its options and its errors.
 */
export class PerMessageDeflate {
  /** The name of the extension. */
  static get extensionName(): "permessage-deflate" {
    return "permessage-deflate";
  }

  /** The parameters that were agreed on, after {@link accept}. */
  params: PerMessageDeflateParameters | null = null;
  /** @internal */
  readonly _options: PerMessageDeflateSettings;
  /** @internal */
  readonly _threshold: number;
  /** @internal */
  readonly _maxPayload: number;
  /** @internal */
  readonly _isServer: boolean;
  #deflate: DeflateStream | undefined;
  #inflate: InflateStream | undefined;

  constructor(options: PerMessageDeflateSettings = {}) {
    this._options = options;
    this._threshold = options.threshold ?? DEFAULT_THRESHOLD;
    this._maxPayload = Number(options.maxPayload) | 0;
    this._isServer = Boolean(options.isServer);
    zlibCalls ??= new Limiter(options.concurrencyLimit ?? DEFAULT_CONCURRENCY);
  }

  /** The parameters that a client offers, for `extension.format`. */
  offer(): PerMessageDeflateParameters {
    return offerOf(this._options);
  }

  /**
   * Chooses among the offers of a client, or takes the answer of a server.
   * @param configurations - as `extension.parse` gives them
   * @returns the parameters that were agreed on
   * @throws Error or TypeError if a parameter is invalid, or the options allow none of the offers or not the answer
   */
  accept(configurations: readonly Configuration[]): PerMessageDeflateParameters {
    const choose = this._isServer ? answerOf : takenFrom;
    this.params = choose(configurations, this._options);
    return this.params;
  }

  /** @internal The path of compressed messages; undefined before {@link accept}, and where {@link compresses} says no. */
  messagePath(): MessagePath | undefined {
    const { params } = this;
    if (params === null || !compresses(this._options)) return undefined;
    return deflatePath(this._isServer ? "server" : "client", params);
  }

  /** @internal Bytes from which on a message, or the first fragment of one, is compressed. */
  get compressFrom(): number {
    return this.#takeover(this._isServer) ? 0 : this._threshold;
  }

  /** Frees what {@link compress} and {@link decompress} hold. A call that is running fails. */
  cleanup(): void {
    const inflate = this.#inflate;
    const deflate = this.#deflate;
    this.#inflate = undefined;
    this.#deflate = undefined;
    inflate?.close();
    deflate?.close();
  }

  /**
   * Compresses a message, or a part of one. Calls must not overlap.
   * @param fin - whether the message ends with it
   */
  compress(data: Uint8Array | string, fin: boolean, callback: Done): void {
    limited(callback, (done) => {
      this.#deflate ??= new DeflateStream(
        { ...this._options.zlibDeflateOptions, windowBits: this.#windowBits(this._isServer) },
        this.#takeover(this._isServer),
      );
      this.#deflate.run(data, fin, done);
    });
  }

  /**
   * Decompresses a message, or a part of one. Calls must not overlap. Bad data is an error of zlib's, such as
   * `Z_DATA_ERROR`; a message over `maxPayload` is a RangeError.
   * @param fin - whether the message ends with it
   */
  decompress(data: Uint8Array, fin: boolean, callback: Done): void {
    limited(callback, (done) => {
      const inflate = this.#inflating();
      inflate.run(data, fin, (error, result) => {
        if (inflate.over && this.#inflate === inflate) this.#inflate = undefined;
        done(error, result);
      });
    });
  }

  #inflating(): InflateStream {
    this.#inflate ??= new InflateStream(
      { ...this._options.zlibInflateOptions, windowBits: this.#windowBits(!this._isServer) },
      this.#takeover(!this._isServer),
      this._maxPayload < 1 ? Number.POSITIVE_INFINITY : this._maxPayload,
      () => violationError({ code: "MESSAGE_TOO_LONG" }),
    );
    return this.#inflate;
  }

  #windowBits(ofServer: boolean): number {
    const bits = ofServer ? this.params?.server_max_window_bits : this.params?.client_max_window_bits;
    return typeof bits === "number" ? bits : MAX_WINDOW_BITS;
  }

  #takeover(ofServer: boolean): boolean {
    return !(ofServer ? this.params?.server_no_context_takeover : this.params?.client_no_context_takeover);
  }

  /** @internal The stream of {@link compress}. */
  get _deflate(): DeflateStream["raw"] | null {
    return this.#deflate?.raw ?? null;
  }

  /** @internal The stream of {@link decompress}. */
  get _inflate(): InflateStream["raw"] | null {
    return this.#inflate?.raw ?? null;
  }
}

/** Runs a call of zlib's when its turn has come. */
function limited(callback: Done, run: (done: Done) => void): void {
  zlibCalls?.add((over) =>
    run((error, result) => {
      over();
      callback(error, result);
    }),
  );
}
