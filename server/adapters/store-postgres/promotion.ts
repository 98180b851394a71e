/**
 * After a promotion: did the standby have all that was committed? Only who has seen the end of it can say, and each relay has seen
 * another part. So a promoted server is not written to before its term has been vouched for in the database:
 *
 * - a relay that misses something begins a new epoch, and with that the matter is settled;
 * - one that misses nothing waits until the others had the time to come and say so, and then vouches;
 * - one that has only just started has seen nothing. It waits longer; where nobody is left who knows, history may have been lost, and it begins a new epoch.
 */
import type pg from 'pg';
import type { Clock } from '../../ports/clock.ts';
import { getFact, putFact } from './facts.ts';
import type { Term } from './primary.ts';

/** Within this time every relay that lives has found the promoted server: longer than connecting and the longest pause before it. */
export const OBJECTION_MS = 5_000;
const LOOK_EVERY_MS = 100;

/** Whether somebody has. A database that was never asked has lost nothing. */
export async function isVouchedFor(client: pg.Client, { timeline }: Term): Promise<boolean> {
  const vouched = await getFact(client, 'timeline');
  return vouched === undefined || Number(vouched) >= timeline;
}

/** Waits for it. False when nobody has within that time. */
export async function becomesVouchedFor(
  client: pg.Client,
  term: Term,
  clock: Clock,
  withinMs: number,
): Promise<boolean> {
  for (const until = clock.monotonic() + withinMs; ;) {
    if (await isVouchedFor(client, term)) return true;
    if (clock.monotonic() >= until) return false;
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

export async function vouchFor(client: pg.Client, { timeline }: Term): Promise<void> {
  if (timeline > 0) await putFact(client, 'timeline', String(timeline));
}
