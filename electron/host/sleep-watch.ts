/**
 * Notices that the computer slept, for a host nobody tells: between two looks much more time went by on the wall than was waited.
 * The monotonic clock would not do, it stands still during sleep on Linux. A wall clock that was set looks the same; the
 * price of that mistake is one probe of a healthy line.
 */
import type { Clock } from '../core/ports.ts';

export interface SleepWatchParts {
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly onWake: () => void;
}

const LOOK_EVERY_MS = 2_000;
/** A busy computer makes a timer late by less. */
const SLEPT_MS = 3_000;

/** The returned function ends the watch. */
export function watchSleep({ clock, onWake }: SleepWatchParts): () => void {
  let expectedAt = clock.now() + LOOK_EVERY_MS;
  const look = (): void => {
    const lateMs = clock.now() - expectedAt;
    expectedAt = clock.now() + LOOK_EVERY_MS;
    cancel = clock.after(LOOK_EVERY_MS, look);
    if (lateMs >= SLEPT_MS) onWake();
  };
  let cancel = clock.after(LOOK_EVERY_MS, look);
  return () => cancel();
}
