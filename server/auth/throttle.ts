/**
 * Slows guessing down without locking anybody out. Two budgets per attempt, refilled evenly: one for the address, one for the
 * handle. A success costs nothing. An address from which a handle signed in before has a budget of its own for that handle, so that a
 * stranger who exhausts a handle's budget does not keep its owner's office out. Memory is bounded; the oldest entries go first.
 */
import type { Clock } from '../ports/clock.ts';

export interface Attempt {
  readonly address: string;
  /** Absent where a code is tried, not a handle. */
  readonly handle?: string;
}

export interface Throttle {
  /** Takes one attempt from the budgets, or says how long to wait. */
  admit(attempt: Attempt): { readonly isAdmitted: true } | { readonly isAdmitted: false; readonly retryAfterMs: number };
  /** Whether the handle signed in from this address before. */
  isFamiliar(attempt: Attempt): boolean;
  /** The attempt was honest: gives it back, and remembers the address for this handle. */
  succeeded(attempt: Attempt): void;
  /** How many budgets are kept: for the test of the bound. */
  readonly size: number;
}

export interface ThrottleParts {
  readonly clock: Clock;
  readonly limits: { readonly signInsPerMinutePerAddress: number; readonly signInsPerMinutePerHandle: number };
  readonly maxEntries?: number;
}

const MINUTE_MS = 60_000;

interface Budget {
  readonly left: number;
  readonly at: number;
}

export function createThrottle({ clock, limits, maxEntries = 20_000 }: ThrottleParts): Throttle {
  const budgets = new Map<string, Budget>();
  const familiar = new Map<string, true>();

  const leftOf = (key: string, perMinute: number): number => {
    const budget = budgets.get(key);
    if (!budget) return perMinute;
    return Math.min(perMinute, budget.left + ((clock.monotonic() - budget.at) * perMinute) / MINUTE_MS);
  };
  const set = (key: string, left: number, perMinute: number): void => {
    budgets.delete(key);
    if (left < perMinute) budgets.set(key, { left, at: clock.monotonic() });
    dropOldest(budgets, maxEntries);
  };
  const keysOf = ({ address, handle }: Attempt): readonly (readonly [string, number])[] => {
    const place = placeOf(address);
    const byPlace = [`address ${place}`, limits.signInsPerMinutePerAddress] as const;
    if (handle === undefined) return [byPlace];
    const pair = pairOf(handle, place);
    return [byPlace, [familiar.has(pair) ? pair : `handle ${handle}`, limits.signInsPerMinutePerHandle]];
  };

  return {
    admit(attempt) {
      const keys = keysOf(attempt);
      let retryAfterMs = 0;
      for (const [key, perMinute] of keys) {
        const left = leftOf(key, perMinute);
        if (left < 1) retryAfterMs = Math.max(retryAfterMs, Math.ceil(((1 - left) * MINUTE_MS) / perMinute));
      }
      if (retryAfterMs > 0) return { isAdmitted: false, retryAfterMs };
      for (const [key, perMinute] of keys) set(key, leftOf(key, perMinute) - 1, perMinute);
      return { isAdmitted: true };
    },
    isFamiliar: ({ address, handle }) => handle !== undefined && familiar.has(pairOf(handle, placeOf(address))),
    succeeded(attempt) {
      for (const [key, perMinute] of keysOf(attempt)) set(key, Math.min(perMinute, leftOf(key, perMinute) + 1), perMinute);
      if (attempt.handle === undefined) return;
      const pair = pairOf(attempt.handle, placeOf(attempt.address));
      familiar.delete(pair);
      familiar.set(pair, true);
      dropOldest(familiar, maxEntries);
    },
    get size() {
      return budgets.size;
    },
  };
}

const pairOf = (handle: string, place: string): string => `handle ${handle} from ${place}`;

/** One household or machine: an IPv4 address, or the /64 of an IPv6 one (whose lower half a machine may choose at will). */
export function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
