// Reads and writes `Sec-WebSocket-Extensions`: RFC 6455 section 9.1.
import { COMMA, endOfRun, isSpace, isToken, TOKEN_CHARACTER } from "../http/characters.js";

/** One parameter of an extension. */
export interface ExtensionParameter {
  /** A token. Upper and lower case are different. */
  readonly name: string;
  /** `undefined` if the parameter has no `=`. */
  readonly value: string | undefined;
}

/**
 * One extension out of `Sec-WebSocket-Extensions`. Parameters are a list in the order sent, so that a repeated one is
 * seen and no name can be a key of an object.
 */
export interface Extension {
  /** A token, the registered name. Upper and lower case are different. */
  readonly name: string;
  /** In the order sent. */
  readonly parameters: readonly ExtensionParameter[];
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A place in a text that only moves forward. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Whether nothing but white space precedes the next comma or the end. */
  get atEndOfElement(): boolean {
    this.skipSpace();
    return this.atEnd || this.#text.charCodeAt(this.#at) === COMMA;
  }

  /** Skips white space and then one character, if it is `code`. */
  take(code: number): boolean {
    this.skipSpace();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  /** @returns a token, or the empty string if there is none here */
  token(): string {
    this.skipSpace();
    const start = this.#at;
    this.#at = endOfRun(TOKEN_CHARACTER, this.#text, start);
    return this.#text.slice(start, this.#at);
  }

  /**
   * Reads on behind an opening quote.
   * @returns the quoted text, unescaped; the empty string if there is no closing quote
   */
  quoted(): string {
    let value = "";
    while (this.#at < this.#text.length) {
      const code = this.#text.charCodeAt(this.#at++);
      if (code === QUOTE) return value;
      // Behind a backslash at the end of the text there is no character, and the loop ends.
      value += code === BACKSLASH ? this.#text.charAt(this.#at++) : String.fromCharCode(code);
    }
    return "";
  }
}

/**
 * Reads `Sec-WebSocket-Extensions`, RFC 6455 section 9.1:
 *
 *     extension-list  = 1#extension
 *     extension       = extension-token *( ";" extension-param )
 *     extension-param = token [ "=" (token | quoted-string) ]
 *
 * White space may stand between any two of these. "A recipient MUST parse and ignore a reasonable number of empty list
 * elements", RFC 9110 section 5.6.1, but a list of empty elements only is malformed.
 *
 * @param lists - the values of the fields, in order: split over several fields or not, the list is the same
 * @returns the extensions in order of preference, none if the field was not sent; `undefined` if any value is malformed
 * @throws TypeError if `lists` is not an array of strings
 */
export function parseExtensions(lists: readonly string[]): readonly Extension[] | undefined {
  if (!Array.isArray(lists) || !lists.every((each) => typeof each === "string")) {
    throw new TypeError(
      "the values of Sec-WebSocket-Extensions must be an array of strings, as headers.getAll returns",
    );
  }
  const extensions: Extension[] = [];
  for (const list of lists) {
    const reader = new Reader(list);
    do {
      if (reader.atEndOfElement) continue;
      const extension = readExtension(reader);
      if (extension === undefined) return undefined;
      extensions.push(extension);
    } while (reader.take(COMMA));
    if (!reader.atEnd) return undefined;
  }
  return lists.length > 0 && extensions.length === 0 ? undefined : extensions;
}

function readExtension(reader: Reader): Extension | undefined {
  const name = reader.token();
  if (name === "") return undefined;
  const parameters: ExtensionParameter[] = [];
  while (reader.take(SEMICOLON)) {
    const parameter = readParameter(reader);
    if (parameter === undefined) return undefined;
    parameters.push(parameter);
  }
  return { name, parameters };
}

function readParameter(reader: Reader): ExtensionParameter | undefined {
  const name = reader.token();
  if (name === "") return undefined;
  if (!reader.take(EQUALS)) return { name, value: undefined };
  const value = reader.take(QUOTE) ? reader.quoted() : reader.token();
  // "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the
  // 'token' ABNF."
  return isToken(value) ? { name, value } : undefined;
}

/**
 * Writes `Sec-WebSocket-Extensions`. A value must be a token even where it is quoted, so nothing is ever quoted here.
 *
 * @throws TypeError if a name or a value is no token
 */
export function writeExtensions(extensions: readonly Extension[]): string {
  return extensions
    .map(({ name, parameters }) => [tokenOf(name), ...parameters.map(writeParameter)].join("; "))
    .join(", ");
}

function writeParameter({ name, value }: ExtensionParameter): string {
  return value === undefined ? tokenOf(name) : `${tokenOf(name)}=${tokenOf(value)}`;
}

function tokenOf(text: string): string {
  if (typeof text === "string" && isToken(text)) return text;
  throw new TypeError(`${JSON.stringify(text)} is no token, as names and values of extensions must be`);
}
