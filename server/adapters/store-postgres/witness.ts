/**
 * Remembers what this relay has seen committed, so that it notices when a server that took over does not know it: a standby that was
 * behind, files put back from yesterday. Only the newest are kept; a server that loses history loses its end.
 */
import type pg from 'pg';
import type { FeedId } from '../../../protocol/ids.ts';
import type { StoredEvent } from '../../ports/store.ts';

type Sighting = Pick<StoredEvent, 'feed' | 'seq' | 'at'>;

/** Feeds; each with the newest event seen. */
const MOST = 1_000;

const UNKNOWN = `
  SELECT count(*) AS count FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS seen (feed, seq, at)
  LEFT JOIN feed ON feed.id = seen.feed LEFT JOIN event ON event.feed = feed.no AND event.seq = seen.seq
  WHERE event.at IS DISTINCT FROM seen.at`;

export class Witness {
  /** In the order in which they were last seen to move. */
  readonly #seen = new Map<FeedId, Sighting>();

  saw(events: readonly StoredEvent[]): void {
    for (const { feed, seq, at } of events) {
      const known = this.#seen.get(feed);
      if (known && known.seq >= seq) continue;
      this.#seen.delete(feed);
      this.#seen.set(feed, { feed, seq, at });
    }
    for (const feed of this.#seen.keys()) {
      if (this.#seen.size <= MOST) return;
      this.#seen.delete(feed);
    }
  }

  /** Another history has begun. */
  forget(): void {
    this.#seen.clear();
  }

  /** Whether the server knows all that was seen. */
  async isBorneOut(client: pg.Client): Promise<boolean> {
    return this.#seen.size === 0 || isKnown(client, [...this.#seen.values()]);
  }
}

/** Whether all these events stand where they stood. */
export async function isKnown(client: pg.Client, events: readonly Sighting[]): Promise<boolean> {
  const columns = [
    events.map((event) => event.feed),
    events.map((event) => event.seq),
    events.map((event) => event.at),
  ];
  const { rows } = await client.query<{ readonly count: number }>(UNKNOWN, columns);
  return rows[0]?.count === 0;
}
