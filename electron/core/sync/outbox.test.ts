/** What a relay has lost is said again beside what is new: in which order, and what waits for what. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mutation } from '../../../protocol/frames-up.ts';
import type { ChannelId, FeedId, MessageId, OperationId } from '../../../protocol/ids.ts';
import { refuse, type RefusalKind } from '../../../protocol/errors.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { openData, type Data } from '../cache/data.ts';
import type { Changes } from '../events/changes.ts';
import {
  createOutbox,
  JOURNAL_MS,
  messageLane,
  OFFERS_FIRST_MS,
  type NewRow,
  type Outbox,
} from './outbox.ts';

const TEAM = { id: 'here', key: 1 };
const TRUST = 'key:aa';
const LIMITS = { sendsPerSecond: 10, sendsBurst: 30 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const nobody = (): undefined => undefined;
const unheard: Pick<Changes, 'message' | 'team'> = { message: nobody, team: nobody };

let clock: FakeClock;
let data: Data;
let outbox: Outbox;
let said: Mutation[];
let isConfirmed: boolean;
beforeEach(() => {
  isConfirmed = true;
  clock = createFakeClock(1_000);
  data = openData({ dir: ':memory:', clock, log: silent });
  outbox = opened();
});
afterEach(() => {
  outbox.stop();
  data.close();
});

const opened = (): Outbox => {
  said = [];
  return createOutbox({
    team: TEAM,
    trust: TRUST,
    db: data.ledger.db,
    rows: data.ledger.outbox,
    clock,
    changes: unheard as Changes,
    send: (frame) => said.push(frame) > 0,
    remember: nobody,
    confirm: () => isConfirmed,
    onRefused: nobody,
    onOverdue: nobody,
  });
};
const row = (frame: Mutation, channel: string, message: string): NewRow => ({
  op: frame.op,
  lane: messageLane(channel),
  channel,
  message,
  frame,
});
const post = (op: string, channel = 'general'): NewRow =>
  row({ t: 'post', op: op as MessageId, channel: channel as ChannelId, text: op }, channel, op);
const edit = (op: string, message: string, channel = 'general'): NewRow =>
  row(
    {
      t: 'edit',
      op: op as OperationId,
      channel: channel as ChannelId,
      message: message as MessageId,
      text: op,
    },
    channel,
    message,
  );
const remove = (op: string, message: string, channel = 'general'): NewRow =>
  row(
    {
      t: 'delete',
      op: op as OperationId,
      channel: channel as ChannelId,
      message: message as MessageId,
    },
    channel,
    message,
  );

const ack = (op: string): unknown =>
  outbox.take({
    t: 'ack',
    op: op as OperationId,
    feed: 'channel/general' as FeedId,
    seq: 1,
    at: 1,
  });
const refused = (op: string, kind: RefusalKind): unknown =>
  outbox.take({
    t: 'refused',
    op: op as OperationId,
    refusal: refuse(kind, { retryAfterMs: 500 }),
  });
const ops = (): string[] => said.map((frame) => frame.op);
/** The relay acknowledges each as it comes, for so long. */
const serve = (ms: number): void => {
  let answered = 0;
  const until = clock.monotonic() + ms;
  for (;;) {
    for (; answered < said.length; answered++) ack(said[answered]?.op ?? '');
    if (clock.nextAt === undefined || clock.nextAt > until) break;
    clock.runNext();
  }
  clock.advance(until - clock.monotonic());
};
const many = (count: number): NewRow[] =>
  Array.from({ length: count }, (_, n) => post(`lost-${n}`));

describe('what was lost', () => {
  test('goes before what is new in its channel, and no other channel waits for it', () => {
    outbox.offer([post('lost-0'), post('lost-1')]);
    outbox.add(post('new'));
    outbox.add(post('elsewhere', 'random'));
    outbox.start(LIMITS);
    expect(ops()).toEqual(['lost-0', 'elsewhere']);
    serve(0);
    expect(ops()).toEqual(['lost-0', 'elsewhere', 'lost-1', 'new']);
  });

  test('is overtaken by what is new after a second, and goes on where that leaves room', () => {
    outbox.offer(many(200));
    outbox.add(post('new'));
    outbox.start(LIMITS);
    serve(OFFERS_FIRST_MS - 1);
    expect(ops()).not.toContain('new');
    serve(100);
    expect(ops()).toContain('new');
    outbox.add(post('newer'));
    serve(100);
    expect(ops()).toContain('newer');
    serve(20_000);
    expect(ops().filter((op) => op.startsWith('lost'))).toEqual(many(200).map(({ op }) => op));
    expect(outbox.rows).toEqual([]);
  });

  test('does not hold what is new when one of it is refused for a while', () => {
    outbox.offer(many(2));
    outbox.add(post('new'));
    outbox.start(LIMITS);
    for (let seconds = 0; seconds < 8; seconds++) {
      if (outbox.rows.some(({ op }) => op === 'lost-0')) refused('lost-0', 'internal');
      clock.advance(1_000);
    }
    expect(ops()).toContain('new');
    expect(ops()).not.toContain('lost-1');
  });

  test('that is refused for good is let go without a word, and the next has its turn', () => {
    outbox.offer(many(2));
    outbox.start(LIMITS);
    refused('lost-0', 'not-found');
    expect(ops()).toEqual(['lost-0', 'lost-1']);
    expect(outbox.counts()).toEqual({ waiting: 0, failed: 0 });
  });
});

