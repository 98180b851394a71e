/** When an answer wants to be asked again. Whoever names more than an hour is tried after one. */
import type { IncomingMessage } from 'node:http';

const MOST_SECONDS = 3_600;

/** @returns milliseconds; null where it names none, or a date, which is nothing to a clock that may be wrong */
export function retryAfterMs({ headers }: Pick<IncomingMessage, 'headers'>): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, MOST_SECONDS) * 1_000 : null;
}
