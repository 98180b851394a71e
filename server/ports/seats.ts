/**
 * Seats: how many of something each of many may hold at a time, counted over all nodes of the team: sockets of a member, strangers of an
 * address. A node keeps its own rule at once and by itself; from here it hears which of its seats have to go because of what others hold.
 *
 * What every adapter guarantees:
 * - Nothing waits and nothing throws.
 * - Of more than `most` those that give way hear it within four rounds (`seatsEveryMs`). A seat that is left within two rounds costs nothing;
 *   one that is left here and then taken elsewhere is not counted twice.
 * - The seats of a node that dies are free within `seatLeaseMs`.
 * - While the other nodes cannot be asked nobody loses anything; when they can again, all is counted anew.
 * - Names do not leave the node in clear.
 */
export interface SeatRule {
  /** Of what: `member`. The same word with the same rule on every node. */
  readonly what: string;
  readonly most: number;
  /** Which one gives way: who held longest, or who came last. */
  readonly gives: 'oldest' | 'newest';
}

export interface Places<Holder extends object> {
  take(whose: string, holder: Holder): void;
  /** Of a holder who has none it does nothing. */
  leave(holder: Holder): void;
}

export interface Seats {
  /** `degraded`: the other nodes cannot be asked. */
  readonly state: 'well' | 'degraded';
  /** @param onLost  called once per holder, who then has no seat any more */
  open<Holder extends object>(rule: SeatRule, onLost: (holder: Holder) => void): Places<Holder>;
  close(): Promise<void>;
}
