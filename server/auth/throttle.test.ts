import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createLocalBudgets } from '../adapters/budgets-local.ts';
import { createThrottle, type Attempt } from './throttle.ts';

const limits = { ...DEFAULT_LIMITS, signInsPerMinutePerAddress: 20, signInsPerMinutePerHandle: 10 };
const set = (maxEntries = 1_000) => {
  const clock = createFakeClock();
  const budgets = createLocalBudgets({ clock, maxEntries });
  const throttle = createThrottle({ budgets, limits });
  const tries = async (attempt: Attempt, times: number): Promise<number> => {
    let admitted = 0;
    for (let n = 0; n < times; n++) if ((await throttle.admit(attempt)).isAdmitted) admitted++;
    return admitted;
  };
  const guess = async (attempt: Attempt): Promise<void> => {
    const verdict = await throttle.admit(attempt);
    if (verdict.isAdmitted) verdict.failed();
  };
  const signIn = async (attempt: Attempt): Promise<void> => {
    const verdict = await throttle.admit(attempt);
    if (!verdict.isAdmitted) throw new Error('not admitted');
    verdict.succeeded();
  };
  return { clock, budgets, throttle, tries, guess, signIn };
};

describe('the sign-in throttle', () => {
  test('lets one address try twenty times a minute, then one more every three seconds', async () => {
    const { clock, throttle, tries } = set();
    expect(await tries({ address: '10.0.0.7' }, 30)).toBe(20);
    expect(await throttle.admit({ address: '10.0.0.7' })).toEqual({
      isAdmitted: false,
      retryAfterMs: 3_000,
    });
    clock.advance(3_000);
    expect(await tries({ address: '10.0.0.7' }, 5)).toBe(1);
    clock.advance(60_000);
    expect(await tries({ address: '10.0.0.7' }, 30)).toBe(20);
  });

  test('lets one handle be tried ten times a minute from anywhere', async () => {
    const { throttle } = set();
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        throttle.admit({ address: `10.0.${n}.1`, handle: 'ada' }),
      ),
    );
    expect(all.filter(({ isAdmitted }) => isAdmitted)).toHaveLength(10);
  });

  test('does not lock the owner of a handle out of a place where they signed in before', async () => {
    const { throttle, tries, guess, signIn } = set();
    const home = { address: '10.0.0.7', handle: 'ada' };
    await signIn(home);
    for (let n = 0; n < 50; n++) await guess({ address: `10.9.${n}.1`, handle: 'ada' });
    // Nor do those who type what the place is called.
    for (let n = 0; n < 50; n++)
      await throttle.admit({ address: `10.9.${n}.1`, handle: 'ada from 10.0.0.7' });
    expect((await throttle.admit({ address: '10.8.0.1', handle: 'ada' })).isAdmitted).toBe(false);
    expect(await throttle.admit(home)).toMatchObject({ isAdmitted: true, isFamiliar: true });
    // A familiar place is slowed too, by a budget of its own.
    expect(await tries(home, 30)).toBe(9);
  });

  test('knows a place for familiarDays', async () => {
    const { clock, throttle, signIn } = set();
    const home = { address: '10.0.0.7', handle: 'ada' };
    await signIn(home);
    clock.advance(limits.familiarDays * 24 * 60 * 60_000 - 1);
    expect(await throttle.admit(home)).toMatchObject({ isFamiliar: true });
    clock.advance(1);
    expect(await throttle.admit(home)).toMatchObject({ isFamiliar: false });
  });

  test('charges an address nothing for success, so a whole office behind it gets in', async () => {
    const { throttle, signIn } = set();
    for (let n = 0; n < 200; n++) await signIn({ address: '10.0.0.7', handle: `m${n}` });
    expect(await throttle.admit({ address: '10.0.0.7' })).toMatchObject({ isAdmitted: true });
  });

  test('lets a handle succeed signInSuccessesPerHour times, from wherever, and fail no less often', async () => {
    const { clock, throttle, signIn, guess, tries } = set();
    const { signInSuccessesPerHour } = limits;
    for (let n = 0; n < signInSuccessesPerHour - 1; n++)
      await signIn({ address: `10.0.${n}.7`, handle: 'ada' });
    for (let n = 0; n < 5; n++) await guess({ address: '10.0.0.8', handle: 'ada' });
    await signIn({ address: '10.0.0.9', handle: 'ada' });
    const again = { address: '10.0.0.10', handle: 'ada' };
    expect(await throttle.admit(again)).toEqual({
      isAdmitted: false,
      retryAfterMs: 3_600_000 / signInSuccessesPerHour,
    });
    expect(await tries({ address: '10.0.0.10', handle: 'bo' }, 1)).toBe(1);
    clock.advance(3_600_000 / signInSuccessesPerHour);
    expect(await tries(again, 5)).toBe(1);
  });

  test('lets an invite have a password hashed joinsPerMinutePerInvite times', async () => {
    const { clock, throttle } = set();
    const { joinsPerMinutePerInvite } = limits;
    const admitted = async (invite: string): Promise<number> => {
      let count = 0;
      while ((await throttle.admitJoin(invite)) === 0) count++;
      return count;
    };
    expect([await admitted('one'), await admitted('two')]).toEqual([
      joinsPerMinutePerInvite,
      joinsPerMinutePerInvite,
    ]);
    clock.advance(60_000 / joinsPerMinutePerInvite);
    expect(await admitted('one')).toBe(1);
  });

  test('keeps a bounded number of budgets whatever is thrown at it', async () => {
    const { budgets, throttle } = set(100);
    for (let n = 0; n < 10_000; n++)
      await throttle.admit({ address: `10.${n >> 8}.${n & 255}.1`, handle: `h${n}` });
    expect(budgets.size).toBeLessThanOrEqual(100);
  });
});
