/** Each test breaks the good history in one way and expects the checker of that promise, by name, to say so. */
import { expect, test } from 'vitest';
import type { FeedEvent } from '../../protocol/feeds.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import { heldWhole } from './cache-checks.ts';
import { PROMISES, violations } from './checks.ts';
import type { HeldChannel } from './desktop-read.ts';
import { evidence, FEED, general, good, held, post, posted, type Draft } from './good-history.ts';

const without = (draft: Draft, seq: number): void => {
  for (const desktop of [draft.ada, draft.ben])
    general(desktop).messages = general(desktop).messages.filter((message) => message.seq !== seq);
};

test('the good history has no violation', () => {
  expect(violations(evidence(good()), { ...PROMISES, heldWhole })).toEqual([]);
});

const BAD: readonly (readonly [
  keyof typeof PROMISES | 'heldWhole',
  string,
  (draft: Draft) => void,
])[] = [
  [
    'ackedIsKept',
    'the relay lost an acknowledged post and gave its number to another',
    (d) => {
      d.events[1] = posted(2, 'ada', 'm9', 'hello @ben');
    },
  ],
  [
    'ackedIsKept',
    'an acknowledged post is beyond the head',
    (d) => void d.moments.push(...post('ada', 'm8', 'gone', 7)),
  ],
  [
    'ackedIsKept',
    'an acknowledged edit is not there',
    (d) => {
      d.events[3] = {
        seq: 4,
        at: 1_004,
        by: 'ben',
        kind: 'joined',
        member: 'ben',
      } as unknown as FeedEvent;
    },
  ],
  [
    'ackedIsKept',
    'an acknowledged deletion is not there',
    (d) => {
      d.events[5] = posted(6, 'ada', 'm7', 'x');
    },
  ],
  [
    'ackedIsKept',
    'somebody got an ack for what they never asked',
    (d) => void d.moments.push({ kind: 'acked', member: 'ben', op: 'm1', feed: FEED, seq: 2 }),
  ],
  [
    'ackedIsKept',
    'a desktop holds the place but not the message',
    (d) => {
      general(d.ben).messages = general(d.ben).messages.slice(1);
    },
  ],
  [
    'offeredAgain',
    'what was acknowledged before the relay went back is not offered again',
    (d) => {
      d.moments.push(...post('ada', 'm9', 'before', 9), { kind: 'restored' });
    },
  ],
  [
    'draftsAreKept',
    'a draft is gone though it was old enough',
    (d) => {
      d.moments.push(
        { kind: 'drafted', computer: 'ben-pc', channel: 'general', text: 'half a', atMs: 1_000 },
        { kind: 'killed', computer: 'ben-pc', atMs: 1_500, wasAsleep: false },
      );
    },
  ],
  [
    'draftsAreKept',
    'a draft is still there though it was sent',
    (d) => {
      d.moments.push({
        kind: 'drafted',
        computer: 'ben-pc',
        channel: 'general',
        text: 'late',
        atMs: 1_000,
      });
      d.moments.push({
        kind: 'entered',
        member: 'ben',
        computer: 'ben-pc',
        channel: 'general',
        message: 'm2',
        text: 'hello',
      });
      d.ben = { ...d.ben, drafts: new Map([['general', 'late']]) };
    },
  ],
  [
    'nothingUnsent',
    'a message nobody wrote',
    (d) => {
      d.events.push(posted(7, 'ada', 'm9', 'boo'));
    },
  ],
  [
    'nothingUnsent',
    'a message under another name',
    (d) => {
      d.events[1] = posted(2, 'ben', 'm1', 'hello @ben');
    },
  ],
  [
    'nothingUnsent',
    'words nobody gave it',
    (d) => {
      d.events[1] = posted(2, 'ada', 'm1', 'hello @bel');
    },
  ],
  [
    'nothingUnsent',
    'a message in another channel',
    (d) => {
      (d.relay.feeds as Map<string, unknown>).set('channel/other', {
        head: 1,
        events: [posted(1, 'ada', 'm1', 'hello @ben')],
      });
    },
  ],
  [
    'nothingUnsent',
    'a deletion nobody asked for',
    (d) => {
      d.moments = d.moments.filter((moment) => moment.kind !== 'deleted');
    },
  ],
  [
    'nothingUnsent',
    'a message that had been refused for good',
    (d) => {
      d.moments.push({
        kind: 'refused',
        member: 'ada',
        op: 'm1',
        why: 'archived',
        isRetryable: false,
      });
    },
  ],
  [
    'onlyOnce',
    'the relay has it twice',
    (d) => {
      d.events.push(posted(7, 'ada', 'm1', 'hello @ben'));
    },
  ],
  [
    'onlyOnce',
    'the relay has it in two channels',
    (d) => {
      (d.relay.feeds as Map<string, unknown>).set('channel/other', {
        head: 1,
        events: [posted(1, 'ada', 'm1', 'hello @ben')],
      });
    },
  ],
  [
    'onlyOnce',
    'a cache has it twice',
    (d) => {
      general(d.ben).messages = [...general(d.ben).messages, held(6, 'ada', 'm1', 'hello @ben')];
    },
  ],
  [
    'onlyOnce',
    'it notified twice',
    (d) => void d.moments.push({ kind: 'toast', computer: 'ben-pc', message: 'm1' }),
  ],
  [
    'everyEnterEnds',
    'an Enter is gone without a trace',
    (d) => {
      d.moments.push({
        kind: 'entered',
        member: 'ben',
        computer: 'ben-pc',
        channel: 'general',
        message: 'm9',
        text: 'x',
      });
    },
  ],
  [
    'everyEnterEnds',
    'something waits for ever',
    (d) => {
      const frame = { t: 'post', op: 'm9', channel: 'general', text: 'x' } as Mutation;
      d.ben = {
        ...d.ben,
        outbox: [
          { op: 'm9', message: 'm9', channel: 'general', frame, state: 'waiting', isOffer: false },
        ],
      };
    },
  ],
  ['oneOrder', 'a number is missing', (d) => void d.events.splice(3, 1)],
  [
    'oneOrder',
    'two events with one number',
    (d) => {
      d.events[3] = { ...d.events[3], seq: 3 } as FeedEvent;
    },
  ],
  [
    'oneOrder',
    'time runs backwards',
    (d) => {
      d.events[4] = { ...d.events[4], at: 5 } as FeedEvent;
    },
  ],
  [
    'oneOrder',
    'somebody was told another message under that number',
    (d) => {
      d.moments.push({
        kind: 'told',
        computer: 'ada-pc',
        feed: FEED,
        event: posted(3, 'ben', 'm5', 'hello'),
      });
    },
  ],
  [
    'oneOrder',
    'somebody was told an event that is not there any more',
    (d) => {
      d.moments.push({
        kind: 'told',
        computer: 'ada-pc',
        feed: FEED,
        event: posted(7, 'ben', 'm5', 'hello'),
      });
    },
  ],
  [
    'oneOrder',
    'somebody was told another moment',
    (d) => {
      d.moments.push({
        kind: 'told',
        computer: 'ada-pc',
        feed: FEED,
        event: { ...posted(2, 'ada', 'm1', 'hello @ben'), at: 9 } as FeedEvent,
      });
    },
  ],
  [
    'oneOrder',
    'somebody was told another joiner',
    (d) => {
      d.moments.push({
        kind: 'told',
        computer: 'ada-pc',
        feed: FEED,
        event: { ...d.events[0], members: ['ada'] } as unknown as FeedEvent,
      });
    },
  ],
  ['converged', 'a cache lacks a message', (d) => without(d, 3)],
  [
    'converged',
    'a cache has other words',
    (d) => {
      general(d.ada).messages = general(d.ada).messages.map((message) => ({
        ...message,
        text: 'hello',
      }));
    },
  ],
  [
    'converged',
    'a cache kept the words of a deleted message',
    (d) => {
      general(d.ada).messages = general(d.ada).messages.map((message) =>
        message.seq === 5 ? held(5, 'ada', 'm3', 'a slip') : message,
      );
    },
  ],
  [
    'converged',
    'a cache missed the edit',
    (d) => {
      general(d.ben).messages = general(d.ben).messages.map((message) => ({
        ...message,
        editedAt: null,
      }));
    },
  ],
  [
    'converged',
    'a cache has a message outside what it says it holds',
    (d) => {
      general(d.ben).held = [{ from: 3, to: 6 }];
    },
  ],
  [
    'converged',
    'a desktop has another read mark',
    (d) => {
      general(d.ben).readSeq = 3;
    },
  ],
  [
    'converged',
    'a desktop knows another topic',
    (d) => {
      general(d.ben).topic = 'lunch';
    },
  ],
  [
    'converged',
    'a desktop knows another head',
    (d) => {
      general(d.ben).head = 5;
    },
  ],
  [
    'converged',
    'a desktop does not know that it is in',
    (d) => {
      general(d.ben).isJoined = false;
    },
  ],
  [
    'converged',
    'a desktop that left kept the words',
    (d) => {
      (d.relay.channels.get('general')?.roster as Map<string, unknown>).delete('ben');
    },
  ],
  [
    'converged',
    'a desktop knows another epoch',
    (d) => {
      d.ben = { ...d.ben, epoch: 'e0' };
    },
  ],
  [
    'converged',
    'a desktop knows another name',
    (d) => {
      d.ben = {
        ...d.ben,
        members: new Map([
          ...d.ben.members,
          ['ada', { name: 'Ida', role: 'member', isActive: true }],
        ]),
      };
    },
  ],
  [
    'converged',
    'a desktop has a channel that is not there',
    (d) => {
      (d.ben.channels as Map<string, HeldChannel>).set('ghost', {
        ...general(d.ben),
        id: 'ghost',
        isJoined: false,
        messages: [],
      });
    },
  ],
  [
    'heldWhole',
    'a desktop has a hole',
    (d) => {
      general(d.ben).held = [
        { from: 1, to: 3 },
        { from: 5, to: 6 },
      ];
    },
  ],
  [
    'countsAgree',
    'an unread message is not counted',
    (d) => {
      general(d.ben).unread = 0;
    },
  ],
  [
    'countsAgree',
    'own messages are counted',
    (d) => {
      general(d.ben).unread = 2;
    },
  ],
  [
    'countsAgree',
    'a mention is not counted',
    (d) => {
      general(d.ben).mentions = 0;
    },
  ],
  [
    'countsAgree',
    'something beyond the head is read',
    (d) => {
      general(d.ada).readSeq = 9;
    },
  ],
  [
    'deletedIsGone',
    'the relay still gives out the words of a deleted message',
    (d) => {
      d.events[4] = posted(5, 'ada', 'm3', 'a slip');
    },
  ],
  [
    'deletedIsGone',
    'the relay keeps the earlier words of a deleted message',
    (d) => {
      (d.relay.revisions as Map<string, string[]>).set('m3', ['a slip of the tongue']);
    },
  ],
  [
    'deletedIsGone',
    'a cache keeps the words of a deleted message',
    (d) => {
      general(d.ada).messages = general(d.ada).messages.map((message) =>
        message.seq === 5 ? { ...message, text: 'a slip' } : message,
      );
    },
  ],
  [
    'filesAreSound',
    'a file is damaged',
    (d) => {
      d.ben = { ...d.ben, damage: ['row 7 missing from index message_by_id'] };
    },
  ],
];

test.each(BAD)('%s sees it when %s', (name, _what, spoil) => {
  const draft = good();
  spoil(draft);
  const seen = violations(evidence(draft), { ...PROMISES, heldWhole }).map(
    (words) => words.split(':')[0],
  );
  expect(seen).toContain(name);
});

test('every promise has a bad history', () => {
  expect(new Set(BAD.map(([name]) => name))).toEqual(
    new Set([...Object.keys(PROMISES), 'heldWhole']),
  );
});
