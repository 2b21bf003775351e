// The page's list of messages.
import { byId, make } from "./elements.js";

const MOST_ENTRIES = 200;

/** The received messages, the newest at the bottom. */
export class Log {
  readonly #list = byId("log", HTMLOListElement);
  readonly #empty = byId("empty", HTMLParagraphElement);

  /** @param isPrivate - whether it was for one client only */
  message(from: string, to: string, text: string, isPrivate: boolean): void {
    const line = make("span");
    line.append(make("span", "parties", `${from} → ${to}`), make("span", "text", text));
    this.#empty.hidden = true;
    this.#add(line, isPrivate ? "private" : "public");
  }

  /** Adds a line about an event, such as a client that joined. */
  note(text: string): void {
    this.#add(make("span", "note", text), "");
  }

  #add(line: HTMLElement, className: string): void {
    const list = this.#list;
    const atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 8;
    const now = new Date();
    const time = make("time", "", now.toLocaleTimeString("en-GB"));
    time.dateTime = now.toISOString();
    const entry = make("li", className);
    entry.append(time, line);
    list.append(entry);
    if (list.childElementCount > MOST_ENTRIES) list.firstElementChild?.remove();
    // The list scrolls only if its end was visible, so that a reader of older messages is not disturbed.
    if (atBottom) list.scrollTop = list.scrollHeight;
  }
}
