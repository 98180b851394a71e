/**
 * When the person asked not to be disturbed: a snooze until a moment, or weekly hours by the local clock. Hours that run
 * over midnight belong to the day they begin on.
 */
import type { Settings } from '../../bridge/views.ts';

const DAY_MINUTES = 24 * 60;

export function quietNow(
  notifications: Settings['notifications'],
  now: number,
): 'snoozed' | 'quiet-hours' | null {
  if (notifications.snoozeUntil !== null && now < notifications.snoozeUntil) return 'snoozed';
  const local = new Date(now);
  const minute = local.getHours() * 60 + local.getMinutes();
  const today = local.getDay();
  const yesterday = (today + 6) % 7;
  for (const { days, from, to } of notifications.quietHours) {
    const isOverMidnight = to <= from;
    if (days.includes(today) && minute >= from && minute < (isOverMidnight ? DAY_MINUTES : to))
      return 'quiet-hours';
    if (isOverMidnight && days.includes(yesterday) && minute < to) return 'quiet-hours';
  }
  return null;
}
