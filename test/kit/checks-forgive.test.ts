/** What looks like a broken promise and is none: the checkers say nothing. */
import { expect, test } from 'vitest';
import type { Mutation } from '../../protocol/frames-up.ts';
import { violations } from './checks.ts';
import { evidence, FEED, good, post, posted } from './good-history.ts';
import { createHistory, readHistory, writeHistory } from './history.ts';

test('a message that failed visibly, was taken back, or was sent again by the person has ended well', () => {
  const draft = good();
  const frame = { t: 'post', op: 'm9', channel: 'general', text: 'x' } as Mutation;
  draft.moments.push(
    {
      kind: 'entered',
      member: 'ben',
      computer: 'ben-pc',
      channel: 'general',
      message: 'm9',
      text: 'x',
    },
    {
      kind: 'entered',
      member: 'ben',
      computer: 'ben-pc',
      channel: 'general',
      message: 'm8',
      text: 'x',
    },
    { kind: 'discarded', member: 'ben', message: 'm8' },
  );
  draft.moments.unshift(
    {
      kind: 'asked',
      member: 'ada',
      frame: { t: 'post', op: 'm1', channel: 'general', text: 'hello @ben' } as Mutation,
    },
    { kind: 'refused', member: 'ada', op: 'm1', why: 'archived', isRetryable: false },
  );
  draft.ben = {
    ...draft.ben,
    outbox: [
      { op: 'm9', message: 'm9', channel: 'general', frame, state: 'failed', isOffer: false },
    ],
  };
  expect(violations(evidence(draft))).toEqual([]);
});

test('an Enter in whose middle the process died may have become a message, once, or not', () => {
  const draft = good();
  draft.moments = draft.moments.filter(
    (moment) => moment.kind !== 'entered' || moment.message !== 'm1',
  );
  draft.moments = draft.moments.filter(
    (moment) => moment.kind !== 'asked' || moment.frame.op !== 'm1',
  );
  draft.moments.push(
    { kind: 'tried', member: 'ada', channel: 'general', text: 'hello @ben' },
    { kind: 'tried', member: 'ada', channel: 'general', text: 'gone' },
  );
  expect(violations(evidence(draft))).toEqual([]);
  draft.events.push(posted(7, 'ada', 'm4', 'hello @ben'));
  expect(violations(evidence(draft)).join()).toContain('nobody wrote message m4');
});

test('what the relay said before it went back to a backup binds it no more', () => {
  const draft = good();
  draft.moments.unshift(
    { kind: 'told', computer: 'ada-pc', feed: FEED, event: posted(2, 'ben', 'm7', 'x') },
    ...post('ada', 'm1', 'hello @ben', 40),
    { kind: 'restored' },
  );
  expect(violations(evidence(draft))).toEqual([]);
});

test('a draft may be lost that was written just before the process died', () => {
  const draft = good();
  draft.moments.push(
    { kind: 'drafted', computer: 'ben-pc', channel: 'general', text: 'half a', atMs: 1_000 },
    { kind: 'killed', computer: 'ben-pc', atMs: 1_499, wasAsleep: false },
  );
  expect(violations(evidence(draft))).toEqual([]);
  draft.ben = { ...draft.ben, drafts: new Map([['general', 'half a']]) };
  expect(violations(evidence(draft))).toEqual([]);
});

test('a history is read back from its file as it was', () => {
  const { moments } = good();
  expect(readHistory(writeHistory(createHistory(moments))).moments).toEqual(moments);
});

test('what stood where a file was damaged may be gone, and nothing else', () => {
  const draft = good();
  const lost = { kind: 'entered', member: 'ben', computer: 'ben-pc', channel: 'general' } as const;
  draft.moments.push(
    { ...lost, message: 'm8', text: 'on the page' },
    { kind: 'drafted', computer: 'ben-pc', channel: 'general', text: 'half', atMs: 1 },
    { kind: 'damaged', computer: 'ben-pc', ops: ['m8'], channels: ['general'] },
  );
  draft.ben = { ...draft.ben, drafts: new Map() };
  expect(violations(evidence(draft))).toEqual([]);
  draft.moments.push(
    { ...lost, message: 'm9', text: 'elsewhere' },
    { kind: 'drafted', computer: 'ben-pc', channel: 'other', text: 'whole', atMs: 1 },
  );
  expect(violations(evidence(draft)).map((words) => words.split(':')[0])).toEqual([
    'draftsAreKept',
    'everyEnterEnds',
  ]);
});
