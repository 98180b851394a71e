import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { quietNow } from './quiet.ts';

const BASE = DEFAULT_SETTINGS.notifications;
// A Monday. Local time on purpose: the hours are those of the person's own clock.
const at = (day: number, hour: number, minute = 0): number =>
  new Date(2026, 0, 5 + day, hour, minute).getTime();
const night = { ...BASE, quietHours: [{ days: [1, 5], from: 22 * 60, to: 7 * 60 }] };

describe('quiet hours', () => {
  test.each([
    ['a minute before they begin', at(0, 21, 59), null],
    ['as they begin', at(0, 22), 'quiet-hours'],
    ['after midnight, on the day that follows', at(1, 3), 'quiet-hours'],
    ['as they end', at(1, 7), null],
    ['in the early hours of the day they begin on', at(0, 3), null],
    ['on a day that has none', at(1, 23), null],
    ['from Friday into Saturday', at(5, 6, 59), 'quiet-hours'],
  ] as const)('%s', (_what, now, expected) => {
    expect(quietNow(night, now)).toBe(expected);
  });

  test('within one day', () => {
    const lunch = { ...BASE, quietHours: [{ days: [1], from: 12 * 60, to: 13 * 60 }] };
    expect(
      [at(0, 11, 59), at(0, 12), at(0, 12, 59), at(0, 13)].map((now) => quietNow(lunch, now)),
    ).toEqual([null, 'quiet-hours', 'quiet-hours', null]);
  });

  test('from an hour to itself is the whole day, to that hour on the next', () => {
    const whole = { ...BASE, quietHours: [{ days: [1], from: 0, to: 0 }] };
    expect([at(0, 0), at(0, 23, 59), at(1, 0)].map((now) => quietNow(whole, now))).toEqual([
      'quiet-hours',
      'quiet-hours',
      null,
    ]);
  });
});

test('a snooze holds until its moment and goes before the hours', () => {
  const snoozed = { ...night, snoozeUntil: at(0, 23) };
  expect([at(0, 22, 30), at(0, 23)].map((now) => quietNow(snoozed, now))).toEqual([
    'snoozed',
    'quiet-hours',
  ]);
});
