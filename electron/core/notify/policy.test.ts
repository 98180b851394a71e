/** The table of the product, row by row: a message that would be shown, and what each rule makes of it. */
import { describe, expect, test } from 'vitest';
import { decide, type Decision, type News } from './policy.ts';

const PLAIN: News = {
  isOwn: false,
  isReadElsewhere: false,
  isOnScreen: false,
  isIdle: false,
  isUrgent: false,
  isUrgentAllowed: true,
  isFocusModeOn: false,
  quiet: null,
  isMuted: false,
  mentionsBreakMute: false,
  level: 'all',
  callsMe: false,
  callsHere: false,
  callsChannel: false,
  ignoreChannelMentions: false,
  hasKeyword: false,
  isConversation: false,
  isFollowedThread: false,
  recent: 0,
};

type Row = readonly [
  what: string,
  news: Partial<News>,
  rule: Decision['rule'],
  verdict: Decision['verdict'],
  reason: string,
];

const ROWS: readonly Row[] = [
  ['a plain message in a channel set to all', {}, 9, 'show', 'level-all'],

  ['an own message', { isOwn: true, callsMe: true }, 1, 'nothing', 'own'],
  [
    'a message that was read on another device',
    { isReadElsewhere: true, callsMe: true },
    1,
    'nothing',
    'read',
  ],

  ['a message on the focused screen', { isOnScreen: true }, 2, 'nothing', 'on-screen'],
  [
    'even an urgent one: the person sees it',
    { isOnScreen: true, isUrgent: true },
    2,
    'nothing',
    'on-screen',
  ],
  [
    'on screen, but the person has gone away',
    { isOnScreen: true, isIdle: true },
    9,
    'show',
    'level-all',
  ],

  [
    'an urgent one in focus mode, snoozed, in a muted channel',
    { isUrgent: true, isFocusModeOn: true, quiet: 'snoozed', isMuted: true },
    3,
    'ring',
    'urgent',
  ],
  [
    'an urgent one from somebody who may not',
    { isUrgent: true, isUrgentAllowed: false, isFocusModeOn: true },
    4,
    'badge',
    'focus-mode',
  ],

  ['a mention in focus mode', { isFocusModeOn: true, callsMe: true }, 4, 'badge', 'focus-mode'],
  [
    'focus mode goes before quiet hours',
    { isFocusModeOn: true, quiet: 'quiet-hours' },
    4,
    'badge',
    'focus-mode',
  ],

  ['a mention while snoozed', { quiet: 'snoozed', callsMe: true }, 5, 'badge', 'snoozed'],
  ['a mention in quiet hours', { quiet: 'quiet-hours', callsMe: true }, 5, 'badge', 'quiet-hours'],
  [
    'a mention while one does not want to be disturbed',
    { quiet: 'dnd', callsMe: true },
    5,
    'badge',
    'dnd',
  ],

  ['a message in a muted channel', { isMuted: true }, 6, 'nothing', 'muted'],
  ['a mention in a muted channel', { isMuted: true, callsMe: true }, 6, 'nothing', 'muted'],
  [
    'a mention in a muted channel, where mentions break mute',
    { isMuted: true, callsMe: true, mentionsBreakMute: true },
    9,
    'show',
    'mention',
  ],
  [
    '@channel does not break a mute',
    { isMuted: true, callsChannel: true, mentionsBreakMute: true },
    6,
    'nothing',
    'muted',
  ],
  [
    'a keyword does not break a mute',
    { isMuted: true, hasKeyword: true, mentionsBreakMute: true },
    6,
    'nothing',
    'muted',
  ],

  ['level none', { level: 'none' }, 7, 'dot', 'level-none'],
  ['a mention at level none', { level: 'none', callsMe: true }, 7, 'dot', 'level-none'],
  [
    'a mention at level none, where mentions break mute',
    { level: 'none', callsMe: true, mentionsBreakMute: true },
    9,
    'show',
    'mention',
  ],
  [
    'a direct message at level none',
    { level: 'none', isConversation: true },
    7,
    'dot',
    'level-none',
  ],
  [
    'level mentions, and nothing in it is for the person',
    { level: 'mentions' },
    7,
    'dot',
    'level-mentions',
  ],
  ['level mentions: @me', { level: 'mentions', callsMe: true }, 9, 'show', 'mention'],
  ['level mentions: @here', { level: 'mentions', callsHere: true }, 9, 'show', 'here'],
  [
    'level mentions: @here while away',
    { level: 'mentions', callsHere: true, isIdle: true },
    7,
    'dot',
    'level-mentions',
  ],
  ['level mentions: @channel', { level: 'mentions', callsChannel: true }, 9, 'show', 'channel'],
  [
    'level mentions: @channel, ignored',
    { level: 'mentions', callsChannel: true, ignoreChannelMentions: true },
    7,
    'dot',
    'level-mentions',
  ],
  ['level mentions: a keyword', { level: 'mentions', hasKeyword: true }, 9, 'show', 'keyword'],
  [
    'level mentions: a direct message',
    { level: 'mentions', isConversation: true },
    9,
    'show',
    'direct',
  ],
  [
    'level mentions: a followed thread',
    { level: 'mentions', isFollowedThread: true },
    9,
    'show',
    'thread',
  ],
  ['level all: a mention is still called one', { callsMe: true }, 9, 'show', 'mention'],

  ['the third in ten seconds', { recent: 2 }, 9, 'show', 'level-all'],
  ['the fourth in ten seconds', { recent: 3 }, 8, 'update', 'level-all'],
  ['the fourth, a mention', { recent: 3, callsMe: true }, 8, 'update', 'mention'],
  ['the fourth, in a muted channel', { recent: 3, isMuted: true }, 6, 'nothing', 'muted'],
];

describe('whether a message may interrupt', () => {
  test.each(ROWS)('%s', (_what, news, rule, verdict, reason) => {
    expect(decide({ ...PLAIN, ...news })).toEqual({ rule, verdict, reason });
  });

  test('every rule of the table is decided by some row', () => {
    expect(new Set(ROWS.map((row) => row[2]))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  });

  test('the first rule that matches wins, in the order of the table', () => {
    const all: Partial<News>[] = [
      { isOwn: true },
      { isOnScreen: true },
      { isUrgent: true },
      { isFocusModeOn: true },
      { quiet: 'snoozed' },
      { isMuted: true },
      { level: 'none' },
      { recent: 9 },
    ];
    all.forEach((_, index) => {
      const news = Object.assign({ ...PLAIN }, ...all.slice(index)) as News;
      expect(decide(news).rule).toBe(index + 1);
    });
  });
});
