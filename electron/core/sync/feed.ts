/**
 * Order within one feed. What follows on is applied, what is known is dropped, what comes too early is held until the
 * gap before it has been pulled. The hold is bounded; beyond the bound the earliest is let go again, because a pull
 * brings it back and memory does not grow on a broken stream.
 */
import type { FeedEvent, Interval } from '../../../protocol/feeds.ts';

export interface FeedParts {
  /** The number up to which everything was applied. */
  position(): number;
  /** Events that follow on from `position`, without a hole. */
  apply(events: readonly FeedEvent[]): void;
  /** Asks for what is missing before the held ones; it comes back through `receive` or by a moved position. */
  pull(gap: Interval): void;
  /** False while catch-up is still bringing pages: gaps may close by themselves. */
  mayPull(): boolean;
}

export interface Feed {
  /** Events as they were pushed or paged, in ascending order. */
  receive(events: readonly FeedEvent[]): void;
  /** The position moved by other means, or pulling became possible: what is held may fit now. */
  settle(): void;
  readonly holding: number;
}

export const HOLD_LIMIT = 256;

export function createFeed({ position, apply, pull, mayPull }: FeedParts): Feed {
  const held = new Map<number, FeedEvent>();

  const settle = (): void => {
    if (held.size === 0) return;
    const at = position();
    for (const seq of held.keys()) if (seq <= at) held.delete(seq);
    const run: FeedEvent[] = [];
    for (let seq = at + 1; ; seq++) {
      const event = held.get(seq);
      if (!event) break;
      run.push(event);
      held.delete(seq);
    }
    if (run.length > 0) apply(run);
    while (held.size > HOLD_LIMIT) held.delete(Math.min(...held.keys()));
    if (held.size > 0 && mayPull())
      pull({ from: position() + 1, to: Math.min(...held.keys()) - 1 });
  };

  return {
    get holding() {
      return held.size;
    },
    receive: (events) => {
      const next = position() + 1;
      const fresh = events.filter((event) => event.seq >= next);
      const first = fresh[0];
      if (!first) return;
      if (held.size === 0 && first.seq === next && isUnbroken(fresh)) {
        apply(fresh);
        return;
      }
      for (const event of fresh) held.set(event.seq, event);
      settle();
    },
    settle,
  };
}

export const isUnbroken = (events: readonly FeedEvent[]): boolean =>
  events.every((event, index) => index === 0 || event.seq === (events[index - 1]?.seq ?? 0) + 1);
