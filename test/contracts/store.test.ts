/**
 * The contract of the store port, over every adapter there is. A new adapter is one more entry in `ADAPTERS`. What several relays on one
 * database promise each other is shown beside that adapter.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Channel, Member } from '../../protocol/entities.ts';
import { TEAM_FEED, channelFeed, memberFeed } from '../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, MessageId, OperationId, SessionId } from '../../protocol/ids.ts';
import { openPostgresStore } from '../../server/adapters/store-postgres/store.ts';
import { openSqliteStore } from '../../server/adapters/store-sqlite/store.ts';
import type { EventDraft, Store, StoredEvent, WriteTx } from '../../server/ports/store.ts';
import { silentLog } from '../../server/observe/log.ts';
import { BackupElsewhere, StoreUnavailable } from '../../server/ports/store.ts';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.ts';
import { createSeededRandom } from '../kit/seeded-random.ts';
import { POSTGRES, startPostgres, type PostgresAddress, type PostgresServer } from '../kit/services/postgres.ts';

interface Adapter {
  readonly name: string;
  readonly isHere: boolean;
  /** The same folder is the same store. */
  open(folder: string, clock: FakeClock): Promise<Store>;
  /** Opens what `backup` wrote to `path`. Absent where the database is copied by its own means: `backup` refuses and says so. */
  readonly openBackup?: (path: string, clock: FakeClock) => Promise<Store>;
}

const sqlite = [false, true].map((isTemporary): Adapter => {
  const openAt = (path: string, clock: FakeClock) =>
    Promise.resolve(openSqliteStore({ path, clock, random: createSeededRandom(path), isTemporary }));
  return {
    name: isTemporary ? 'SQLite, temporary' : 'SQLite, durable',
    isHere: true,
    open: (folder, clock) => openAt(join(folder, 'team.sqlite'), clock),
    openBackup: openAt,
  };
});

let server: PostgresServer | undefined;
const databases = new Map<string, PostgresAddress>();
const postgres: Adapter = {
  name: 'PostgreSQL',
  isHere: POSTGRES !== undefined,
  async open(folder, clock) {
    server ??= await startPostgres({ isTemporary: true });
    const address = databases.get(folder) ?? (await server.createDatabase());
    databases.set(folder, address);
    return openPostgresStore({ servers: [address], clock, random: createSeededRandom(folder), log: silentLog });
  },
};
afterAll(() => server?.dispose());

const ADAPTERS = [...sqlite, postgres].filter((adapter) => adapter.isHere);

const memberId = (n: number): MemberId => `00000000-0000-4000-8000-00000000000${n}` as MemberId;
const channelId = (n: number): ChannelId => `01980000-0000-7000-8000-c0000000000${n}` as ChannelId;
const op = (n: number): OperationId & MessageId => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as OperationId & MessageId;
const ADA = memberId(1);
const BO = memberId(2);
const ALL = { from: 1, to: 1_000_000 };
const PLENTY = { events: 1_000, bytes: 1_000_000 };

const memberOf = (id: MemberId, handle: string): Member => ({ id, handle, name: handle, role: 'member', isActive: true, joinedAt: 5 });
const channelOf = (id: ChannelId, more: Partial<Channel> = {}): Channel => ({
  id,
  kind: 'public',
  name: 'plans',
  topic: '',
  isArchived: false,
  createdAt: 7,
  createdBy: ADA,
  seq: 1,
  ...more,
});
const said = (n: number, text = `text ${n}`, by = ADA): EventDraft => ({ by, kind: 'posted', op: op(n), body: { id: op(n), text } });
const parsed = (events: readonly StoredEvent[]): unknown[] => events.map((event) => JSON.parse(event.json) as unknown);

