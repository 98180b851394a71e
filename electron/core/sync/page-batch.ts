/**
 * The pages of a catch-up on their way into the cache, several in one transaction. Messages of one week in fifty channels lie side by
 * side in the indexes: written a page at a time, every transaction writes nearly every page of those indexes anew. The first page is
 * the one somebody waits for and goes in at once; later ones wait for each other, 16 ms and 1,000 events at most, so that neither
 * the sidebar nor the event loop notices. What is kept when the line goes is dropped, as if it had not come.
 */
import type { Down } from '../../../protocol/frames-down.ts';
import type { Clock } from '../ports.ts';

export interface PageBatchParts {
  readonly clock: Clock;
  /** All of them or none. */
  readonly absorb: (pages: readonly Down<'page'>[]) => void;
  /** Absorbing failed where no caller could be told. */
  readonly onBroken: (error: unknown) => void;
}

export interface PageBatch {
  /** A catch-up begins: its first page waits for no other. */
  begin(): void;
  add(page: Down<'page'>): void;
  /** Takes in what was kept. @throws what `absorb` throws */
  flush(): void;
  drop(): void;
}

const WAIT_MS = 16;
const MOST_EVENTS = 1_000;

export function createPageBatch({ clock, absorb, onBroken }: PageBatchParts): PageBatch {
  let pages: Down<'page'>[] = [];
  let events = 0;
  let isFirst = true;
  let cancel: (() => void) | undefined;

  const empty = (): readonly Down<'page'>[] => {
    const kept = pages;
    cancel?.();
    cancel = undefined;
    pages = [];
    events = 0;
    return kept;
  };

  const flush = (): void => {
    const kept = empty();
    if (kept.length > 0) absorb(kept);
  };

  const flushLate = (): void => {
    try {
      flush();
    } catch (error) {
      onBroken(error);
    }
  };

  return {
    begin: () => {
      isFirst = true;
    },
    add: (page) => {
      pages.push(page);
      events += page.events.length;
      const isDue = isFirst || events >= MOST_EVENTS;
      isFirst = false;
      if (isDue) flush();
      else cancel ??= clock.after(WAIT_MS, flushLate);
    },
    flush,
    drop: () => void empty(),
  };
}
