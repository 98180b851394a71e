/**
 * How many connections may be held at a time: so many in all, so many of one group. A newcomer is
 * never refused for others' sake: when there are too many, the oldest connection of the group that
 * holds most is closed. Groups are nested, from the widest to the narrowest, so the owner of a wide
 * network competes with themselves first.
 */
export interface ConnectionLimitParts<C> {
  readonly most: number;
  /** Of one group of the narrowest kind; beyond, the oldest of that group is closed. */
  readonly mostPerGroup?: number;
  /** Called once for a connection that has to give way; it is not held any more. */
  readonly close: (connection: C) => void;
}

/**
 * A group with the narrower groups inside it; the narrowest hold the connections, the oldest first.
 */
class Group<C> {
  readonly name: string;
  readonly parent: Group<C> | undefined;
  readonly groups = new Map<string, Group<C>>();
  readonly connections = new Set<C>();
  size = 0;

  constructor(name: string, parent?: Group<C>) {
    this.name = name;
    this.parent = parent;
  }
}

export class ConnectionLimit<C extends object> {
  readonly #parts: ConnectionLimitParts<C>;
  readonly #all = new Group<C>('');
  readonly #groupOf = new Map<C, Group<C>>();

  constructor(parts: ConnectionLimitParts<C>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Holds the connection as the newest one; of one that is held already the groups change.
   * @param groups  from the widest on
   */
  add(connection: C, groups: readonly string[]): void {
    this.remove(connection);
    let group = this.#all;
    group.size++;
    for (const name of groups) {
      let inner = group.groups.get(name);
      if (!inner) group.groups.set(name, (inner = new Group(name, group)));
      group = inner;
      group.size++;
    }
    group.connections.add(connection);
    this.#groupOf.set(connection, group);
    const { most, mostPerGroup = most } = this.#parts;
    if (group.connections.size > mostPerGroup) this.#closeOldest(group);
    if (this.size > most) this.#closeOldest(this.#largest());
  }

  /** @returns whether it was held */
  remove(connection: C): boolean {
    const narrowest = this.#groupOf.get(connection);
    if (!narrowest) return false;
    this.#groupOf.delete(connection);
    narrowest.connections.delete(connection);
    for (let group: Group<C> | undefined = narrowest; group; group = group.parent)
      if (--group.size === 0) group.parent?.groups.delete(group.name);
    return true;
  }

  #closeOldest(group: Group<C>): void {
    const [oldest] = group.connections;
    if (oldest === undefined) return;
    this.remove(oldest);
    this.#parts.close(oldest);
  }

  /**
   * The largest of the widest groups, in it the largest of the next, and so on; of equals the one
   * that is there longest.
   */
  #largest(): Group<C> {
    let group = this.#all;
    while (group.groups.size > 0) {
      let largest: Group<C> | undefined;
      for (const inner of group.groups.values())
        if (!largest || inner.size > largest.size) largest = inner;
      if (!largest) break;
      group = largest;
    }
    return group;
  }
}
