/**
 * How long to wait before the next attempt: full jitter under a ceiling that doubles, 0.3 to 30 s. Full jitter, because a relay that
 * restarts is met by all its desktops at once. A relay that says when to come back knows better: then that it is.
 */
export const BACKOFF = {
  minMs: 300,
  maxMs: 30_000,
  firstCeilingMs: 600,
  forgivenMs: 2_000,
} as const;

/** @param attempt  failures in a row before this wait, from 0
 *  @param fraction  in [0, 1)
 *  @param askedMs  what the relay asked for, if it did */
export function backoffMs(
  attempt: number,
  fraction: number,
  askedMs: number | null = null,
): number {
  // All who were told the same delay would come back together: up to a second is added.
  if (askedMs !== null) return Math.max(BACKOFF.minMs, askedMs + Math.round(1_000 * fraction));
  const ceiling = Math.min(BACKOFF.maxMs, BACKOFF.firstCeilingMs * 2 ** Math.min(attempt, 10));
  return Math.max(BACKOFF.minMs, Math.round(ceiling * fraction));
}

/**
 * How many failures still count once a line was live for so long: each `forgivenMs` of health makes up for one. A line that lives and is
 * lost for a reason of its own (its relay is restarted) so comes back at once, and one that dies as soon as it lives waits ever longer.
 */
export function failuresAfter(attempt: number, liveMs: number): number {
  return Math.max(0, attempt - Math.floor(liveMs / BACKOFF.forgivenMs));
}
