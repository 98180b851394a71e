import { expect, it } from 'vitest';
import { toMinutes, toTime } from './quiet-hours.tsx';

it.each([
  ['00:00', 0],
  ['07:30', 450],
  ['23:59', 1439],
])('%s is minute %i of the day, and back', (time, minutes) => {
  expect(toMinutes(time)).toBe(minutes);
  expect(toTime(minutes)).toBe(time);
});

it.each(['', '24:00', 'x', '7', '99:99'])('%j is no time', (time) =>
  expect(toMinutes(time)).toBeNull(),
);