describe('a change to what was lost', () => {
  test('follows it, however long that takes, and nothing else waits for the change', () => {
    outbox.offer(many(100));
    outbox.add(edit('changed', 'lost-99'));
    outbox.add(remove('gone', 'lost-99'));
    outbox.add(post('new'));
    outbox.start(LIMITS);
    serve(2_000);
    expect(ops()).toContain('new');
    expect(ops()).not.toContain('changed');
    serve(20_000);
    expect(ops().filter((op) => op === 'lost-99' || !op.startsWith('lost'))).toEqual([
      'new',
      'lost-99',
      'changed',
      'gone',
    ]);
  });

  test('keeps its place behind it through a restart and a second loss', () => {
    outbox.offer([post('lost'), edit('first', 'lost')]);
    outbox.start(LIMITS);
    ack('lost');
    outbox.stop();
    // The relay has lost it once more.
    outbox.offer([post('lost'), edit('first', 'lost')]);
    outbox = opened();
    outbox.start(LIMITS);
    serve(0);
    expect(ops()).toEqual(['lost', 'first']);
  });
});

describe('the journal of what was sent', () => {
  const journal = (withinMs = JOURNAL_MS): string[] =>
    data.ledger.outbox.sent(TEAM.key, TRUST, withinMs).map(({ op }) => op);

  test('keeps its order when some of it was said again', () => {
    for (const one of [post('a'), edit('b', 'a'), post('c')]) outbox.add(one);
    outbox.start(LIMITS);
    serve(0);
    outbox.stop();
    clock.advance(5_000);
    outbox.offer([post('a')]);
    outbox.start(LIMITS);
    serve(0);
    expect(journal()).toEqual(['a', 'b', 'c']);
    // And what was said again is kept for as long again.
    expect(journal(1)).toEqual(['a']);
  });

  test('is not emptied by a clock that jumps ahead for a moment', () => {
    outbox.add(post('old'));
    outbox.start(LIMITS);
    serve(0);
    const tidy = () => data.ledger.outbox.removeSentOlderThan(JOURNAL_MS, clock.now());
    const right = clock.now();
    clock.setWall(right + 10 * JOURNAL_MS);
    tidy();
    expect(journal()).toEqual(['old']);
    outbox.add(post('stamped far ahead'));
    serve(0);
    clock.setWall(right);
    tidy();
    expect(data.ledger.outbox.sent(TEAM.key, TRUST, 20 * JOURNAL_MS)).toHaveLength(2);
    clock.advance(10 * JOURNAL_MS);
    tidy();
    expect(journal()).toEqual(['stamped far ahead']);
  });

  test('does not take back in what was deleted meanwhile', () => {
    outbox.add(post('a'));
    outbox.start(LIMITS);
    serve(0);
    outbox.stop();
    outbox.offer([post('a')]);
    outbox.add(remove('b', 'a'));
    outbox.start(LIMITS);
    serve(0);
    expect(ops()).toEqual(['a', 'a', 'b']);
    expect(journal()).toEqual(['b']);
  });

  test('has what was acknowledged and waits for its effect, so that no other relay gets it', () => {
    isConfirmed = false;
    for (const one of [post('a'), post('b', 'other'), post('c', 'third')]) outbox.add(one);
    outbox.start(LIMITS);
    ack('a');
    outbox.stop();
    outbox.offer([post('lost')]);
    data.ledger.outbox.removeAcknowledged(TEAM.key);
    outbox = opened();
    // Sent, and perhaps received; but acknowledged by nobody.
    expect(outbox.rows.map(({ op }) => op)).toEqual(['b', 'c']);
    expect(journal()).toEqual(['a']);
    expect(data.ledger.outbox.sent(TEAM.key, 'key:bb', JOURNAL_MS)).toEqual([]);
  });

  test('is resent once where it was acknowledged and still waits for its effect', () => {
    outbox.add(post('done'));
    outbox.start(LIMITS);
    serve(0);
    isConfirmed = false;
    for (const one of [post('waits'), post('new')]) outbox.add(one);
    ack('waits');
    outbox.stop();
    // The relay lost both, and the journal has both.
    isConfirmed = true;
    said.length = 0;
    outbox.offer([post('done'), post('waits')]);
    expect(outbox.rows.map(({ op }) => op)).toEqual(['done', 'waits', 'new']);
    outbox.start(LIMITS);
    serve(0);
    expect(ops()).toEqual(['done', 'waits', 'new']);
    expect(data.ledger.outbox.all(TEAM.key)).toEqual([]);
    expect(journal()).toEqual(['done', 'waits', 'new']);
  });
});
