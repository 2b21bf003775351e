// The page's list of clients.
import type { ClientInfo } from "../messages.js";
import { byId, make, setText } from "./elements.js";
import { formatCount, formatDuration, formatMilliseconds } from "./format.js";

interface Row {
  readonly element: HTMLLabelElement;
  readonly radio: HTMLInputElement;
  readonly where: HTMLElement;
  readonly rate: HTMLElement;
  readonly rtt: HTMLElement;
}

/** The list of clients, of which one, or everyone, is chosen to send to. */
export class Clients {
  /** This tab's own id. */
  you: number | undefined;
  readonly #list = byId("clients", HTMLDivElement);
  readonly #to = byId("to", HTMLElement);
  readonly #rows = new Map<number, Row>();
  /** The names of clients, also of those that are gone: their messages may still be in the log. */
  readonly #names = new Map<number, string>();

  constructor() {
    this.#list.addEventListener("change", () => this.#showChoice());
  }

  /** The client chosen, or `null` for everyone. */
  get chosen(): number | null {
    for (const [id, row] of this.#rows) if (row.radio.checked) return id;
    return null;
  }

  /** The name of a client in a sentence. */
  nameOf(id: number): string {
    return id === this.you ? "you" : `#${id} ${this.#names.get(id) ?? ""}`.trim();
  }

  /** Shows the clients that are there. @returns those that came and went */
  update(clients: readonly ClientInfo[]): { joined: number[]; left: number[] } {
    const joined: number[] = [];
    const left = new Set(this.#rows.keys());
    for (const client of clients) {
      left.delete(client.id);
      let row = this.#rows.get(client.id);
      if (row === undefined) {
        row = this.#add(client);
        joined.push(client.id);
      }
      setText(row.where, whereabouts(client));
      setText(row.rate, `${formatCount(client.rate)} msg/s`);
      setText(row.rtt, client.rtt === null ? "ping –" : `ping ${formatMilliseconds(client.rtt)} ms`);
    }
    for (const id of left) this.#remove(id);
    return { joined, left: [...left] };
  }

  /** Forgets all clients: the connection is gone, and the next server may be another. */
  clear(): void {
    for (const id of [...this.#rows.keys()]) this.#remove(id);
    this.you = undefined;
  }

  #add(client: ClientInfo): Row {
    const radio = make("input");
    radio.type = "radio";
    radio.name = "to";
    radio.value = String(client.id);
    const who = make("span", "who");
    who.append(make("span", "id", `#${client.id}`), make("b", "", client.name));
    if (client.id === this.you) who.append(make("span", "you", "you"));
    const row = {
      element: make("label", "row"),
      radio,
      where: make("span", "where"),
      rate: make("span", "rate"),
      rtt: make("span", "rtt"),
    };
    row.element.setAttribute("data-id", String(client.id));
    row.element.append(radio, who, row.rate, row.where, row.rtt);
    this.#list.append(row.element);
    this.#rows.set(client.id, row);
    this.#names.set(client.id, client.name);
    return row;
  }

  #remove(id: number): void {
    const row = this.#rows.get(id);
    this.#rows.delete(id);
    row?.element.remove();
    if (row?.radio.checked !== true) return;
    const everyone = this.#list.querySelector("input");
    if (everyone !== null) everyone.checked = true;
    this.#showChoice();
  }

  #showChoice(): void {
    const { chosen } = this;
    setText(this.#to, chosen === null ? "everyone" : this.nameOf(chosen));
  }
}

/** `Linux · 127.0.0.1 · 12 s`. */
function whereabouts({ system, address, connectedSeconds }: ClientInfo): string {
  return [system, address, formatDuration(connectedSeconds)].filter((part) => part !== "").join(" · ");
}
