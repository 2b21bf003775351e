// Reads the lists of tokens of Sec-WebSocket-Extensions and Sec-WebSocket-Protocol as ws does: more strictly than
// RFC 9110, and with its errors.
import { endOfRun, isSpace, TOKEN_CHARACTER } from "../http/characters.js";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A place in the value of a header field. Each method throws a SyntaxError at the first character that must not be there. */
export class TokenScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads the name of a list's element. White space may precede it, but not at the beginning of the field. */
  name(): string {
    if (this.#at > 0) this.#skipSpace();
    return this.#token();
  }

  /** Reads the value of a parameter: a token, which may be quoted. */
  value(): string {
    return this.#code === QUOTE ? this.#quoted() : this.#token();
  }

  /** Skips one character, if it is `code`. */
  takeHere(code: number): boolean {
    if (this.#code !== code) return false;
    this.#at++;
    return true;
  }

  /** Skips white space and then one character, if it is `code`. */
  take(code: number): boolean {
    this.#skipSpace();
    return this.takeHere(code);
  }

  /** Checks that the field ends here, and not with white space. */
  end(): void {
    const { length } = this.#text;
    if (this.#at < length || isSpace(this.#text.charCodeAt(length - 1))) throw this.#unexpected();
  }

  /** The character at the place, or NaN at the end. */
  get #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #skipSpace(): void {
    while (isSpace(this.#code)) this.#at++;
  }

  #token(): string {
    const start = this.#at;
    this.#at = endOfRun(TOKEN_CHARACTER, this.#text, start);
    if (this.#at === start) throw this.#unexpected();
    return this.#text.slice(start, this.#at);
  }

  /** RFC 6455 section 9.1: the value of a quoted string must be a token once it is unescaped. */
  #quoted(): string {
    let value = "";
    this.#at++;
    while (value === "" || this.#code !== QUOTE) {
      if (this.#code === BACKSLASH) this.#at++;
      if (TOKEN_CHARACTER[this.#code] !== 1) throw this.#unexpected();
      value += this.#text.charAt(this.#at++);
    }
    this.#at++;
    return value;
  }

  #unexpected(): SyntaxError {
    const atEnd = this.#at >= this.#text.length;
    return new SyntaxError(atEnd ? "Unexpected end of input" : `Unexpected character at index ${this.#at}`);
  }
}