describe.each(ADAPTERS)('a store ($name)', (adapter) => {
  let folder: string;
  let clock: FakeClock;
  let store: Store;
  const feed = channelFeed(channelId(1));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'landline-store-'));
    clock = createFakeClock();
    store = await adapter.open(folder, clock);
    await store.write(async (tx) => {
      await tx.putMember(memberOf(ADA, 'ada'));
      await tx.putMember(memberOf(BO, 'bo'));
      await tx.putChannel(channelOf(channelId(1)));
    });
  });
  afterEach(async () => {
    expect(await store.audit()).toEqual([]);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const append = (to: FeedId, draft: EventDraft) => store.write((tx) => tx.append(to, draft));

  describe('order', () => {
    test('is 1, 2, 3 in each feed, whatever happens in the others', async () => {
      const other = channelFeed(channelId(2));
      const seqs = await Promise.all([feed, other, feed, feed, other].map(async (to, i) => (await append(to, said(i))).event.seq));
      expect(seqs).toEqual([1, 1, 2, 3, 2]);
      expect([await store.head(feed), await store.head(other), await store.head(TEAM_FEED)]).toEqual([3, 2, 0]);
    });

    test('shows in the heads of many feeds, asked for at once', async () => {
      const other = channelFeed(channelId(2));
      for (const [i, to] of [feed, other, feed].entries()) await append(to, said(i));
      expect(await store.heads([TEAM_FEED, feed, other])).toEqual(
        new Map([
          [TEAM_FEED, 0],
          [feed, 2],
          [other, 1],
        ]),
      );
      expect(await store.heads([])).toEqual(new Map());
      await store.write(async (tx) => {
        await tx.append(feed, said(4));
        expect(await tx.heads([feed, channelFeed(channelId(3))])).toEqual(
          new Map([
            [feed, 3],
            [channelFeed(channelId(3)), 0],
          ]),
        );
      });
    });

    test('is the order in which write was called', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, i) => append(feed, said(i))));
      const { events } = await store.page(feed, ALL, PLENTY);
      expect(events.map((event) => (JSON.parse(event.json) as { id: string }).id)).toEqual(Array.from({ length: 50 }, (_, i) => op(i)));
    });

    test('has no hole where a work failed', async () => {
      const failing = store.write(async (tx) => {
        await tx.append(feed, said(2));
        throw new Error('on purpose');
      });
      const results = await Promise.allSettled([append(feed, said(1)), failing, append(feed, said(3))]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await store.page(feed, ALL, PLENTY)).events.map((event) => event.seq)).toEqual([1, 2]);
    });

    test('of time within a feed never goes back, whatever the clock does', async () => {
      const first = await append(feed, said(1));
      clock.setWall(1_000);
      const second = await append(feed, said(2));
      expect(second.event.at).toBe(first.event.at);
    });

    test('goes on after the store was closed and opened again', async () => {
      await append(feed, said(1));
      const { epoch, teamId } = store;
      await store.close();
      store = await adapter.open(folder, clock);
      expect((await append(feed, said(2))).event.seq).toBe(2);
      expect([store.epoch, store.teamId]).toEqual([epoch, teamId]);
    });
  });

  describe('an event', () => {
    test('is given out as it travels: seq, at, by, kind, then its body', async () => {
      const { event } = await append(feed, said(1, 'say "hi" 你好 \u2028'));
      const at = clock.now();
      expect(event).toEqual({
        feed,
        seq: 1,
        at,
        json: JSON.stringify({ seq: 1, at, by: ADA, kind: 'posted', id: op(1), text: 'say "hi" 你好 \u2028' }),
      });
      expect((await store.page(feed, ALL, PLENTY)).events).toEqual([event]);
    });

    test('without a body is still an object', async () => {
      const { event } = await append(feed, { by: ADA, kind: 'bare', op: null, body: {} });
      expect(JSON.parse(event.json)).toEqual({ seq: 1, at: clock.now(), by: ADA, kind: 'bare' });
    });
  });

  describe('a work', () => {
    test('that throws before it wrote fails alone', async () => {
      const results = await Promise.allSettled([
        append(feed, said(1)),
        store.write(() => Promise.reject(new Error('on purpose'))),
        append(feed, said(2)),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });

    test('that throws after it wrote leaves nothing behind, in no table', async () => {
      const failing = store.write(async (tx) => {
        await tx.putMember({ ...memberOf(ADA, 'ada'), name: 'Changed' });
        await tx.putChannel(channelOf(channelId(1), { topic: 'changed' }));
        await tx.addToChannel(channelId(1), ADA, { readSeq: 0, level: 'all' });
        await tx.append(feed, said(9));
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      const seen = await store.write(async (tx) => [
        (await tx.member(ADA))?.name,
        (await tx.channel(channelId(1)))?.topic,
        await tx.isInChannel(channelId(1), ADA),
        await tx.head(feed),
        await tx.repeated(feed, said(9)),
      ]);
      expect(seen).toEqual(['ada', '', false, 0, undefined]);
    });

    test('sees what the works before it wrote, and its own', async () => {
      const seen: number[] = [];
      const look = (n: number) =>
        store.write(async (tx) => {
          seen.push(await tx.head(feed));
          await tx.append(feed, said(n));
          seen.push(await tx.head(feed));
        });
      await Promise.all([look(1), look(2)]);
      expect(seen).toEqual([0, 1, 1, 2]);
    });

    test('sees in every question what it wrote itself', async () => {
      await store.write(async (tx) => {
        await tx.addToChannel(channelId(1), BO, { readSeq: 3, level: 'none' });
        await tx.append(feed, said(1));
        expect(await tx.roster(channelId(1))).toEqual([BO]);
        expect(await tx.memberCount(channelId(1))).toBe(1);
        expect(await tx.channelCount(BO)).toBe(1);
        expect(await tx.readMark(channelId(1), BO)).toBe(3);
        expect((await tx.headsOf(BO)).get(feed)).toBe(1);
        expect((await tx.page(feed, ALL, PLENTY)).head).toBe(1);
        expect(await tx.message(channelId(1), op(1))).toMatchObject({ text: 'text 1' });
        expect((await tx.standing(channelId(1), BO)).isIn).toBe(true);
        await tx.removeFromChannel(channelId(1), BO);
        expect(await tx.isInChannel(channelId(1), BO)).toBe(false);
        expect((await tx.standing(channelId(1), BO)).isIn).toBe(false);
      });
    });

    test('keeps the place of the blobs, of several who name one the first', async () => {
      expect(await store.blobsPlace()).toBeUndefined();
      const name = (id: string) =>
        store.write(async (tx) => {
          const known = await tx.blobsPlace();
          if (known === undefined) await tx.putBlobsPlace(id);
          return known ?? id;
        });
      expect(await Promise.all([name('one'), name('two'), name('three')])).toEqual(['one', 'one', 'one']);
      expect(await store.blobsPlace()).toBe('one');
    });

    test('is not seen by readers before it is committed', async () => {
      const seen: unknown[] = [];
      await store.write(async (tx) => {
        await tx.append(feed, said(1));
        seen.push(await store.head(feed), (await store.page(feed, ALL, PLENTY)).events.length);
      });
      seen.push(await store.head(feed), (await store.page(feed, ALL, PLENTY)).events.length);
      expect(seen).toEqual([0, 0, 1, 1]);
    });

    test('is told to the listeners after it is readable and before its promise resolves, failed ones never', async () => {
      const log: string[] = [];
      const stop = store.onCommitted((events) => log.push(`committed ${events.map((event) => event.seq).join()}`));
      const failing = store
        .write(async (tx) => {
          await tx.append(feed, said(5));
          throw new Error('on purpose');
        })
        .catch(() => log.push('failed'));
      await Promise.all([append(feed, said(1)).then(() => log.push('resolved')), failing]);
      stop();
      await append(feed, said(2));
      expect(log.filter((line) => line !== 'failed')).toEqual(['committed 1', 'resolved']);
    });

    test('of one turn of the event loop shares its commit with the others', async () => {
      const commits: number[] = [];
      store.onCommitted((events) => commits.push(events.length));
      await Promise.all(Array.from({ length: 100 }, (_, i) => append(feed, said(i))));
      expect(commits).toEqual([100]);
    });

    test('is refused as unavailable once the store is closing, and what was handed over before is kept', async () => {
      const before = append(feed, said(1));
      const closing = store.close();
      await expect(append(feed, said(2))).rejects.toBeInstanceOf(StoreUnavailable);
      await Promise.all([before, closing]);
      store = await adapter.open(folder, clock);
      expect(await store.head(feed)).toBe(1);
    });
  });

  describe('an operation that comes again', () => {
    test('is one event, and the answer is the first', async () => {
      const first = await append(feed, said(1));
      const again = await append(feed, said(1));
      expect(first.isNew).toBe(true);
      expect(again).toEqual({ isNew: false, isSame: true, event: first.event });
      expect(await store.head(feed)).toBe(1);
    });

    test('within one commit is one event too', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => append(feed, said(1))));
      expect(all.filter((one) => one.isNew)).toHaveLength(1);
      expect(new Set(all.map((one) => one.event.seq))).toEqual(new Set([1]));
    });

    test.each([
      ['other content', channelFeed(channelId(1)), { ...said(1), body: { id: op(1), text: 'other' } }],
      ['another kind', channelFeed(channelId(1)), { ...said(1), kind: 'edited' }],
      ['another feed', channelFeed(channelId(2)), said(1)],
    ])('with %s is not the same', async (_what, to, draft) => {
      await append(feed, said(1));
      expect(await append(to, draft)).toMatchObject({ isNew: false, isSame: false, event: { feed, seq: 1 } });
      expect(await store.head(feed)).toBe(1);
    });

    test('from another sender is another operation', async () => {
      await append(feed, said(1));
      expect(await append(channelFeed(channelId(2)), said(1, 'mine', BO))).toMatchObject({ isNew: true });
    });

    test('is compared by what was asked where that is given', async () => {
      const draft: EventDraft = { by: ADA, kind: 'created', op: op(1), body: { at: 1 }, asked: 'x' };
      await append(feed, draft);
      expect(await append(feed, { ...draft, body: { at: 2 } })).toMatchObject({ isNew: false, isSame: true });
      expect(await append(feed, { ...draft, asked: 'y' })).toMatchObject({ isNew: false, isSame: false });
    });

    test('is compared with its first text after an edit, and with none after a deletion', async () => {
      await append(feed, said(1, 'first'));
      await store.write((tx) => tx.reviseMessage(channelId(1), op(1), { text: 'second', seq: 2, at: 9 }));
      expect(await append(feed, said(1, 'first'))).toMatchObject({ isSame: true });
      expect(await append(feed, said(1, 'second'))).toMatchObject({ isSame: false });
      await store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect(await append(feed, said(1, 'whatever'))).toMatchObject({ isNew: false, isSame: true });
    });

    test('is found again under the name of who made it, in whatever feed, and under nobody else’s', async () => {
      await append(feed, said(1));
      await append(channelFeed(channelId(2)), said(2));
      await append(memberFeed(ADA), { by: ADA, kind: 'level', op: op(3), body: {} });
      await append(feed, said(4, 'his', BO));
      const all = [1, 2, 3, 4, 5].map(op);
      expect(await store.operations(ADA, all)).toEqual(new Set([op(1), op(2), op(3)]));
      expect(await store.operations(BO, all)).toEqual(new Set([op(4)]));
      expect(await store.operations(memberId(7), all)).toEqual(new Set());
      expect(await store.operations(ADA, [])).toEqual(new Set());
    });

    test('is found again after its words were deleted', async () => {
      await append(feed, said(1));
      await store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect(await store.operations(ADA, [op(1)])).toEqual(new Set([op(1)]));
    });

    test('is recognised without writing by repeated', async () => {
      expect(await store.write((tx) => tx.repeated(feed, said(1)))).toBeUndefined();
      const first = await append(feed, said(1));
      expect(await store.write((tx) => tx.repeated(feed, said(1)))).toEqual({ isNew: false, isSame: true, event: first.event });
      expect(await store.write((tx) => tx.repeated(feed, said(1, 'x')))).toMatchObject({ isSame: false });
      expect(await store.write((tx) => tx.repeated(feed, { ...said(1), op: null }))).toBeUndefined();
    });

    test('is one of the preconditions, beside the standing of its writer and the message that it names', async () => {
      const ask = (n: number, message = op(n)) => store.write((tx) => tx.preconditions(channelId(1), said(n), message));
      expect(await ask(1)).toEqual({ before: undefined, standing: await store.standing(channelId(1), ADA), message: undefined });
      const first = await append(feed, said(1));
      expect(await ask(1)).toMatchObject({ before: { isSame: true, event: first.event }, message: { seq: 1, by: ADA, isDeleted: false } });
      expect(await ask(2, op(1))).toMatchObject({ before: undefined, message: { seq: 1 } });
      await store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect((await ask(2, op(1))).message).toMatchObject({ isDeleted: true, text: '' });
    });
  });

  describe('a page', () => {
    beforeEach(async () => {
      await store.write(async (tx) => {
        for (let i = 1; i <= 10; i++) await tx.append(feed, said(i, 'x'.repeat(100)));
      });
    });
    const seqs = (events: readonly StoredEvent[]): number[] => events.map((event) => event.seq);

    test('is the newest events of the span that fit, in ascending order', async () => {
      const page = await store.page(feed, { from: 2, to: 8 }, { events: 3, bytes: 1_000_000 });
      expect({ ...page, events: seqs(page.events) }).toEqual({ feed, from: 6, to: 8, head: 10, events: [6, 7, 8] });
    });

    test('upwards is the oldest ones', async () => {
      const page = await store.pageUp(feed, { from: 2, to: 8 }, { events: 3, bytes: 1_000_000 });
      expect({ ...page, events: seqs(page.events) }).toEqual({ feed, from: 2, to: 4, head: 10, events: [2, 3, 4] });
    });

    test('ends where the bytes run out, but holds at least one event', async () => {
      const each = Buffer.byteLength((await store.page(feed, { from: 5, to: 5 }, PLENTY)).events[0]?.json ?? '');
      expect(seqs((await store.page(feed, { from: 1, to: 9 }, { events: 100, bytes: 3 * each })).events)).toEqual([7, 8, 9]);
      expect(seqs((await store.pageUp(feed, { from: 2, to: 9 }, { events: 100, bytes: 1 })).events)).toEqual([2]);
    });

    test.each([
      ['beyond the head', { from: 11, to: 20 }, { from: 11, to: 10 }],
      ['that is empty', { from: 5, to: 4 }, { from: 5, to: 4 }],
    ])('of a span %s has no events', async (_what, span, expected) => {
      expect(await store.page(feed, span, PLENTY)).toEqual({ feed, head: 10, events: [], ...expected });
    });

    test('of a feed without events is empty', async () => {
      expect(await store.pageUp(channelFeed(channelId(9)), ALL, PLENTY)).toMatchObject({ from: 1, to: 0, head: 0, events: [] });
    });
  });

  describe('a message', () => {
    const state = () => store.message(channelId(1), op(1));

    test('is known by channel and id', async () => {
      await append(feed, said(1, 'first'));
      expect(await state()).toEqual({ seq: 1, by: ADA, isDeleted: false, text: 'first' });
      expect(await store.message(channelId(2), op(1))).toBeUndefined();
      expect(await store.message(channelId(1), op(2))).toBeUndefined();
    });

    test('that was edited is given out with its current text and says since when', async () => {
      await append(feed, said(1, 'first'));
      await store.write((tx) => tx.reviseMessage(channelId(1), op(1), { text: 'second', seq: 2, at: 99 }));
      expect(await state()).toMatchObject({ text: 'second' });
      expect(parsed((await store.page(feed, ALL, PLENTY)).events)).toMatchObject([
        { seq: 1, kind: 'posted', text: 'second', edited: { seq: 2, at: 99 } },
      ]);
    });

    test('that was deleted leaves no word, neither of the message nor of its edits', async () => {
      await append(feed, said(1, 'canary-one'));
      await store.write(async (tx) => {
        const edited = await tx.append(feed, { by: ADA, kind: 'edited', op: op(2), body: { id: op(1), text: 'canary-two' } });
        await tx.reviseMessage(channelId(1), op(1), { text: 'canary-two', seq: edited.event.seq, at: edited.event.at });
      });
      await store.write(async (tx) => {
        await tx.append(feed, { by: ADA, kind: 'deleted', op: op(3), body: { id: op(1) } });
        await tx.redactMessage(channelId(1), op(1));
      });
      expect(await state()).toEqual({ seq: 1, by: ADA, isDeleted: true, text: '' });
      const { events } = await store.page(feed, ALL, PLENTY);
      const at = clock.now();
      expect(parsed(events)).toEqual([
        { seq: 1, at, by: ADA, kind: 'redacted', id: op(1), was: 'posted' },
        { seq: 2, at, by: ADA, kind: 'redacted', id: op(1), was: 'edited' },
        { seq: 3, at, by: ADA, kind: 'deleted', id: op(1) },
      ]);
      expect(JSON.stringify(events)).not.toContain('canary');
    });
  });

  describe('who is where', () => {
    const join = (channel: ChannelId, member: MemberId) =>
      store.write((tx) => tx.addToChannel(channel, member, { readSeq: 4, level: 'mentions' }));

    test('is what was put there', async () => {
      await join(channelId(1), BO);
      await join(channelId(1), ADA);
      expect(await store.roster(channelId(1))).toEqual([ADA, BO]);
      expect(await store.isInChannel(channelId(1), BO)).toBe(true);
      expect(await store.memberCount(channelId(1))).toBe(2);
      await store.write((tx) => tx.removeFromChannel(channelId(1), BO));
      expect(await store.roster(channelId(1))).toEqual([ADA]);
      expect(await store.isInChannel(channelId(1), BO)).toBe(false);
    });

    test('is one question with who they are and what the channel is, whatever of it there is', async () => {
      await join(channelId(1), BO);
      const [member, channel] = [await store.member(BO), await store.channel(channelId(1))];
      expect([member?.name, channel?.id]).toEqual(['bo', channelId(1)]);
      expect(await store.standing(channelId(1), BO)).toEqual({ member, channel, isIn: true });
      expect(await store.standing(channelId(1), ADA)).toEqual({ member: await store.member(ADA), channel, isIn: false });
      const [nobody, nowhere] = ['00000000-0000-4000-8000-0000000000ff' as MemberId, channelId(9_999)];
      expect(await store.standing(channelId(1), nobody)).toEqual({ member: undefined, channel, isIn: false });
      expect(await store.standing(nowhere, BO)).toEqual({ member, channel: undefined, isIn: false });
    });

    test('comes with the read mark and level of each channel', async () => {
      await join(channelId(1), ADA);
      await store.write(async (tx) => {
        await tx.putReadMark(channelId(1), ADA, 9);
        await tx.putLevel(channelId(1), ADA, 'none');
      });
      expect(await store.readMark(channelId(1), ADA)).toBe(9);
      expect(await store.memberChannels(ADA)).toEqual([{ channel: channelOf(channelId(1)), readSeq: 9, level: 'none' }]);
      expect(await store.channelCount(ADA)).toBe(1);
      expect([await store.memberChannels(BO), await store.channelCount(BO), await store.readMark(channelId(1), BO)]).toEqual([[], 0, 0]);
    });

    test('decides which heads a member hears of, the most recently active channel first', async () => {
      await store.write((tx) => tx.putChannel(channelOf(channelId(2))));
      await store.write((tx) => tx.putChannel(channelOf(channelId(3))));
      for (const n of [1, 2]) await join(channelId(n), ADA);
      await append(feed, said(1));
      clock.advance(10);
      await append(channelFeed(channelId(2)), said(2));
      await append(channelFeed(channelId(3)), said(3));
      expect([...(await store.headsOf(ADA))]).toEqual([
        [TEAM_FEED, 0],
        [memberFeed(ADA), 0],
        [channelFeed(channelId(2)), 1],
        [feed, 1],
      ]);
      clock.advance(10);
      await append(feed, said(4));
      expect([...(await store.headsOf(ADA)).keys()].slice(2)).toEqual([feed, channelFeed(channelId(2))]);
    });

    test('finds a direct channel by its members in any order, and only by exactly these', async () => {
      await store.write((tx) => tx.putChannel(channelOf(channelId(4), { kind: 'direct', name: '', members: [BO, ADA] })));
      expect(await store.directChannel([ADA, BO])).toBe(channelId(4));
      expect(await store.directChannel([BO, ADA])).toBe(channelId(4));
      expect(await store.directChannel([ADA])).toBeUndefined();
      expect(await store.directChannel([ADA, BO, memberId(3)])).toBeUndefined();
      expect((await store.channel(channelId(4)))?.members).toEqual([ADA, BO]);
    });
  });

  describe('the directory', () => {
    test('holds team, members and public channels as they were last put', async () => {
      const team = { id: store.teamId, name: 'Night shift', createdAt: 3 };
      await store.write(async (tx) => {
        await tx.putTeam({ ...team, name: 'Before' });
        await tx.putTeam(team);
        await tx.putMember({ ...memberOf(BO, 'bo'), name: 'Bo B', role: 'guest', isActive: false });
        await tx.putChannel(channelOf(channelId(1), { name: 'renamed', isArchived: true, seq: 5 }));
        await tx.putChannel(channelOf(channelId(2), { kind: 'private' }));
      });
      expect(await store.team()).toEqual(team);
      expect(await store.members()).toEqual([
        memberOf(ADA, 'ada'),
        { ...memberOf(BO, 'bo'), name: 'Bo B', role: 'guest', isActive: false },
      ]);
      expect(await store.memberByHandle('bo')).toMatchObject({ id: BO });
      expect(await store.memberByHandle('nobody')).toBeUndefined();
      expect(await store.publicChannels()).toEqual([channelOf(channelId(1), { name: 'renamed', isArchived: true, seq: 5 })]);
      expect([await store.member(memberId(9)), await store.channel(channelId(9))]).toEqual([undefined, undefined]);
    });
  });

  describe('the rows of sign-in', () => {
    const session = {
      id: 's1' as SessionId,
      member: ADA,
      device: 'desk',
      createdAt: 1,
      lastSeenAt: 2,
      endedAt: null,
      refreshHash: 'r1',
      previousHash: null,
      rotatedAt: null,
      refreshExpiresAt: 9,
    };
    const put = (work: (tx: WriteTx) => Promise<void>) => store.write(work);

    test('keep sessions by id and by current or previous refresh token, and list the living, newest first', async () => {
      await put((tx) => tx.putSession(session));
      await put((tx) => tx.putSession({ ...session, id: 's2' as SessionId, createdAt: 5, refreshHash: 'r2' }));
      const rotated = { ...session, lastSeenAt: 7, refreshHash: 'r1b', previousHash: 'r1', rotatedAt: 7 };
      await put((tx) => tx.putSession(rotated));
      expect(await store.session(session.id)).toEqual(rotated);
      expect(await store.sessionByRefresh('r1')).toEqual(rotated);
      expect(await store.sessionByRefresh('r1b')).toEqual(rotated);
      expect(await store.sessionByRefresh('other')).toBeUndefined();
      expect((await store.sessions(ADA)).map((row) => row.id)).toEqual(['s2', 's1']);
      await put((tx) => tx.putSession({ ...rotated, endedAt: 8 }));
      expect((await store.sessions(ADA)).map((row) => row.id)).toEqual(['s2']);
    });

    test('forget sessions that ended or ran out before a moment, and no others', async () => {
      const rows = [
        { ...session, id: 'ended' as SessionId, refreshHash: 'a', endedAt: 99, refreshExpiresAt: 900 },
        { ...session, id: 'ended later' as SessionId, refreshHash: 'b', endedAt: 100, refreshExpiresAt: 101 },
        { ...session, id: 'ran out' as SessionId, refreshHash: 'c', previousHash: 'c0', refreshExpiresAt: 99 },
        { ...session, id: 'stands' as SessionId, refreshHash: 'd', refreshExpiresAt: 100 },
      ];
      await put(async (tx) => {
        for (const row of rows) await tx.putSession(row);
      });
      expect(await store.write((tx) => tx.removeSessions(100))).toBe(2);
      const left = await Promise.all(rows.map(async ({ id }) => (await store.session(id))?.id));
      expect(left).toEqual([undefined, 'ended later', undefined, 'stands']);
      expect(await store.sessionByRefresh('c0')).toBeUndefined();
      expect(await store.write((tx) => tx.removeSessions(100))).toBe(0);
    });

    test('keep one credential per member', async () => {
      await put((tx) => tx.putCredential({ member: ADA, hash: 'a' }));
      await put((tx) => tx.putCredential({ member: ADA, hash: 'b' }));
      expect(await store.credential(ADA)).toEqual({ member: ADA, hash: 'b' });
      expect(await store.credential(BO)).toBeUndefined();
    });

    test('keep invites by the hash of their code until they are removed', async () => {
      const invite = { id: 'i1', codeHash: 'h', role: 'member', createdBy: null, createdAt: 1, expiresAt: 5, usesLeft: 2 } as const;
      await put((tx) => tx.putInvite(invite));
      await put((tx) => tx.putInvite({ ...invite, usesLeft: 1 }));
      expect(await store.invite('h')).toEqual({ ...invite, usesLeft: 1 });
      expect(await store.invites()).toHaveLength(1);
      await put((tx) => tx.removeInvite('i1'));
      expect(await store.invite('h')).toBeUndefined();
    });
  });

  const { openBackup } = adapter;
  describe.skipIf(openBackup !== undefined)('a backup', () => {
    test('is refused with words about what to do instead', async () => {
      const copy = join(folder, 'copy');
      await expect(store.backup(copy)).rejects.toBeInstanceOf(BackupElsewhere);
      expect(existsSync(copy)).toBe(false);
    });
  });

  describe.skipIf(openBackup === undefined)('a backup', () => {
    const reopen = (path: string): Promise<Store> => openBackup?.(path, clock) ?? Promise.reject(new Error('there are no backups'));

    test('taken while others write is a consistent prefix, and opens under a new epoch', async () => {
      const copy = join(folder, 'copy.sqlite');
      let isDone = false;
      const writing = (async () => {
        for (let i = 1; !isDone; i++) await append(feed, said(i));
      })();
      await store.backup(copy);
      isDone = true;
      await writing;
      const restored = await reopen(copy);
      const { events, head } = await restored.page(feed, ALL, { events: 1_000_000, bytes: 1e9 });
      expect(events.map((event) => event.seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
      expect(head).toBeLessThanOrEqual(await store.head(feed));
      expect(await restored.audit()).toEqual([]);
      expect(restored.epoch).not.toBe(store.epoch);
      expect(restored.teamId).toBe(store.teamId);
      const { epoch } = restored;
      await restored.close();
      const again = await reopen(copy);
      expect(again.epoch).toBe(epoch);
      await again.close();
    });

    test('that cannot be written says so and leaves nothing', async () => {
      await expect(store.backup(join(folder, 'no', 'such', 'folder.sqlite'))).rejects.toThrow();
      expect(await append(feed, said(1))).toMatchObject({ isNew: true });
    });
  });
});
