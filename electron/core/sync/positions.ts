/**
 * Where this desktop stands in each feed: its highest event without a gap, and the newest proof that
 * the relay gave out for the feed. Kept with the events themselves, so that both are there after a
 * crash or neither is.
 */
import type { Position, ProvenEvent } from '../../../protocol/feeds.ts';
import type { Cache } from '../cache/data.ts';

export interface Positions {
  /** Undefined where nothing of the feed is here. @param feed  as in `position-rows.ts` */
  of(feed: number): Position | undefined;
  /** The event is now the highest one without a gap. */
  move(feed: number, event: { readonly seq: number; readonly at: number }): void;
  /** A proof has come, also of an event that is not here yet. An older one is of no use. */
  prove(feed: number, proven: ProvenEvent): void;
  forget(feed: number): void;
  /** Forgets all; the rows are cleared with the team's others. */
  clear(): void;
}

export function createPositions(team: number, cache: Pick<Cache, 'positions'>): Positions {
  const positions = new Map<number, Position>(
    cache.positions.all(team).map(({ feed, position }) => [feed, position]),
  );
  const put = (feed: number, position: Position): void => {
    positions.set(feed, position);
    cache.positions.put(team, feed, position);
  };
  return {
    of: (feed) => positions.get(feed),
    move: (feed, { seq, at }) => {
      const proven = positions.get(feed)?.proven;
      put(feed, { seq, at, ...(proven ? { proven } : {}) });
    },
    prove: (feed, proven) => {
      const known = positions.get(feed);
      if (known && proven.seq > (known.proven?.seq ?? 0)) put(feed, { ...known, proven });
    },
    forget: (feed) => void positions.delete(feed),
    clear: () => positions.clear(),
  };
}
