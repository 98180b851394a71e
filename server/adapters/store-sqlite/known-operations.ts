/**
 * Tells of most operation ids, without asking the file, that they were never used. Ids are UUIDv7 and grow with time: what is higher
 * than everything stored is new, and the latest, which come a little out of order, are remembered one by one. Never says "new" of an id
 * that is stored; may fail to say it of one that is not. A client whose clock is years ahead raises the floor for everybody: each
 * message then costs its look-up again, and nothing else.
 */

const MOST = 8_192;
/** UUIDv7 begin with 0 until the year 2527. Other ids would only raise the floor. */
const END = '1';

export class KnownOperations {
  /** In the order of their coming. */
  readonly #latest = new Set<string>();
  /** Nothing that is stored and not among the latest is higher. */
  #floor: string;

  /** @param highest  of the ids stored that are below `KnownOperations.end` */
  constructor(highest: string) {
    this.#floor = highest;
  }

  static readonly end = END;

  isSurelyNew(op: string): boolean {
    return op > this.#floor && op < END && !this.#latest.has(op);
  }

  /** To be told of every id before it is stored. */
  add(op: string): void {
    if (op >= END) return;
    this.#latest.add(op);
    if (this.#latest.size <= MOST) return;
    let left = MOST / 2;
    for (const old of this.#latest) {
      if (old > this.#floor) this.#floor = old;
      this.#latest.delete(old);
      if (--left === 0) return;
    }
  }
}
