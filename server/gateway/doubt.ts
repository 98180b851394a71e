/**
 * What the hub does when hints may have been lost and nobody knows which: it asks the store for the heads of all feeds that are followed
 * here, a bounded number at a time, and has those pulled that lag. Doubts that come while it asks are one more round after this one; a
 * round that the store did not answer is made up for at the next `tend`.
 */
import type { FeedId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Log } from '../ports/log.ts';
import type { StoreReads } from '../ports/store.ts';
import { background } from './background.ts';
import type { FeedEntry } from './connection.ts';

export interface DoubtParts {
  readonly store: Pick<StoreReads, 'heads'>;
  readonly limits: Pick<Limits, 'doubtFeeds'>;
  readonly log: Log;
  readonly feeds: () => Iterable<FeedEntry>;
  readonly pull: (entry: FeedEntry) => void;
}

export class Doubt {
  readonly #parts: DoubtParts;
  #isOpen = false;
  #isAsking = false;

  constructor(parts: DoubtParts) {
    this.#parts = parts;
  }

  raise(): void {
    this.#isOpen = true;
    this.tend();
  }

  /** Takes up what was left open. */
  tend(): void {
    if (!this.#isOpen || this.#isAsking) return;
    this.#isAsking = true;
    background(
      this.#settle().finally(() => (this.#isAsking = false)),
      this.#parts.log,
      'doubt',
    );
  }

  async #settle(): Promise<void> {
    while (this.#isOpen) {
      this.#isOpen = false;
      try {
        await this.#askAll();
      } catch (error) {
        this.#isOpen = true;
        throw error;
      }
    }
  }

  async #askAll(): Promise<void> {
    const { feeds, limits, log } = this.#parts;
    let [asked, lagging] = [0, 0];
    let batch = new Map<FeedId, FeedEntry>();
    for (const entry of [...feeds()]) {
      batch.set(entry.id, entry);
      if (batch.size < limits.doubtFeeds) continue;
      asked += batch.size;
      lagging += await this.#ask(batch);
      batch = new Map();
    }
    asked += batch.size;
    lagging += await this.#ask(batch);
    log[lagging > 0 ? 'info' : 'debug']('fan-out-doubt', { asked, lagging });
  }

  /** @returns how many lag */
  async #ask(batch: ReadonlyMap<FeedId, FeedEntry>): Promise<number> {
    if (batch.size === 0) return 0;
    const { store, pull } = this.#parts;
    let lagging = 0;
    for (const [feed, head] of await store.heads([...batch.keys()])) {
      const entry = batch.get(feed);
      if (!entry || head <= (entry.head ?? 0)) continue;
      lagging++;
      pull(entry);
    }
    return lagging;
  }
}
