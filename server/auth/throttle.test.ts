import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createThrottle, placeOf } from './throttle.ts';

const limits = { signInsPerMinutePerAddress: 20, signInsPerMinutePerHandle: 10 };
const set = (maxEntries = 1_000) => {
  const clock = createFakeClock();
  const throttle = createThrottle({ clock, limits, maxEntries });
  const tries = (attempt: { address: string; handle?: string }, times: number): number =>
    Array.from({ length: times }, () => throttle.admit(attempt).isAdmitted).filter(Boolean).length;
  return { clock, throttle, tries };
};

describe('the sign-in throttle', () => {
  test('lets one address try twenty times a minute, then one more every three seconds', () => {
    const { clock, throttle, tries } = set();
    expect(tries({ address: '10.0.0.7' }, 30)).toBe(20);
    expect(throttle.admit({ address: '10.0.0.7' })).toEqual({ isAdmitted: false, retryAfterMs: 3_000 });
    clock.advance(3_000);
    expect(tries({ address: '10.0.0.7' }, 5)).toBe(1);
    clock.advance(60_000);
    expect(tries({ address: '10.0.0.7' }, 30)).toBe(20);
  });

  test('lets one handle be tried ten times a minute from anywhere', () => {
    const { throttle } = set();
    const all = Array.from({ length: 50 }, (_, n) => throttle.admit({ address: `10.0.${n}.1`, handle: 'ada' }).isAdmitted);
    expect(all.filter(Boolean)).toHaveLength(10);
  });

  test('does not lock the owner of a handle out of a place where they signed in before', () => {
    const { throttle, tries } = set();
    const home = { address: '10.0.0.7', handle: 'ada' };
    throttle.admit(home);
    throttle.succeeded(home);
    for (let n = 0; n < 50; n++) throttle.admit({ address: `10.9.${n}.1`, handle: 'ada' });
    expect(throttle.admit({ address: '10.8.0.1', handle: 'ada' }).isAdmitted).toBe(false);
    expect(throttle.admit(home).isAdmitted).toBe(true);
    // A familiar place is slowed too, by a budget of its own.
    expect(tries(home, 30)).toBeLessThan(10);
  });

  test('charges nothing for success, so a whole office behind one address gets in', () => {
    const { throttle } = set();
    for (let n = 0; n < 200; n++) {
      const attempt = { address: '10.0.0.7', handle: `m${n}` };
      expect(throttle.admit(attempt).isAdmitted).toBe(true);
      throttle.succeeded(attempt);
    }
    expect(throttle.size).toBe(0);
  });

  test('keeps a bounded number of budgets whatever is thrown at it', () => {
    const { throttle } = set(100);
    for (let n = 0; n < 10_000; n++) throttle.admit({ address: `10.${n >> 8}.${n & 255}.1`, handle: `h${n}` });
    expect(throttle.size).toBeLessThanOrEqual(100);
  });
});

test.each([
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('the place of %s is %s', (address, place) => expect(placeOf(address)).toBe(place));
