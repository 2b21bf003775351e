// The shopping list: it knows nothing of WebSockets.

export interface Item {
  readonly id: number;
  readonly name: string;
  readonly by: string;
  readonly done: boolean;
}

export class List {
  readonly #items = new Map<number, Item>();
  #lastId = 0;

  get items(): Item[] {
    return [...this.#items.values()];
  }

  /**
   * Does what a client asks for: `{ "add": name }` or `{ "tick": id }`.
   * @returns the item that changed
   * @throws Error with a message for the client
   */
  apply(request: string, by: string): Item {
    const asked: unknown = JSON.parse(request);
    if (typeof asked !== "object" || asked === null) throw new Error("not an object");
    if ("add" in asked && typeof asked.add === "string") {
      this.#lastId++;
      return this.#set({ id: this.#lastId, name: asked.add, by, done: false });
    }
    const item = "tick" in asked && typeof asked.tick === "number" ? this.#items.get(asked.tick) : undefined;
    if (item === undefined) throw new Error("no such item");
    return this.#set({ ...item, done: true });
  }

  #set(item: Item): Item {
    this.#items.set(item.id, item);
    return item;
  }
}

/** The people who may change the list, by token. */
export const PEOPLE: ReadonlyMap<string, string> = new Map([
  ["milk", "Ada"],
  ["honey", "Bob"],
]);
