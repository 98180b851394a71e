/**
 * How often something may happen, by name: a request of a network, an attempt at a handle. Each
 * name costs one number (`allowance.ts`), and none while its allowance is whole. Bounded: beyond
 * `maxNames` the names used longest ago are forgotten.
 */
import { after, waitFor } from '../ports/allowance.ts';
import type { Clock } from '../ports/clock.ts';

export interface Allowance {
  readonly name: string;
  readonly perSecond: number;
  /** So many at once while the allowance is whole. */
  readonly burst: number;
}

export interface RateLimiterParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly maxNames?: number;
}

const MAX_NAMES = 20_000;

export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #maxNames: number;
  /** When each allowance is whole again; the one used last stands last. */
  readonly #wholeAt = new Map<string, number>();

  constructor({ clock, maxNames = MAX_NAMES }: RateLimiterParts) {
    this.#clock = clock;
    this.#maxNames = maxNames;
  }

  /**
   * Takes one from each allowance, or from none.
   * @returns 0, or the milliseconds until it may be tried again
   */
  take(allowances: readonly Allowance[]): number {
    const now = this.#clock.monotonic();
    let wait = 0;
    for (const { name, perSecond, burst } of allowances)
      wait = Math.max(wait, waitFor(this.#wholeAt.get(name) ?? 0, now, 1, perSecond, burst));
    if (wait > 0) return wait;
    for (const { name, perSecond } of allowances) {
      const wholeAt = after(this.#wholeAt.get(name) ?? 0, now, 1, perSecond);
      this.#wholeAt.delete(name);
      this.#wholeAt.set(name, wholeAt);
    }
    this.#forget(now);
    return 0;
  }

  /** How many names are kept: for the test of the bound. */
  get size(): number {
    return this.#wholeAt.size;
  }

  /** Those used longest ago, as far as they are whole again or too many. */
  #forget(now: number): void {
    for (const [name, wholeAt] of this.#wholeAt) {
      if (wholeAt > now && this.#wholeAt.size <= this.#maxNames) return;
      this.#wholeAt.delete(name);
    }
  }
}
