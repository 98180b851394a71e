/**
 * Slows guessing down without locking anybody out. Two budgets per attempt, refilled evenly: one for the address, one for the
 * handle. A success gives both back, and costs one of a budget of its own: the right password is no reason to have
 * passwords hashed without end. An address from which a handle signed in before has a budget of its own for that handle, so that a
 * stranger who exhausts a handle's budget does not keep its owner's office out. The budgets are the team's, whichever relay is asked.
 */
import type { Limits } from '../../protocol/limits.ts';
import { networkOf } from '../limits/networks.ts';
import type { Budget, Budgets } from '../ports/budgets.ts';

export interface Attempt {
  readonly address: string;
  /** Absent where a code is tried, not a handle. */
  readonly handle?: string;
}

/** The attempt may be made; or not, and when it may. */
export type Verdict =
  | {
      readonly isAdmitted: true;
      /** The handle signed in from this address before. */
      readonly isFamiliar: boolean;
      /** It was honest: gives the attempt back, and remembers the address for this handle. */
      readonly succeeded: () => void;
      /** The password was wrong, or was not looked at: no success was used up. */
      readonly failed: () => void;
    }
  | { readonly isAdmitted: false; readonly retryAfterMs: number };

export interface Throttle {
  /** Takes one attempt from the budgets, or says how long to wait. */
  admit(attempt: Attempt): Promise<Verdict>;
  /** One more password is hashed for this invite. @returns 0, or how long to wait */
  admitJoin(invite: string): Promise<number>;
}

export interface ThrottleParts {
  readonly budgets: Pick<Budgets, 'take' | 'giveBack' | 'knows' | 'remember'>;
  readonly limits: Pick<
    Limits,
    | 'signInsPerMinutePerAddress'
    | 'signInsPerMinutePerHandle'
    | 'signInSuccessesPerHour'
    | 'joinsPerMinutePerInvite'
    | 'familiarDays'
  >;
}

const DAY_MS = 24 * 60 * 60_000;

export function createThrottle({ budgets, limits }: ThrottleParts): Throttle {
  return {
    async admit({ address, handle }) {
      const place = networkOf(address);
      const asked = [perMinute(`address ${place}`, limits.signInsPerMinutePerAddress)];
      // Another first word than the strangers' budget has: a handle may be typed in any way.
      const pair = handle === undefined ? undefined : `place ${place} handle ${handle}`;
      const isFamiliar = pair !== undefined && (await budgets.knows(pair));
      if (pair !== undefined)
        asked.push(
          perMinute(isFamiliar ? pair : `handle ${handle}`, limits.signInsPerMinutePerHandle),
        );
      const successes =
        handle === undefined
          ? []
          : [
              {
                name: `success ${handle}`,
                perSecond: limits.signInSuccessesPerHour / 3_600,
                burst: limits.signInSuccessesPerHour,
              },
            ];
      const taken = await budgets.take([...asked, ...successes]);
      if (!taken.isTaken) return { isAdmitted: false, retryAfterMs: taken.retryAfterMs };
      const succeeded = (): void => {
        budgets.giveBack(asked);
        if (pair !== undefined) budgets.remember(pair, limits.familiarDays * DAY_MS);
      };
      const failed = (): void => {
        if (successes.length > 0) budgets.giveBack(successes);
      };
      return { isAdmitted: true, isFamiliar, succeeded, failed };
    },
    async admitJoin(invite) {
      const taken = await budgets.take([
        perMinute(`invite ${invite}`, limits.joinsPerMinutePerInvite),
      ]);
      return taken.isTaken ? 0 : taken.retryAfterMs;
    },
  };
}

const perMinute = (name: string, count: number): Budget => ({
  name,
  perSecond: count / 60,
  burst: count,
});
