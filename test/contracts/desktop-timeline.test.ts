/** The loaded stretch of a long channel: where it opens, how it moves, and that it never grows without bound. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openData } from '../../electron/core/cache/data.ts';
import type { TimelineRow } from '../../electron/bridge/views.ts';
import type { ChannelId, Epoch, MemberId, MessageId } from '../../protocol/ids.ts';
import { keepingLog } from '../kit/desktop-kit.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';

const LONG = 5_000;
let house: House;
let ada: Desk;
let room: ChannelId;
const idOf = (seq: number): string =>
  `01980000-0000-7000-8000-${(1_000_000 + seq).toString(16).padStart(12, '0')}`;

/** A desktop that holds a long channel and has not met a relay today. */
beforeEach(async () => {
  house = await createHouse();
  ada = await house.desk(house.kit.owner);
  ada.plug.pull();
  await ada.close();
  room = house.kit.id<ChannelId>();
  await fill([
    { from: 1, to: 1_000 },
    { from: 2_001, to: LONG },
  ]);
  await ada.restart();
});
afterEach(() => house.dispose());

async function fill(
  held: readonly { readonly from: number; readonly to: number }[],
  readSeq = LONG,
): Promise<void> {
  const data = openData({ dir: ada.folder, clock: house.kit.clock, log: keepingLog() });
  const cache = data.cache();
  cache.db.transaction('fill', () => {
    cache.teams.putSync(1, { epoch: 'e'.repeat(32) as Epoch, teamSeq: 1, memberSeq: 1 });
    const facts = {
      id: room,
      kind: 'public',
      name: 'long',
      topic: '',
      isArchived: false,
      createdAt: 1,
      createdBy: house.kit.owner.id,
      seq: 1,
    } as const;
    const key = cache.channels.put(1, facts, true);
    cache.channels.putMark(1, key, { readSeq, level: 'all' });
    for (const interval of held) {
      cache.log.putInterval(1, key, interval);
      for (let seq = interval.from; seq <= interval.to; seq++) {
        const message = {
          id: idOf(seq) as MessageId,
          author: 'ben' as MemberId,
          at: seq,
          text: `line ${seq}`,
          editSeq: 0,
          editedAt: null,
          isDeleted: false,
          calls: 0,
        };
        cache.messages.put(1, key, { seq, ...message });
      }
    }
    cache.channels.putSummary(1, key, {
      head: LONG,
      readSeq: 0,
      mask: 0,
      unread: 0,
      mentions: 0,
      lastAt: LONG,
    });
  });
  data.close();
}

const rows = (): readonly TimelineRow[] => ada.now.state.timeline?.rows ?? [];
const span = (): unknown => {
  const seqs = rows().flatMap((row) =>
    row.type === 'hole' ? [row.from, row.to] : (row.seq ?? []),
  );
  return {
    first: Math.min(...seqs),
    last: Math.max(...seqs),
    hasOlder: ada.now.state.timeline?.hasOlder,
    hasNewer: ada.now.state.timeline?.hasNewer,
  };
};
const open = async (at: 'end' | 'unread' | { readonly message: string }): Promise<void> => {
  await ada.now.call('timeline.open', { team: TEAM, channel: room, at });
  await house.rest();
};
const scroll = async (way: 'older' | 'newer', times = 1): Promise<void> => {
  for (let n = 0; n < times; n++) await ada.now.session.call(`timeline.${way}`, {});
  await house.rest();
};

