// A map from ids to members that come and go, such as the connections of a server.

/** So many members may be gone before the rest moves together. */
const MAX_GAPS = 32;

/**
 * The members by their ids, in the order of the ids.
 *
 * It stands in for a `Map`, because V8 grows and cleans the table of a `Map` by making another one that the old table
 * refers to. Once such a table is in the old generation, every later table survives all minor collections, together
 * with the members that were in it: nearly all memory of short connections then waited for a major collection.
 *
 * Members stand in an array by ascending id, so a binary search finds them. Where one is gone there is a gap, and the
 * gaps are closed when they outnumber the members.
 */
export class IdMap<T extends { readonly id: number }> implements ReadonlyMap<number, T> {
  readonly #ids: number[] = [];
  readonly #members: (T | undefined)[] = [];
  #size = 0;
  /** How often gaps were closed: iterations that go on look their place up again. */
  #moves = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a member. It should be the one with the highest id: otherwise those behind it have to move. */
  add(member: T): void {
    const at = this.#indexOf(member.id);
    if (this.#ids[at] !== member.id) this.#insert(at, member.id);
    if (this.#members[at] === undefined) this.#size++;
    this.#members[at] = member;
  }

  #insert(at: number, id: number): void {
    if (at === this.#ids.length) {
      this.#ids.push(id);
      this.#members.push(undefined);
    } else {
      this.#ids.splice(at, 0, id);
      this.#members.splice(at, 0, undefined);
      this.#moves++;
    }
  }

  /** Takes the member with this id out. Does nothing if there is none. */
  delete(id: number): void {
    const at = this.#indexOf(id);
    if (this.#ids[at] !== id || this.#members[at] === undefined) return;
    this.#members[at] = undefined;
    this.#size--;
    if (this.#members.length - this.#size > this.#size + MAX_GAPS) this.#closeGaps();
  }

  get(id: number): T | undefined {
    const at = this.#indexOf(id);
    return this.#ids[at] === id ? this.#members[at] : undefined;
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  /** As that of a `Map`: members that are added meanwhile are visited, and those that are gone are not. */
  forEach(visit: (member: T, id: number, map: ReadonlyMap<number, T>) => void, self?: unknown): void {
    for (const member of this.values()) Reflect.apply(visit, self, [member, member.id, this]);
  }

  *values(): Generator<T, undefined> {
    let moves = this.#moves;
    let next = 0;
    for (let at = 0; at < this.#members.length; at++) {
      const member = this.#members[at];
      if (member === undefined) continue;
      next = member.id + 1;
      yield member;
      if (moves === this.#moves) continue;
      moves = this.#moves;
      at = this.#indexOf(next) - 1;
    }
  }

  *keys(): Generator<number, undefined> {
    for (const member of this.values()) yield member.id;
  }

  *entries(): Generator<[number, T], undefined> {
    for (const member of this.values()) yield [member.id, member];
  }

  [Symbol.iterator](): Generator<[number, T], undefined> {
    return this.entries();
  }

  /** The index of the first id that is not below this one. */
  #indexOf(id: number): number {
    const ids = this.#ids;
    let from = 0;
    let to = ids.length;
    // Nearly always the newest.
    if (to > 0 && (ids[to - 1] ?? 0) < id) return to;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((ids[middle] ?? 0) < id) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #closeGaps(): void {
    let to = 0;
    for (const member of this.#members) {
      if (member === undefined) continue;
      this.#ids[to] = member.id;
      this.#members[to++] = member;
    }
    this.#ids.length = to;
    this.#members.length = to;
    this.#moves++;
  }
}
