/** Budgets of one node, in memory. Bounded: beyond `maxEntries` the oldest are forgotten first. */
import { after, waitFor } from '../ports/allowance.ts';
import type { Budget, Budgets } from '../ports/budgets.ts';
import type { Clock } from '../ports/clock.ts';

export interface LocalBudgetsParts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly maxEntries?: number;
  /** `degraded` where there are other nodes, and no way to count with them. */
  readonly state?: Budgets['state'];
}

/** What a node counts by itself is known at once. */
export interface LocalBudgets extends Budgets {
  /** How long to wait for one of each, nothing taken; 0 when it was taken. */
  takeNow(budgets: readonly Budget[]): number;
  knowsNow(name: string): boolean;
  /** How many budgets are kept: for the test of the bound. */
  readonly size: number;
}

export function createLocalBudgets({
  clock,
  maxEntries = 20_000,
  state = 'well',
}: LocalBudgetsParts): LocalBudgets {
  /** When each would be whole. */
  const budgets = new Map<string, number>();
  /** Until when each name is remembered. */
  const names = new Map<string, number>();

  const wholeAt = (name: string): number => budgets.get(name) ?? 0;
  const set = (name: string, at: number): void => {
    budgets.delete(name);
    if (at <= clock.monotonic()) return;
    budgets.set(name, at);
    dropOldest(budgets, maxEntries);
  };
  const takeNow = (all: readonly Budget[]): number => {
    const now = clock.monotonic();
    const wait = Math.max(
      0,
      ...all.map(({ name, perSecond, burst }) => waitFor(wholeAt(name), now, 1, perSecond, burst)),
    );
    if (wait === 0)
      for (const { name, perSecond } of all) set(name, after(wholeAt(name), now, 1, perSecond));
    return wait;
  };
  const knowsNow = (name: string): boolean =>
    (names.get(name) ?? Number.NEGATIVE_INFINITY) > clock.monotonic();

  return {
    state,
    takeNow,
    knowsNow,
    async take(all) {
      const retryAfterMs = takeNow(all);
      return retryAfterMs > 0 ? { isTaken: false, retryAfterMs } : { isTaken: true };
    },
    giveBack(all) {
      for (const { name, perSecond } of all) set(name, wholeAt(name) - 1_000 / perSecond);
    },
    remember(name, forMs) {
      names.delete(name);
      names.set(name, clock.monotonic() + forMs);
      dropOldest(names, maxEntries);
    },
    async knows(name) {
      return knowsNow(name);
    },
    async close() {
      budgets.clear();
      names.clear();
    },
    get size() {
      return budgets.size;
    },
  };
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
