/** The contract of the store port, over every adapter there is: feeds, their events and messages, and the works that write them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { TEAM_FEED, channelFeed, memberFeed } from '../../protocol/ids.ts';
import { StoreUnavailable, type EventDraft, type StoredEvent } from '../../server/ports/store.ts';
import {
  ADA,
  ADAPTERS,
  ALL,
  BO,
  channelId,
  channelOf,
  memberId,
  memberOf,
  op,
  PLENTY,
  said,
  useStore,
} from '../kit/store-house.ts';

const parsed = (events: readonly StoredEvent[]): unknown[] =>
  events.map((event) => JSON.parse(event.json) as unknown);

describe.each(ADAPTERS)('a store ($name)', (adapter) => {
  const house = useStore(adapter);
  const feed = channelFeed(channelId(1));

  describe('order', () => {
    test('is 1, 2, 3 in each feed, whatever happens in the others', async () => {
      const other = channelFeed(channelId(2));
      const seqs = await Promise.all(
        [feed, other, feed, feed, other].map(
          async (to, i) => (await house.append(to, said(i))).event.seq,
        ),
      );
      expect(seqs).toEqual([1, 1, 2, 3, 2]);
      expect([
        await house.store.head(feed),
        await house.store.head(other),
        await house.store.head(TEAM_FEED),
      ]).toEqual([3, 2, 0]);
    });

    test('shows in the heads of many feeds, asked for at once', async () => {
      const other = channelFeed(channelId(2));
      for (const [i, to] of [feed, other, feed].entries()) await house.append(to, said(i));
      expect(await house.store.heads([TEAM_FEED, feed, other])).toEqual(
        new Map([
          [TEAM_FEED, 0],
          [feed, 2],
          [other, 1],
        ]),
      );
      expect(await house.store.heads([])).toEqual(new Map());
      await house.store.write(async (tx) => {
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
      await Promise.all(Array.from({ length: 50 }, (_, i) => house.append(feed, said(i))));
      const { events } = await house.store.page(feed, ALL, PLENTY);
      expect(events.map((event) => (JSON.parse(event.json) as { id: string }).id)).toEqual(
        Array.from({ length: 50 }, (_, i) => op(i)),
      );
    });

    test('has no hole where a work failed', async () => {
      const failing = house.store.write(async (tx) => {
        await tx.append(feed, said(2));
        throw new Error('on purpose');
      });
      const results = await Promise.allSettled([
        house.append(feed, said(1)),
        failing,
        house.append(feed, said(3)),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect((await house.store.page(feed, ALL, PLENTY)).events.map((event) => event.seq)).toEqual([
        1, 2,
      ]);
    });

    test('of time within a feed never goes back, whatever the clock does', async () => {
      const first = await house.append(feed, said(1));
      house.clock.setWall(1_000);
      const second = await house.append(feed, said(2));
      expect(second.event.at).toBe(first.event.at);
    });

    test('goes on after the store was closed and opened again', async () => {
      await house.append(feed, said(1));
      const { epoch, teamId } = house.store;
      await house.store.close();
      await house.reopen();
      expect((await house.append(feed, said(2))).event.seq).toBe(2);
      expect([house.store.epoch, house.store.teamId]).toEqual([epoch, teamId]);
    });
  });

  describe('an event', () => {
    test('is given out as it travels: seq, at, by, kind, then its body', async () => {
      const { event } = await house.append(feed, said(1, 'say "hi" 你好 \u2028'));
      const at = house.clock.now();
      expect(event).toEqual({
        feed,
        seq: 1,
        at,
        json: JSON.stringify({
          seq: 1,
          at,
          by: ADA,
          kind: 'posted',
          id: op(1),
          text: 'say "hi" 你好 \u2028',
        }),
      });
      expect((await house.store.page(feed, ALL, PLENTY)).events).toEqual([event]);
    });

    test('without a body is still an object', async () => {
      const { event } = await house.append(feed, { by: ADA, kind: 'bare', op: null, body: {} });
      expect(JSON.parse(event.json)).toEqual({
        seq: 1,
        at: house.clock.now(),
        by: ADA,
        kind: 'bare',
      });
    });
  });

  describe('a work', () => {
    test('that throws before it wrote fails alone', async () => {
      const results = await Promise.allSettled([
        house.append(feed, said(1)),
        house.store.write(() => Promise.reject(new Error('on purpose'))),
        house.append(feed, said(2)),
      ]);
      expect(results.map((result) => result.status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
    });

    test('that throws after it wrote leaves nothing behind, in no table', async () => {
      const failing = house.store.write(async (tx) => {
        await tx.putMember({ ...memberOf(ADA, 'ada'), name: 'Changed' });
        await tx.putChannel(channelOf(channelId(1), { topic: 'changed' }));
        await tx.addToChannel(channelId(1), ADA, { readSeq: 0, level: 'all' });
        await tx.append(feed, said(9));
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      const seen = await house.store.write(async (tx) => [
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
        house.store.write(async (tx) => {
          seen.push(await tx.head(feed));
          await tx.append(feed, said(n));
          seen.push(await tx.head(feed));
        });
      await Promise.all([look(1), look(2)]);
      expect(seen).toEqual([0, 1, 1, 2]);
    });

    test('sees in every question what it wrote itself', async () => {
      await house.store.write(async (tx) => {
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
      expect(await house.store.blobsPlace()).toBeUndefined();
      const name = (id: string) =>
        house.store.write(async (tx) => {
          const known = await tx.blobsPlace();
          if (known === undefined) await tx.putBlobsPlace(id);
          return known ?? id;
        });
      expect(await Promise.all([name('one'), name('two'), name('three')])).toEqual([
        'one',
        'one',
        'one',
      ]);
      expect(await house.store.blobsPlace()).toBe('one');
    });

    test('is not seen by readers before it is committed', async () => {
      const seen: unknown[] = [];
      await house.store.write(async (tx) => {
        await tx.append(feed, said(1));
        seen.push(
          await house.store.head(feed),
          (await house.store.page(feed, ALL, PLENTY)).events.length,
        );
      });
      seen.push(
        await house.store.head(feed),
        (await house.store.page(feed, ALL, PLENTY)).events.length,
      );
      expect(seen).toEqual([0, 0, 1, 1]);
    });

    test('is told to the listeners after it is readable and before its promise resolves, failed ones never', async () => {
      const log: string[] = [];
      const stop = house.store.onCommitted((events) =>
        log.push(`committed ${events.map((event) => event.seq).join()}`),
      );
      const failing = house.store
        .write(async (tx) => {
          await tx.append(feed, said(5));
          throw new Error('on purpose');
        })
        .catch(() => log.push('failed'));
      await Promise.all([house.append(feed, said(1)).then(() => log.push('resolved')), failing]);
      stop();
      await house.append(feed, said(2));
      expect(log.filter((line) => line !== 'failed')).toEqual(['committed 1', 'resolved']);
    });

    test('of one turn of the event loop shares its commit with the others', async () => {
      const commits: number[] = [];
      house.store.onCommitted((events) => commits.push(events.length));
      await Promise.all(Array.from({ length: 100 }, (_, i) => house.append(feed, said(i))));
      expect(commits).toEqual([100]);
    });

    test('is refused as unavailable once the store is closing, and what was handed over before is kept', async () => {
      const before = house.append(feed, said(1));
      const closing = house.store.close();
      await expect(house.append(feed, said(2))).rejects.toBeInstanceOf(StoreUnavailable);
      await Promise.all([before, closing]);
      await house.reopen();
      expect(await house.store.head(feed)).toBe(1);
    });
  });

  describe('an operation that comes again', () => {
    test('is one event, and the answer is the first', async () => {
      const first = await house.append(feed, said(1));
      const again = await house.append(feed, said(1));
      expect(first.isNew).toBe(true);
      expect(again).toEqual({ isNew: false, isSame: true, event: first.event });
      expect(await house.store.head(feed)).toBe(1);
    });

    test('within one commit is one event too', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => house.append(feed, said(1))));
      expect(all.filter((one) => one.isNew)).toHaveLength(1);
      expect(new Set(all.map((one) => one.event.seq))).toEqual(new Set([1]));
    });

    test.each([
      [
        'other content',
        channelFeed(channelId(1)),
        { ...said(1), body: { id: op(1), text: 'other' } },
      ],
      ['another kind', channelFeed(channelId(1)), { ...said(1), kind: 'edited' }],
      ['another feed', channelFeed(channelId(2)), said(1)],
    ])('with %s is not the same', async (_what, to, draft) => {
      await house.append(feed, said(1));
      expect(await house.append(to, draft)).toMatchObject({
        isNew: false,
        isSame: false,
        event: { feed, seq: 1 },
      });
      expect(await house.store.head(feed)).toBe(1);
    });

    test('from another sender is another operation', async () => {
      await house.append(feed, said(1));
      expect(await house.append(channelFeed(channelId(2)), said(1, 'mine', BO))).toMatchObject({
        isNew: true,
      });
    });

    test('is compared by what was asked where that is given', async () => {
      const draft: EventDraft = {
        by: ADA,
        kind: 'created',
        op: op(1),
        body: { at: 1 },
        asked: 'x',
      };
      await house.append(feed, draft);
      expect(await house.append(feed, { ...draft, body: { at: 2 } })).toMatchObject({
        isNew: false,
        isSame: true,
      });
      expect(await house.append(feed, { ...draft, asked: 'y' })).toMatchObject({
        isNew: false,
        isSame: false,
      });
    });

    test('is compared with its first text after an edit, and with none after a deletion', async () => {
      await house.append(feed, said(1, 'first'));
      await house.store.write((tx) =>
        tx.reviseMessage(channelId(1), op(1), { text: 'second', seq: 2, at: 9 }),
      );
      expect(await house.append(feed, said(1, 'first'))).toMatchObject({ isSame: true });
      expect(await house.append(feed, said(1, 'second'))).toMatchObject({ isSame: false });
      await house.store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect(await house.append(feed, said(1, 'whatever'))).toMatchObject({
        isNew: false,
        isSame: true,
      });
    });

    test('is found again under the name of who made it, in whatever feed, and under nobody else’s', async () => {
      await house.append(feed, said(1));
      await house.append(channelFeed(channelId(2)), said(2));
      await house.append(memberFeed(ADA), { by: ADA, kind: 'level', op: op(3), body: {} });
      await house.append(feed, said(4, 'his', BO));
      const all = [1, 2, 3, 4, 5].map(op);
      expect(await house.store.operations(ADA, all)).toEqual(new Set([op(1), op(2), op(3)]));
      expect(await house.store.operations(BO, all)).toEqual(new Set([op(4)]));
      expect(await house.store.operations(memberId(7), all)).toEqual(new Set());
      expect(await house.store.operations(ADA, [])).toEqual(new Set());
    });

    test('is found again after its words were deleted', async () => {
      await house.append(feed, said(1));
      await house.store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect(await house.store.operations(ADA, [op(1)])).toEqual(new Set([op(1)]));
    });

    test('is recognised without writing by repeated', async () => {
      expect(await house.store.write((tx) => tx.repeated(feed, said(1)))).toBeUndefined();
      const first = await house.append(feed, said(1));
      expect(await house.store.write((tx) => tx.repeated(feed, said(1)))).toEqual({
        isNew: false,
        isSame: true,
        event: first.event,
      });
      expect(await house.store.write((tx) => tx.repeated(feed, said(1, 'x')))).toMatchObject({
        isSame: false,
      });
      expect(
        await house.store.write((tx) => tx.repeated(feed, { ...said(1), op: null })),
      ).toBeUndefined();
    });

    test('is one of the preconditions, beside the standing of its writer and the message that it names', async () => {
      const ask = (n: number, message = op(n)) =>
        house.store.write((tx) => tx.preconditions(channelId(1), said(n), message));
      expect(await ask(1)).toEqual({
        before: undefined,
        standing: await house.store.standing(channelId(1), ADA),
        message: undefined,
      });
      const first = await house.append(feed, said(1));
      expect(await ask(1)).toMatchObject({
        before: { isSame: true, event: first.event },
        message: { seq: 1, by: ADA, isDeleted: false },
      });
      expect(await ask(2, op(1))).toMatchObject({ before: undefined, message: { seq: 1 } });
      await house.store.write((tx) => tx.redactMessage(channelId(1), op(1)));
      expect((await ask(2, op(1))).message).toMatchObject({ isDeleted: true, text: '' });
    });
  });

  describe('a page', () => {
    beforeEach(async () => {
      await house.store.write(async (tx) => {
        for (let i = 1; i <= 10; i++) await tx.append(feed, said(i, 'x'.repeat(100)));
      });
    });
    const seqs = (events: readonly StoredEvent[]): number[] => events.map((event) => event.seq);

    test('is the newest events of the span that fit, in ascending order', async () => {
      const page = await house.store.page(
        feed,
        { from: 2, to: 8 },
        { events: 3, bytes: 1_000_000 },
      );
      expect({ ...page, events: seqs(page.events) }).toEqual({
        feed,
        from: 6,
        to: 8,
        head: 10,
        events: [6, 7, 8],
        mark: { at: house.clock.now(), op: op(8) },
      });
    });

    test('upwards is the oldest ones', async () => {
      const page = await house.store.pageUp(
        feed,
        { from: 2, to: 8 },
        { events: 3, bytes: 1_000_000 },
      );
      expect({ ...page, events: seqs(page.events) }).toEqual({
        feed,
        from: 2,
        to: 4,
        head: 10,
        events: [2, 3, 4],
        mark: { at: house.clock.now(), op: op(4) },
      });
    });

    test('ends where the bytes run out, but holds at least one event', async () => {
      const each = Buffer.byteLength(
        (await house.store.page(feed, { from: 5, to: 5 }, PLENTY)).events[0]?.json ?? '',
      );
      expect(
        seqs(
          (await house.store.page(feed, { from: 1, to: 9 }, { events: 100, bytes: 3 * each }))
            .events,
        ),
      ).toEqual([7, 8, 9]);
      expect(
        seqs(
          (await house.store.pageUp(feed, { from: 2, to: 9 }, { events: 100, bytes: 1 })).events,
        ),
      ).toEqual([2]);
    });

    test.each([
      ['beyond the head', { from: 11, to: 20 }, { from: 11, to: 10 }],
      ['that is empty', { from: 5, to: 4 }, { from: 5, to: 4 }],
    ])('of a span %s has no events', async (_what, span, expected) => {
      expect(await house.store.page(feed, span, PLENTY)).toEqual({
        feed,
        head: 10,
        events: [],
        ...expected,
      });
    });

    test('of a feed without events is empty', async () => {
      expect(await house.store.pageUp(channelFeed(channelId(9)), ALL, PLENTY)).toMatchObject({
        from: 1,
        to: 0,
        head: 0,
        events: [],
      });
    });
  });

  describe('a message', () => {
    const state = () => house.store.message(channelId(1), op(1));

    test('is known by channel and id', async () => {
      await house.append(feed, said(1, 'first'));
      expect(await state()).toEqual({ seq: 1, by: ADA, isDeleted: false, text: 'first' });
      expect(await house.store.message(channelId(2), op(1))).toBeUndefined();
      expect(await house.store.message(channelId(1), op(2))).toBeUndefined();
    });

    test('that was edited is given out with its current text and says since when', async () => {
      await house.append(feed, said(1, 'first'));
      await house.store.write((tx) =>
        tx.reviseMessage(channelId(1), op(1), { text: 'second', seq: 2, at: 99 }),
      );
      expect(await state()).toMatchObject({ text: 'second' });
      expect(parsed((await house.store.page(feed, ALL, PLENTY)).events)).toMatchObject([
        { seq: 1, kind: 'posted', text: 'second', edited: { seq: 2, at: 99 } },
      ]);
    });

    test('that was deleted leaves no word, neither of the message nor of its edits', async () => {
      await house.append(feed, said(1, 'canary-one'));
      await house.store.write(async (tx) => {
        const edited = await tx.append(feed, {
          by: ADA,
          kind: 'edited',
          op: op(2),
          body: { id: op(1), text: 'canary-two' },
        });
        await tx.reviseMessage(channelId(1), op(1), {
          text: 'canary-two',
          seq: edited.event.seq,
          at: edited.event.at,
        });
      });
      await house.store.write(async (tx) => {
        await tx.append(feed, { by: ADA, kind: 'deleted', op: op(3), body: { id: op(1) } });
        await tx.redactMessage(channelId(1), op(1));
      });
      expect(await state()).toEqual({ seq: 1, by: ADA, isDeleted: true, text: '' });
      const { events } = await house.store.page(feed, ALL, PLENTY);
      const at = house.clock.now();
      expect(parsed(events)).toEqual([
        { seq: 1, at, by: ADA, kind: 'redacted', id: op(1), was: 'posted' },
        { seq: 2, at, by: ADA, kind: 'redacted', id: op(1), was: 'edited' },
        { seq: 3, at, by: ADA, kind: 'deleted', id: op(1) },
      ]);
      expect(JSON.stringify(events)).not.toContain('canary');
    });
  });
});
