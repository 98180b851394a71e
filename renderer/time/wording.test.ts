import { describe, expect, it } from 'vitest';
import { createWords } from '../i18n/words.ts';
import { ago, clock, day, daysBetween, full, isSameDay, seconds, until } from './wording.ts';

const en = createWords('en');
const zh = createWords('zh-Hant');
const at = (text: string): number => new Date(text).getTime();
const NOW = at('2026-03-11T10:06:30');

describe('days', () => {
  it.each([
    ['2026-03-11T00:00:01', 'Today', '今天'],
    ['2026-03-10T23:59:59', 'Yesterday', '昨天'],
    ['2026-03-08T12:00:00', 'Sunday 8 March', '3月8日星期日'],
    ['2026-02-12T12:00:00', '12 February', '2月12日'],
    ['2025-12-31T12:00:00', '31 December 2025', '2025年12月31日'],
    ['2026-03-12T09:00:00', '12 March', '3月12日'],
  ])('%s is %s', (moment, english, chinese) => {
    expect(day(en, at(moment), NOW)).toBe(english);
    expect(day(zh, at(moment), NOW)).toBe(chinese);
  });

  it('are counted by the calendar, also over the change of the clocks', () => {
    expect(daysBetween(at('2026-03-28T23:30:00'), at('2026-03-30T00:30:00'))).toBe(2);
    expect(isSameDay(at('2026-03-11T00:00:00'), at('2026-03-11T23:59:59'))).toBe(true);
    expect(isSameDay(at('2026-03-10T23:59:59'), at('2026-03-11T00:00:00'))).toBe(false);
  });
});

it('clocks run to 24 and have two digits, in both languages', () => {
  expect(clock(en, at('2026-03-11T09:05:00'))).toBe('09:05');
  expect(clock(zh, at('2026-03-11T00:05:00'))).toBe('00:05');
});

it('times are relative for an hour, then a clock, then a date', () => {
  expect(ago(en, NOW - 20_000, NOW)).toBe('just now');
  expect(ago(en, NOW - 5 * 60_000, NOW)).toBe('5 minutes ago');
  expect(ago(zh, NOW - 5 * 60_000, NOW)).toBe('5 分鐘前');
  expect(ago(en, at('2026-03-11T08:10:00'), NOW)).toBe('08:10');
  expect(ago(en, at('2026-03-10T08:10:00'), NOW)).toBe('Yesterday at 08:10');
});

it('the whole time is there on hover', () => {
  expect(full(en, NOW)).toBe('Wednesday, 11 March 2026 at 10:06:30');
});

it('an end is told without a year and without seconds', () => {
  expect(until(en, NOW)).toMatch(/^Wednesday,? 11 March at 10:06$/);
  expect(until(zh, NOW)).toBe('3月11日星期三 10:06');
});

it('a countdown ends at nothing', () => {
  expect([3_400, 1, 0, -5_000].map(seconds)).toEqual([4, 1, 0, 0]);
});
