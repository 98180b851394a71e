/** Seats of which the test says who loses theirs to another node. */
import type { SeatRule, Seats } from '../../server/ports/seats.ts';

export interface FakeSeats extends Seats {
  /** Who has a seat, by what and whose, in the order in which they took it. */
  held(what: string, whose: string): number;
  /** Another node's holders are too many for this one: the holder that gives way loses its seat. */
  crowd(what: string, whose: string): void;
}

interface Held {
  readonly whose: string;
  readonly lose: () => void;
}

export function createFakeSeats(): FakeSeats {
  const kinds = new Map<string, { readonly rule: SeatRule; readonly held: Map<object, Held> }>();
  const of = (what: string, whose: string): [object, Held][] =>
    [...(kinds.get(what)?.held ?? [])].filter(([, held]) => held.whose === whose);
  return {
    state: 'well',
    open(rule, onLost) {
      const held = new Map<object, Held>();
      kinds.set(rule.what, { rule, held });
      return {
        take: (whose, holder) => void held.set(holder, { whose, lose: () => onLost(holder) }),
        leave: (holder) => void held.delete(holder),
      };
    },
    held: (what, whose) => of(what, whose).length,
    crowd(what, whose) {
      const kind = kinds.get(what);
      const [holder, held] = of(what, whose).at(kind?.rule.gives === 'oldest' ? 0 : -1) ?? [];
      if (!kind || !holder || !held) throw new Error(`nobody holds a seat of ${what} ${whose}`);
      kind.held.delete(holder);
      held.lose();
    },
    close: async () => undefined,
  };
}
