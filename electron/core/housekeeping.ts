/**
 * Lets go of what was to be kept only for a while: decisions after seven days, the journal of sent messages after
 * thirty. Soon after a start, then once a day.
 */
import { errorName } from './background.ts';
import type { Data } from './cache/data.ts';
import type { Clock, Log } from './ports.ts';
import { JOURNAL_MS } from './sync/outbox.ts';

const DAY_MS = 24 * 60 * 60_000;
const DECISIONS_MS = 7 * DAY_MS;
const SOON_MS = 60_000;

export function createHousekeeping({
  data,
  clock,
  log,
  onFault,
}: {
  readonly data: Data;
  readonly clock: Clock;
  readonly log: Log;
  /** A database failed: what can be mended is. */
  readonly onFault: (error: unknown) => void;
}): {
  dispose(): void;
} {
  const tidy = (): void => {
    cancel = clock.after(DAY_MS, tidy);
    try {
      data.cache().teams.removeDecisionsBefore(clock.now() - DECISIONS_MS);
      data.ledger.outbox.removeSentOlderThan(JOURNAL_MS, clock.now());
    } catch (error) {
      // What is too old today is too old tomorrow as well.
      log.warn('housekeeping.failed', { error: errorName(error) });
      onFault(error);
    }
  };
  let cancel = clock.after(SOON_MS, tidy);
  return { dispose: () => cancel() };
}
