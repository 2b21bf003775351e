// `extension` of ws: reads and writes Sec-WebSocket-Extensions, RFC 6455 section 9.1.
import { COMMA } from "../http/characters.js";
import { TokenScanner } from "./token-scanner.js";

/** The parameters of an extension that {@link parse} has read: the values of each name, `true` for one without a value. */
export type ExtensionParameters = Record<string, (string | true)[]>;

/** The extensions that {@link parse} has read: by name, the parameters of each time that it was listed. */
export type ExtensionOffers = Record<string, ExtensionParameters[]>;

type ParameterValue = string | number | boolean;

/** Parameters for {@link format}. `true` is a parameter without a value. */
export type FormattedParameters = Record<string, ParameterValue | readonly ParameterValue[]>;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * Reads the value of a `Sec-WebSocket-Extensions` field.
 * @returns objects without a prototype
 * @throws SyntaxError if it is malformed
 */
export function parse(header: string): ExtensionOffers {
  const offers: ExtensionOffers = Object.create(null);
  const scanner = new TokenScanner(header);
  do {
    const name = scanner.name();
    const parameters: ExtensionParameters = Object.create(null);
    while (scanner.take(SEMICOLON))
      add(parameters, scanner.name(), scanner.takeHere(EQUALS) ? scanner.value() : true);
    add(offers, name, parameters);
  } while (scanner.take(COMMA));
  scanner.end();
  return offers;
}

function add<Value>(lists: Record<string, Value[]>, name: string, value: Value): void {
  const list = lists[name];
  if (list === undefined) lists[name] = [value];
  else list.push(value);
}

/** Writes the value of a `Sec-WebSocket-Extensions` field. Nothing is checked. */
export function format(
  extensions: Record<string, FormattedParameters | readonly FormattedParameters[]>,
): string {
  return Object.entries(extensions)
    .flatMap(([name, listed]) => listOf(listed).map((parameters) => formatOne(name, parameters)))
    .join(", ");
}

function formatOne(name: string, parameters: FormattedParameters): string {
  const written = Object.entries(parameters).flatMap(([key, values]) =>
    listOf(values).map((value) => (value === true ? key : `${key}=${value}`)),
  );
  return [name, ...written].join("; ");
}

function listOf<Item>(items: Item | readonly Item[]): readonly Item[] {
  return isList(items) ? items : [items];
}

/** Array.isArray does not tell readonly arrays apart. */
function isList<Item>(items: Item | readonly Item[]): items is readonly Item[] {
  return Array.isArray(items);
}
