/**
 * How many clients may come in per second, by whatever door. After a restart a whole team returns at once; each who is taken in costs a token, a greeting
 * and pages, and without a bound those who are inside already would wait for all of them. Who comes beyond the rate is told to return
 * within some seconds, each at a moment of their own, before anything is looked at that costs. Only who came in counts: strangers
 * without a token cannot use the rate up.
 */
import type { Limits } from '../../protocol/limits.ts';
import { after, waitFor } from '../ports/allowance.ts';
import type { Clock, Random } from '../ports/clock.ts';

export interface TurnstileParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Pick<Random, 'fraction'>;
  readonly limits: Pick<Limits, 'acceptsPerSecond' | 'acceptsBurst' | 'acceptSpreadMs'>;
}

export class Turnstile {
  readonly #parts: TurnstileParts;
  #wholeAt = 0;

  constructor(parts: TurnstileParts) {
    this.#parts = parts;
  }

  /** Whole seconds to stay away, as `Retry-After` has them; 0: come in. */
  awayForSeconds(): number {
    const { clock, random, limits } = this.#parts;
    const wait = waitFor(
      this.#wholeAt,
      clock.monotonic(),
      1,
      limits.acceptsPerSecond,
      limits.acceptsBurst,
    );
    if (wait === 0) return 0;
    return Math.ceil((wait + limits.acceptSpreadMs * random.fraction()) / 1_000);
  }

  /** Somebody came in. */
  passed(): void {
    const { clock, limits } = this.#parts;
    this.#wholeAt = after(this.#wholeAt, clock.monotonic(), 1, limits.acceptsPerSecond);
  }
}
