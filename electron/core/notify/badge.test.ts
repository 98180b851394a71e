import { expect, test } from 'vitest';
import { badgeOf } from './badge.ts';

test('the number is what is for the person in all teams, the dot is anything unread', () => {
  expect(badgeOf([])).toEqual({ count: 0, hasUnread: false });
  expect(
    badgeOf([
      { mentions: 2, hasUnread: true },
      { mentions: 0, hasUnread: false },
      { mentions: 3, hasUnread: true },
    ]),
  ).toEqual({ count: 5, hasUnread: true });
  expect(badgeOf([{ mentions: 0, hasUnread: true }])).toEqual({ count: 0, hasUnread: true });
});
