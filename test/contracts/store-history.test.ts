/** The contract of the store port, over every adapter there is: by what a history is known again, and how another one begins. */
import { describe, expect, test } from 'vitest';
import { channelFeed, TEAM_FEED, type Epoch, type FeedId } from '../../protocol/ids.ts';
import type { EventDraft, Interruption, Mark } from '../../server/ports/store.ts';
import { ADA, ADAPTERS, ALL, channelId, op, PLENTY, said, useStore } from '../kit/store-house.ts';

const NEXT = '0123456789abcdef'.repeat(2) as Epoch;
const OTHER = 'fedcba9876543210'.repeat(2) as Epoch;
/** An event that accompanies another one. */
const BARE: EventDraft = { by: ADA, kind: 'bare', op: null, body: {} };

describe.each(ADAPTERS)('a store ($name)', (adapter) => {
  const house = useStore(adapter);
  const [feed, other] = [channelFeed(channelId(1)), channelFeed(channelId(2))];
  const markAt = async (of: FeedId, seq: number): Promise<Mark | undefined> =>
    (await house.store.marks(new Map([[of, seq]]))).get(of);

  describe('a mark', () => {
    test('is the time of the event and its operation, of many feeds at once', async () => {
      await house.append(feed, said(1));
      house.clock.advance(5);
      await house.append(feed, BARE);
      await house.append(other, said(2));
      const at = house.clock.now();
      const places = new Map([
        [feed, 2],
        [other, 1],
      ]);
      expect(await house.store.marks(places)).toEqual(
        new Map([
          [feed, { at, op: null }],
          [other, { at, op: op(2) }],
        ]),
      );
      expect(await markAt(feed, 1)).toEqual({ at: at - 5, op: op(1) });
    });

    test('is there only where an event is', async () => {
      await house.append(feed, said(1));
      const places = new Map([
        [feed, 2],
        [other, 1],
        [TEAM_FEED, 0],
      ]);
      expect(await house.store.marks(places)).toEqual(new Map());
      expect(await house.store.marks(new Map())).toEqual(new Map());
    });

    test('stays what it was through an edit, a deletion and a new start', async () => {
      await house.append(feed, said(1));
      await house.append(feed, said(2));
      const before = [await markAt(feed, 1), await markAt(feed, 2)];
      house.clock.advance(1_000);
      await house.store.write(async (tx) => {
        const revision = { text: 'other', seq: 3, at: house.clock.now() };
        await tx.reviseMessage(channelId(1), op(1), revision);
        await tx.redactMessage(channelId(1), op(2));
      });
      expect([await markAt(feed, 1), await markAt(feed, 2)]).toEqual(before);
      await house.store.close();
      await house.reopen();
      expect([await markAt(feed, 1), await markAt(feed, 2)]).toEqual(before);
    });

    test('of what a transaction has just appended is seen inside it', async () => {
      const mark = await house.store.write(async (tx) => {
        await tx.append(feed, said(1));
        return (await tx.marks(new Map([[feed, 1]]))).get(feed);
      });
      expect(mark).toEqual({ at: house.clock.now(), op: op(1) });
    });

    test('comes with each page for its last event, and with no empty one', async () => {
      for (const draft of [said(1), BARE, said(3)]) await house.append(feed, draft);
      const page = (to: number) => house.store.page(feed, { from: 1, to }, PLENTY);
      const at = house.clock.now();
      expect((await page(3)).mark).toEqual({ at, op: op(3) });
      expect((await page(2)).mark).toEqual({ at, op: null });
      expect((await house.store.pageUp(feed, { from: 4, to: 9 }, PLENTY)).mark).toBeUndefined();
      expect((await house.store.page(other, ALL, PLENTY)).mark).toBeUndefined();
    });

    test('is told with what was committed', async () => {
      const told: (string | null | undefined)[] = [];
      house.store.onCommitted((events) => told.push(...events.map((event) => event.op)));
      await house.append(feed, said(1));
      await house.append(feed, BARE);
      expect(told).toEqual([op(1), null]);
    });
  });

  describe('a new epoch', () => {
    const replace = (known: Epoch, next: Epoch): Promise<boolean> =>
      house.store.write((tx) => tx.replaceEpoch(known, next));

    test('holds when its transaction is committed, is told to the listeners, and stays over a new start', async () => {
      const seen: (readonly [Interruption, Epoch])[] = [];
      house.store.onInterrupted((what) => seen.push([what, house.store.epoch]));
      expect(await replace(house.store.epoch, NEXT)).toBe(true);
      expect(house.store.epoch).toBe(NEXT);
      expect(seen).toEqual([['new-epoch', NEXT]]);
      await house.append(feed, said(1));
      expect(seen).toHaveLength(1);
      await house.store.close();
      await house.reopen();
      expect(house.store.epoch).toBe(NEXT);
    });

    test('begins once, whoever else noticed the same', async () => {
      const known = house.store.epoch;
      const began = await Promise.all([replace(known, NEXT), replace(known, OTHER)]);
      expect(began).toEqual([true, false]);
      expect(house.store.epoch).toBe(NEXT);
    });

    test('does not begin where its work fails', async () => {
      const known = house.store.epoch;
      const failing = house.store.write(async (tx) => {
        await tx.replaceEpoch(known, NEXT);
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      await house.append(feed, said(1));
      expect(house.store.epoch).toBe(known);
    });

    test('is not told any more to who has stopped listening', async () => {
      let calls = 0;
      house.store.onInterrupted(() => calls++)();
      await replace(house.store.epoch, NEXT);
      expect(calls).toBe(0);
    });
  });
});
