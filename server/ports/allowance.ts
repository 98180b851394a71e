/**
 * How much may still be had of something that comes back evenly, as one number: the moment at which all of it would be whole again (the
 * generic cell rate algorithm). Nothing to refill, no timer, and who asks for nothing costs nothing. Moments are milliseconds by whatever
 * clock the caller keeps to.
 */

/** What sums of fractions are off by is nobody's wait. */
const ROUNDING_MS = 1e-6;

/** @returns 0 when `amount` fits, else the milliseconds until it does */
export function waitFor(
  wholeAt: number,
  now: number,
  amount: number,
  perSecond: number,
  burst: number,
): number {
  const each = 1_000 / perSecond;
  return Math.max(
    0,
    Math.ceil(Math.max(wholeAt, now) + amount * each - now - burst * each - ROUNDING_MS),
  );
}

/** When the allowance is whole again after `amount` was taken. */
export const after = (wholeAt: number, now: number, amount: number, perSecond: number): number =>
  Math.max(wholeAt, now) + (amount * 1_000) / perSecond;

export interface Rate {
  readonly perSecond: number;
  /** So much at once after a pause. */
  readonly burst: number;
}

/** One rate limit that is kept in memory. */
export class RateLimiter {
  readonly #rate: Rate;
  #wholeAt = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /**
   * @param beyond  so much more than the burst may be taken
   * @returns 0 when `amount` fits, else the milliseconds until it does
   */
  wait(now: number, amount: number, beyond = 0): number {
    const { perSecond, burst } = this.#rate;
    return waitFor(this.#wholeAt, now, amount, perSecond, burst + beyond);
  }

  /** Takes `amount`, whether it fits or not: what does not fit is waited for later. */
  take(now: number, amount: number): void {
    this.#wholeAt = after(this.#wholeAt, now, amount, this.#rate.perSecond);
  }

  /** Takes `amount`, or what there is of it. */
  takeUpTo(now: number, amount: number): void {
    const { perSecond, burst } = this.#rate;
    const emptyUntil = now + (burst * 1_000) / perSecond;
    this.take(now, amount);
    this.#wholeAt = Math.min(this.#wholeAt, emptyUntil);
  }

  isWhole(now: number): boolean {
    return this.#wholeAt <= now;
  }
}
