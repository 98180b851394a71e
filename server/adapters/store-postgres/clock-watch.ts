/**
 * Holds this machine's clock against the database's, which all relays of a team share. Tokens that one relay makes are read by another, and
 * the moment at which a refresh token was exchanged is written by one and judged by another: clocks a minute apart sign people out.
 */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';

export interface ClockWatchParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Some relay may be off as far to the other side, and it takes a person a while to set a clock. */
const MOST_OFF_MS = 10_000;

export class ClockWatch {
  readonly #parts: ClockWatchParts;
  #isOff = false;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
  }

  /** @param askedAt  by this clock, when the database was asked; it was `serverNow` there before the answer came */
  saw(askedAt: number, serverNow: number): void {
    const { clock, log } = this.#parts;
    const aheadMs = Math.max(0, askedAt - serverNow) - Math.max(0, serverNow - clock.now());
    const isOff = Math.abs(aheadMs) > MOST_OFF_MS;
    if (isOff === this.#isOff) return;
    this.#isOff = isOff;
    if (isOff) log.error('clock-differs', { aheadMs });
    else log.info('clock-agrees', {});
  }
}
