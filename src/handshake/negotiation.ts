// Which extensions a connection uses, and with which parameters: RFC 6455 section 9.1, for servers and for clients.
import type { HeaderList } from "../http/header-list.js";
import { type Extension, type ExtensionParameter, parseExtensions } from "./extensions.js";

/** An extension that both sides have agreed on, as the answer names it. */
export interface AgreedExtension<Agreed = unknown> extends Extension {
  /** The extension's own object for the agreed parameters. */
  readonly agreed: Agreed;
}

/** How a server accepts an offer. */
export interface ExtensionAnswer<Agreed = unknown> {
  /** The parameters of the answer. */
  readonly parameters: readonly ExtensionParameter[];
  /** Becomes `agreed` of the {@link AgreedExtension}. */
  readonly agreed: Agreed;
}

/** An extension that a server can use. */
export interface ServerExtension<Agreed = unknown> {
  /** Its registered name. Upper and lower case are different. */
  readonly name: string;
  /**
   * Decides on one offer of the client. If a client makes several offers of one extension, the first accepted one
   * counts.
   *
   * @param offer - the parameters as sent, which may be repeated, unknown or without sense
   * @returns `undefined` to decline
   */
  accept(offer: readonly ExtensionParameter[]): ExtensionAnswer<Agreed> | undefined;
}

/** An extension that a client can use. */
export interface ClientExtension<Agreed = unknown> {
  /** Its registered name. Upper and lower case are different. */
  readonly name: string;
  /** The parameters of each offer, in order of preference. An offer may have none. */
  readonly offers: readonly (readonly ExtensionParameter[])[];
  /**
   * Checks how the server has accepted.
   *
   * @param answer - the parameters as sent, which may be repeated, unknown or without sense
   * @returns `undefined` if that answers none of the offers: the handshake fails
   */
  accept(answer: readonly ExtensionParameter[]): Pick<AgreedExtension<Agreed>, "agreed"> | undefined;
}

/** Chooses extensions as `acceptExtensions` says. */
export function chooseExtensions<Agreed>(
  offered: readonly Extension[],
  supported: readonly ServerExtension<Agreed>[],
): readonly AgreedExtension<Agreed>[] {
  const accepted: AgreedExtension<Agreed>[] = [];
  for (const { name, parameters } of offered) {
    if (accepted.some((each) => each.name === name)) continue;
    const answer = supported.find((each) => each.name === name)?.accept(parameters);
    if (answer !== undefined) accepted.push({ name, ...answer });
  }
  return accepted;
}

/** All offers of a client as the request has them. */
export function offersOf(extensions: readonly ClientExtension[]): readonly Extension[] {
  return extensions.flatMap(({ name, offers }) => offers.map((parameters) => ({ name, parameters })));
}

/**
 * Reads which of its offers a client's server has accepted. "… (the server has indicated an extension not requested by
 * the client), the client MUST _Fail the WebSocket Connection_." RFC 6455 section 4.1.
 *
 * @returns the extensions in the server's order, or a description of the fault
 */
export function readAgreed<Agreed>(
  headers: HeaderList,
  offered: readonly ClientExtension<Agreed>[],
): readonly AgreedExtension<Agreed>[] | string {
  const answered = parseExtensions(headers.getAll("Sec-WebSocket-Extensions"));
  if (answered === undefined) return "Sec-WebSocket-Extensions is malformed";
  const agreed: AgreedExtension<Agreed>[] = [];
  for (const { name, parameters } of answered) {
    const extension = offered.find((each) => each.name === name && each.offers.length > 0);
    if (extension === undefined) return "the server uses an extension that was not asked for";
    if (agreed.some((each) => each.name === name)) return "the server uses an extension twice";
    const accepted = extension.accept(parameters);
    if (accepted === undefined)
      return "the server uses an extension with parameters that do not answer the offer";
    agreed.push({ name, parameters, agreed: accepted.agreed });
  }
  return agreed;
}
