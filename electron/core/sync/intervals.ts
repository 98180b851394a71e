/**
 * Which parts of a feed are here, as a sorted list of stretches that never touch. Pure; what lies between two stretches
 * is a hole, and a hole is always shown.
 */
import type { Interval } from '../../../protocol/feeds.ts';

export type Intervals = readonly Interval[];

/** The highest number up to which nothing is missing at the end; 0 with nothing. */
export const topOf = (held: Intervals): number => held.at(-1)?.to ?? 0;

export const holds = (held: Intervals, seq: number): boolean => intervalAt(held, seq) !== undefined;

export function intervalAt(held: Intervals, seq: number): Interval | undefined {
  let low = 0;
  let high = held.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const one = held[middle];
    if (!one) return undefined;
    if (seq < one.from) high = middle - 1;
    else if (seq > one.to) low = middle + 1;
    else return one;
  }
  return undefined;
}

export interface Grown {
  readonly held: Intervals;
  /** The one stretch that now covers what was added. */
  readonly grown: Interval;
  /** Stretches that are no more: swallowed or replaced. */
  readonly gone: readonly Interval[];
}

export function addInterval(held: Intervals, added: Interval): Grown {
  const gone: Interval[] = [];
  const before: Interval[] = [];
  const after: Interval[] = [];
  let { from, to } = added;
  for (const one of held) {
    if (one.to < added.from - 1) before.push(one);
    else if (one.from > added.to + 1) after.push(one);
    else {
      gone.push(one);
      from = Math.min(from, one.from);
      to = Math.max(to, one.to);
    }
  }
  const grown = { from, to };
  return { held: [...before, grown, ...after], grown, gone };
}

/** What is missing of `from` to `to`, lowest first. */
export function holesIn(held: Intervals, from: number, to: number): readonly Interval[] {
  const holes: Interval[] = [];
  let next = from;
  for (const one of held) {
    if (one.to < next) continue;
    if (one.from > to) break;
    if (one.from > next) holes.push({ from: next, to: one.from - 1 });
    next = one.to + 1;
  }
  if (next <= to) holes.push({ from: next, to });
  return holes;
}
