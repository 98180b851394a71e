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
