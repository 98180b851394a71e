/** Small statistics over repetitions and over many delays. Medians, because one repetition may meet a neighbour's garbage collection. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    least: sorted[0] ?? NaN,
    most: sorted.at(-1) ?? NaN,
    count: sorted.length,
  };
}

export const medianOf = (values: readonly number[]): number => spreadOf(values).median;

/** Element by element, so that what was measured side by side is compared side by side. */
export const ratiosOf = (
  values: readonly number[],
  against: readonly number[],
): readonly number[] =>
  values.slice(0, against.length).map((value, i) => value / (against[i] ?? NaN));

function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return NaN;
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * Counts delays in buckets that are 1/32 of their own size wide, from 1 µs to 71 minutes: a few nanoseconds per value, so that
 * every delivery can be recorded without the recorder being what is measured.
 */
export class DelayHistogram {
  readonly #buckets = new Float64Array(32 * 28);
  #count = 0;
  #most = 0;

  get count(): number {
    return this.#count;
  }

  record(micros: number): void {
    const whole = micros < 1 ? 1 : micros > 0xffff_ffff ? 0xffff_ffff : Math.trunc(micros);
    const shift = Math.max(0, 26 - Math.clz32(whole));
    const index = shift * 32 + (whole >>> shift);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    if (whole > this.#most) this.#most = whole;
  }

  /** The delay in µs that `share` of all values do not exceed: the upper edge of its bucket. */
  quantile(share: number): number {
    const wanted = Math.ceil(share * this.#count);
    let passed = 0;
    for (let index = 0; index < this.#buckets.length; index++) {
      passed += this.#buckets[index] ?? 0;
      if (passed >= wanted && passed > 0) return Math.min(this.#most, upperEdge(index));
    }
    return NaN;
  }

  summary(): DelaySummary {
    return {
      count: this.#count,
      p50: this.quantile(0.5),
      p99: this.quantile(0.99),
      most: this.#count === 0 ? NaN : this.#most,
    };
  }
}

/** In µs. */
export interface DelaySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

// Values below 64 have a bucket each; above, bucket `shift * 32 + mantissa` with a mantissa of 32 to 63.
function upperEdge(index: number): number {
  if (index < 64) return index;
  const shift = Math.floor(index / 32) - 1;
  return (index - shift * 32 + 1) * 2 ** shift - 1;
}
