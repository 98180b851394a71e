/**
 * How moments are worded: a clock beside a message, a day on its line, the distance in time where that says more, and the
 * whole date on hover. Pure: the present comes in. Hours run to 24 in both languages, so that columns of times align.
 */
import type { Words } from '../i18n/words.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0);

export const isSameDay = (a: number, b: number): boolean => startOfDay(a) === startOfDay(b);

/** Whole days from `at` to `now` by the calendar, whatever the clocks did between. */
export const daysBetween = (at: number, now: number): number =>
  Math.round((startOfDay(now) - startOfDay(at)) / (24 * HOUR_MS));

export const clock = (words: Words, at: number): string =>
  words.intl.formatTime(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const clockWithSeconds = (words: Words, at: number): string =>
  words.intl.formatTime(at, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

/** Today, Yesterday, Tuesday (within the week), 14 March, 14 March 2025. */
export function day(words: Words, at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0) return words.say('time.today');
  if (days === 1) return words.say('time.yesterday');
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return words.intl.formatDate(at, {
    ...(days > 1 && days < 7 ? { weekday: 'long' } : {}),
    day: 'numeric',
    month: 'long',
    ...(isThisYear ? {} : { year: 'numeric' }),
  });
}

export const full = (words: Words, at: number): string =>
  words.intl.formatDate(at, {
    weekday: 'long',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

/** When something will be over: a day with its name, and a clock; seconds are for the hover. */
export const until = (words: Words, at: number): string =>
  words.intl.formatDate(at, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });

/** Relative for an hour, then clock, then date. */
export function ago(words: Words, at: number, now: number): string {
  const past = now - at;
  if (past < MINUTE_MS && past > -MINUTE_MS) return words.say('time.just-now');
  if (Math.abs(past) < HOUR_MS)
    return words.intl.formatRelativeTime(-Math.trunc(past / MINUTE_MS), 'minute');
  if (isSameDay(at, now)) return clock(words, at);
  return words.say('time.day-and-clock', { day: day(words, at, now), clock: clock(words, at) });
}

export const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));