describe('opening, with the relay away', () => {
  test('at the end shows the newest page at once', async () => {
    await open('end');
    expect(span()).toEqual({ first: LONG - 199, last: LONG, hasOlder: true, hasNewer: false });
  });

  test('at the first unread, among thousands, shows the line with something before it', async () => {
    await ada.close();
    await fill([], 3_000);
    await ada.restart();
    await open('unread');
    expect(span()).toMatchObject({ hasOlder: true, hasNewer: true });
    expect(ada.now.state.timeline?.unreadAfter).toBe(3_000);
    expect(rows().findIndex((row) => row.order === 3_001)).toBeGreaterThan(20);
    expect(rows().length).toBeLessThan(400);
  });

  test('with little unread shows the line and the live end together', async () => {
    await ada.close();
    await fill([], LONG - 20);
    await ada.restart();
    await open('unread');
    expect(span()).toMatchObject({ last: LONG, hasNewer: false });
    expect(ada.now.state.timeline?.unreadAfter).toBe(LONG - 20);
  });

  test('the line stays where it was while the channel is open, also when all is read', async () => {
    await ada.close();
    await fill([], LONG - 20);
    await ada.restart();
    await open('unread');
    await ada.now.call('read.all', { team: TEAM });
    await house.rest();
    expect([ada.now.state.timeline?.unreadAfter, ada.now.channel('long').unread]).toEqual([
      LONG - 20,
      0,
    ]);
  });

  test('around a message far back brings it into view, with both directions open', async () => {
    await open({ message: idOf(2_500) });
    expect(ada.now.state.timeline?.target).toBe(idOf(2_500));
    expect(span()).toMatchObject({ hasOlder: true, hasNewer: true });
    const at = rows().findIndex((row) => row.key === idOf(2_500));
    expect(at).toBeGreaterThan(20);
    expect(at).toBeLessThan(rows().length - 20);
  });

  test('around a message that is not here says so and leaves the timeline as it is', async () => {
    await open('end');
    const before = ada.now.state.timeline;
    expect(
      await ada.now.refused('timeline.open', {
        team: TEAM,
        channel: room,
        at: { message: 'gone' },
      }),
    ).toEqual({ kind: 'not-found' });
    await house.rest();
    expect(ada.now.state.timeline).toEqual(before);
  });
});

describe('moving', () => {
  test('up comes to the hole, shows it where the relay cannot help, and what lies beyond it, down to the first', async () => {
    await open({ message: idOf(2_100) });
    await scroll('older', 2);
    expect(rows().filter((row) => row.type === 'hole')).toMatchObject([{ from: 1_001, to: 2_000 }]);
    expect(rows().findIndex((row) => row.type === 'hole')).toBe(
      rows().findIndex((row) => row.order === 2_001) - 1,
    );
    await scroll('older', 10);
    expect(span()).toMatchObject({ first: 1, hasOlder: false });
  });

  test('through everything and back never holds more than a bounded number of rows, and comes to the live end again', async () => {
    await open('end');
    let most = 0;
    for (let n = 0; n < 40; n++) {
      await scroll('older');
      most = Math.max(most, rows().length);
    }
    expect(span()).toMatchObject({ first: 1, hasOlder: false, hasNewer: true });
    for (let n = 0; n < 40 && ada.now.state.timeline?.hasNewer === true; n++) {
      await scroll('newer');
      most = Math.max(most, rows().length);
    }
    expect(span()).toMatchObject({ last: LONG, hasOlder: true, hasNewer: false });
    expect(most).toBeLessThanOrEqual(2_200);
  });

  test('keeps every row that stays, with the same key and order', async () => {
    await open('end');
    const before = new Map(rows().map((row) => [row.key, row]));
    await scroll('older', 3);
    const stayed = rows().filter((row) => before.has(row.key));
    expect(stayed.length).toBeGreaterThan(50);
    expect(stayed).toEqual(stayed.map((row) => before.get(row.key)));
    expect(rows().length).toBeGreaterThan(600);
    const orders = rows().map((row) => row.order);
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
  });

  test('away from the live end what is sent does not appear at the tail, and is there when one comes back', async () => {
    await open({ message: idOf(2_500) });
    const { id } = await ada.now.call('message.send', { team: TEAM, channel: room, text: 'mine' });
    await house.rest();
    expect(rows().some((row) => row.key === id)).toBe(false);
    await open('end');
    expect(rows().at(-1)?.key).toBe(id);
  });
});

describe('holes', () => {
  test('ask the relay when they come into view, and say so when it is away', async () => {
    await open({ message: idOf(2_050) });
    await scroll('older', 1);
    expect(await ada.now.refused('timeline.fill', { from: 1_001, to: 2_000 })).toEqual({
      kind: 'offline',
    });
    await ada.now.call('timeline.fill', { from: 3_000, to: 3_010 });
  });
});
