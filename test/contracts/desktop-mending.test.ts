/** What the desktop does when something under it breaks: a page of the cache, the cache as a whole, a push on the way, the relay's store. */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelId, MessageId, OperationId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, PING_SPREAD } from '../../protocol/limits.ts';
import { SqliteFailure } from '../../electron/core/cache/sqlite.ts';
import { createChance } from '../kit/chance.ts';
import { noise, overwritePage, pagesOf, runSql } from '../kit/damage.ts';
import { createHouse, TEAM, type Desk, type House } from '../kit/house.ts';
import type { TestClient } from '../kit/relay-kit.ts';

let house: House;
let ada: Desk;
let ben: TestClient;
let general: ChannelId;
beforeEach(async () => {
  house = await createHouse({
    limits: {
      pageEvents: 50,
      farBehindEvents: 100,
      sendsPerSecond: 1_000,
      sendsBurst: 1_000,
      framesPerSecond: 1_000,
      framesBurst: 1_000,
    },
  });
  general = house.kit.general;
  ben = await house.kit.live(await house.kit.person('ben'));
  ada = await house.desk(house.kit.owner);
});
afterEach(() => house.dispose());

const post = async (count: number, text = 'line'): Promise<MessageId[]> => {
  const ids = Array.from({ length: count }, () => house.kit.id<MessageId>());
  ids.forEach((op, n) => ben.say({ t: 'post', op, channel: general, text: `${text} ${n}` }));
  await house.rest();
  return ids;
};
const open = (at: 'end' | 'unread' = 'end'): Promise<unknown> =>
  ada.now.call('timeline.open', { team: TEAM, channel: general, at });
const texts = (): string[] => ada.now.messages.map((row) => row.text);
const events = (): string[] => ada.now.lines.map((line) => line.event);
const live = (): unknown => ada.now.team.team.wire;

function inFile<T>(name: string, look: (db: Database.Database) => T): T {
  const db = new Database(join(ada.folder, name));
  try {
    return look(db);
  } finally {
    db.close();
  }
}

describe('a damaged cache', () => {
  const damage = (): void => {
    // Everything after the first pages: the schema can be read, the messages cannot.
    const path = join(ada.folder, 'cache.db');
    const db = new Database(path, { readonly: true });
    const pages = db
      .prepare<[], { pageno: number }>(`SELECT pageno FROM dbstat WHERE name = 'message'`)
      .all();
    db.close();
    const file = openSync(path, 'r+');
    for (const { pageno } of pages)
      writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, (pageno - 1) * 4_096);
    closeSync(file);
  };

  test('met by a command is put aside and filled again, while the window keeps its place and nothing written is lost', async () => {
    await post(120);
    await ada.now.call('draft.set', { team: TEAM, channel: general, text: 'half' });
    await ada.now.close();
    damage();
    await ada.restart();
    ada.plug.pull();
    await house.rest();
    await ada.now.session.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    await house.rest();
    expect(events()).toContain('data.put-aside');
    expect(ada.now.state.notices.map((notice) => notice.kind)).toEqual(['cache-rebuilt']);
    expect(readdirSync(ada.folder).filter((name) => name.includes('damaged'))).not.toEqual([]);
    // No channel is known now, and there is no relay to ask.
    expect(await ada.now.call('draft.get', { team: TEAM, channel: general })).toMatchObject({
      text: 'half',
      original: null,
    });
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'written meanwhile' });

    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(2_000);
    await open();
    await house.rest();
    expect(texts().slice(-2)).toEqual(['line 119', 'written meanwhile']);
    const { id } = await ada.now.call('message.send', {
      team: TEAM,
      channel: general,
      text: 'on it goes',
    });
    await house.rest();
    expect(ada.now.messages.find((row) => row.id === id)?.delivery).toEqual({ state: 'sent' });
  });

  test('that is deleted while the app is closed comes back whole, with the outbox as it was', async () => {
    await post(30);
    ada.plug.pull();
    await house.rest();
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'waiting' });
    const before = ada.now.channel('general');
    await ada.now.close();
    for (const name of readdirSync(ada.folder))
      if (name.startsWith('cache.db')) rmSync(join(ada.folder, name));
    ada.plug.put();
    await ada.restart();
    await house.rest(1_000);
    expect(ada.now.channel('general')).toEqual({
      ...before,
      head: before.head + 1,
      lastAt: ada.now.channel('general').lastAt,
    });
    expect(ada.now.team.team.outbox).toEqual({ waiting: 0, failed: 0 });
    await open();
    await house.rest();
    expect(texts().at(-1)).toBe('waiting');
  });
});

describe('damage found at the start', () => {
  const cache = (): string => join(ada.folder, 'cache.db');
  const ledger = (): string => join(ada.folder, 'ledger.db');
  const kinds = (): readonly string[] => ada.now.state.notices.map((notice) => notice.kind);
  const spoilPages = (path: string, tree: string): void => {
    for (const { number } of pagesOf(path).filter((page) => page.tree === tree))
      overwritePage(path, number, noise(createChance(`${tree}/${number}`)));
  };
  const place = (path: string): void => {
    rmSync(path);
    mkdirSync(path);
  };

  beforeEach(async () => {
    await post(30);
    await open();
    await house.rest();
    ada.plug.pull();
    await house.rest();
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'waiting' });
    await ada.now.call('draft.set', { team: TEAM, channel: general, text: 'half' });
    await house.rest(1_000);
  });

  /** What the person had and has again, once the relay can be reached. */
  const expectWhole = async (): Promise<void> => {
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(2_000);
    await open();
    await house.rest(1_000);
    expect(live()).toMatchObject({ state: 'live', isCatchingUp: false });
    expect(texts().slice(-2)).toEqual(['line 29', 'waiting']);
    expect(ada.now.team.team.outbox).toEqual({ waiting: 0, failed: 0 });
    expect(await ada.now.call('draft.get', { team: TEAM, channel: general })).toEqual({
      text: 'half',
      original: null,
    });
  };

  test.each<readonly [string, () => void]>([
    ...['channel', 'member', 'sync', 'mark', 'summary', 'interval', 'team_copy'].map(
      (tree) => [`in the pages of ${tree}`, () => spoilPages(cache(), tree)] as const,
    ),
    ['by a dropped table', () => runSql(cache(), 'DROP TABLE member')],
    ['by a dropped column', () => runSql(cache(), 'ALTER TABLE channel DROP COLUMN topic')],
    ['by a trigger', () => runSql(cache(), 'CREATE TRIGGER t DELETE ON mark BEGIN SELECT 1; END')],
    ['in a list of members', () => runSql(cache(), `UPDATE channel SET members = '["x'`)],
    ['in the kind of a channel', () => runSql(cache(), `UPDATE channel SET kind = 'publig'`)],
    ['by a folder in its place', () => place(cache())],
  ])('of the cache, %s: it is said, and all is fetched again', async (_, damage) => {
    await ada.now.close();
    damage();
    await ada.restart();
    expect(kinds()).toEqual(['cache-rebuilt']);
    await expectWhole();
  });

  test.each<readonly [string, () => void, readonly string[]]>([
    ['by a dropped table', () => runSql(ledger(), 'DROP TABLE setting'), ['ledger-mended']],
    [
      'in its first page',
      () => overwritePage(ledger(), 1, noise(createChance('first'))),
      ['ledger-mended'],
    ],
    [
      'in one row',
      () =>
        runSql(
          ledger(),
          `INSERT INTO draft VALUES (1, 'c', '', x'00', NULL, 1); UPDATE setting SET json = '{'`,
        ),
      ['rows-set-aside'],
    ],
  ])('of the ledger, %s: it is said, and nothing else is lost', async (_, damage, notices) => {
    await ada.now.close();
    damage();
    await ada.restart();
    expect(kinds()).toEqual(notices);
    // The cache is another file, and stays as it is.
    expect(ada.now.channel('general').head).toBeGreaterThanOrEqual(30);
    await expectWhole();
  });

  test('settings that make no sense are said to be back to their defaults', async () => {
    await ada.now.close();
    runSql(ledger(), `INSERT OR REPLACE INTO setting VALUES ('settings', '{"theme":"plaid"}')`);
    await ada.restart();
    expect(kinds()).toEqual(['settings-reset']);
  });

  test('a ledger of which nothing is left: the team is there, signed out, and it is said', async () => {
    await ada.now.close();
    place(ledger());
    await ada.restart();
    expect(kinds()).toEqual(['ledger-lost']);
    expect(ada.now.state.teamOrder).toEqual([TEAM]);
    expect(live()).toEqual({ state: 'stopped', why: 'signed-out' });
    expect(ada.now.channel('general').head).toBeGreaterThanOrEqual(30);
  });
});

describe('damage while the desktop runs', () => {
  const kinds = (): readonly string[] => ada.now.state.notices.map((notice) => notice.kind);
  /** A command meets a database that fails. */
  const fail = async (fault: 'damaged' | 'full' | 'unusable', path: string): Promise<void> => {
    const { host } = ada.now;
    const { setTheme } = host;
    const setThemeOnce = (): void => {
      Object.assign(host, { setTheme });
      throw new SqliteFailure(fault, path, undefined);
    };
    Object.assign(host, { setTheme: setThemeOnce });
    await ada.now.session.call('settings.set', { settings: ada.now.state.settings });
    await house.rest(100);
  };
  const cache = (): string => join(ada.folder, 'cache.db');
  const ledger = (): string => join(ada.folder, 'ledger.db');

  test('of the ledger is mended, and what was only in memory is written down again', async () => {
    ada.plug.pull();
    await house.rest();
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'waiting' });
    await ada.now.call('draft.set', { team: TEAM, channel: general, text: 'half' });
    await fail('damaged', ledger());
    expect(kinds()).toEqual(['ledger-mended']);
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(2_000);
    await open();
    await house.rest();
    expect(texts()).toEqual(['waiting']);
    expect(await ada.now.call('draft.get', { team: TEAM, channel: general })).toEqual({
      text: 'half',
      original: null,
    });
  });

  test('of the cache, again and again, ends in memory and not in a loop', async () => {
    await post(3);
    await fail('damaged', cache());
    await fail('damaged', cache());
    expect(kinds()).toEqual(['cache-rebuilt', 'cache-in-memory']);
    for (let n = 0; n < 3; n++) await fail('damaged', ':memory:');
    expect(events().filter((event) => event === 'data.put-aside')).toHaveLength(1);
    await house.rest(70_000);
    await open();
    await house.rest();
    expect(texts()).toEqual(['line 0', 'line 1', 'line 2']);
  });

  test('a full disk and a folder that cannot be used are named as what they are', async () => {
    await fail('full', ledger());
    await fail('unusable', cache());
    expect(kinds()).toEqual(['disk-full', 'folder-unusable']);
    expect(readdirSync(ada.folder).filter((name) => name.includes('damaged'))).toEqual([]);
  });
});

describe('a push that is lost', () => {
  test('is found with the next beat and fetched', async () => {
    await open();
    ada.plug.lose = (text) => text.startsWith('{"t":"events"');
    await post(3, 'lost');
    ada.plug.lose = undefined;
    expect(texts()).toEqual([]);
    await house.rest(40_000);
    expect(texts()).toEqual(['lost 0', 'lost 1', 'lost 2']);
  });

  test('is found with the next push, which waits until the gap is closed', async () => {
    await open();
    await post(1, 'before');
    ada.plug.lose = (text) => text.startsWith('{"t":"events"');
    await post(2, 'lost');
    ada.plug.lose = undefined;
    await post(1, 'after');
    await house.rest(1_000);
    expect(texts()).toEqual(['before 0', 'lost 0', 'lost 1', 'after 0']);
  });
});

describe('a long absence', () => {
  const away = async (count: number): Promise<void> => {
    ada.plug.pull();
    // The relay remembers its newest page for a second.
    await house.rest(1_500);
    await post(count, 'missed');
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(300);
  };

  test('brings the newest first and shows a hole until the rest has come', async () => {
    await post(5, 'seen');
    await open();
    ada.plug.lose = (text) => text.includes('"req"');
    await away(150);
    const rows = (): string[] =>
      (ada.now.state.timeline?.rows ?? []).map((row) =>
        row.type === 'message'
          ? row.text
          : row.type === 'hole'
            ? `hole ${row.from}-${row.to}`
            : 'note',
      );
    const holes = rows().filter((row) => row.startsWith('hole'));
    expect(holes).toHaveLength(1);
    expect(rows().at(-1)).toBe('missed 149');
    expect(rows().indexOf(holes[0] ?? '')).toBe(rows().indexOf('seen 4') + 1);
    ada.plug.lose = undefined;
    ada.now.desktop.wake();
    await house.rest(3_000);
    expect(rows().filter((row) => row.startsWith('missed'))).toEqual(
      Array.from({ length: 150 }, (_, n) => `missed ${n}`),
    );
    expect(ada.now.channel('general').unread).toBe(155);
  });

  test('a mention far behind the newest page is counted', async () => {
    ada.plug.pull();
    await house.rest();
    ben.say({ t: 'post', op: house.kit.id<MessageId>(), channel: general, text: '@ada first' });
    await post(200);
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(5_000);
    expect(ada.now.channel('general')).toMatchObject({ unread: 201, mentions: 1 });
  });
});

describe('more unread than a computer fetches', () => {
  let first: MessageId;
  const counts = (): unknown => {
    const { unread, mentions } = ada.now.channel('general');
    return { unread, mentions };
  };

  beforeEach(async () => {
    await post(2);
    await open();
    await house.rest();
    ada.plug.pull();
    await house.rest(1_500);
    first = house.kit.id<MessageId>();
    ben.say({ t: 'post', op: first, channel: general, text: '@ada first' });
    ben.say({
      t: 'post',
      op: house.kit.id<MessageId>(),
      channel: general,
      text: '@channel second',
    });
    // Ten pages are fetched by themselves: these are fourteen.
    for (let n = 0; n < 7; n++) await post(100, 'missed');
    // Only counts get through, and no pages.
    ada.plug.lose = (text) => text.startsWith('{"t":"page","req"');
    ada.plug.put();
    ada.now.desktop.wake();
    await house.rest(1_000);
  });

  test('is counted at once, with its mentions, before a page of it is here', async () => {
    expect(counts()).toEqual({ unread: 704, mentions: 2 });
    expect(ada.now.team.team.mentions).toBe(2);
    const { settings } = ada.now.state;
    const notifications = { ...settings.notifications, ignoreChannelMentions: true };
    await ada.now.call('settings.set', { settings: { ...settings, notifications } });
    await house.rest();
    expect(counts()).toEqual({ unread: 704, mentions: 1 });
  });

  test('is still known after a restart without the relay', async () => {
    ada.plug.pull();
    await ada.restart();
    expect(counts()).toEqual({ unread: 704, mentions: 2 });
  });

  test('is counted again when something far behind changes, or is read elsewhere', async () => {
    ben.say({ t: 'delete', op: house.kit.id<OperationId>(), channel: general, message: first });
    await house.rest(1_000);
    expect(counts()).toEqual({ unread: 703, mentions: 1 });
    const half = ada.now.channel('general').head - 400;
    await ada.now.call('read.mark', { team: TEAM, channel: general, seq: half });
    await house.rest(2_000);
    // The last event is the deletion.
    expect(counts()).toEqual({ unread: 399, mentions: 0 });
    await ada.now.call('read.mark', { team: TEAM, channel: general, seq: half + 400 });
    await house.rest(1_000);
    expect(counts()).toEqual({ unread: 0, mentions: 0 });
  });

  test('comes to the same number once all of it is here', async () => {
    ada.plug.lose = undefined;
    await post(1, '@ada new');
    await house.rest(60_000);
    for (let n = 0; n < 3; n++) {
      ada.plug.pull();
      await house.rest(500);
      ada.plug.put();
      ada.now.desktop.wake();
      await house.rest(10_000);
    }
    expect(counts()).toEqual({ unread: 705, mentions: 3 });
    const db = new Database(join(ada.folder, 'cache.db'), { readonly: true });
    expect(db.prepare('SELECT count(*) FROM relay_count').pluck().get()).toBe(0);
    db.close();
  });
});

describe('what this build does not know', () => {
  test('a frame of a kind to come is passed over, an event of a kind to come is kept and counted', async () => {
    await open();
    const unknown = {
      seq: 3,
      at: house.kit.clock.now(),
      by: house.kit.owner.id,
      kind: 'reacted',
      emoji: '👍',
    };
    ada.plug.inject('{"t":"confetti","n":3}');
    ada.plug.inject('not json');
    ada.plug.inject(JSON.stringify({ t: 'events', feed: `channel/${general}`, events: [unknown] }));
    await house.rest();
    expect(live()).toMatchObject({ state: 'live' });
    expect(ada.now.channel('general').head).toBe(3);
    const db = new Database(join(ada.folder, 'cache.db'), { readonly: true });
    expect(db.prepare('SELECT seq, json FROM raw_event').all()).toEqual([
      { seq: 3, json: JSON.stringify(unknown) },
    ]);
    db.close();
  });

  test('a page that does not hold what it says is not believed', async () => {
    await open();
    const event = {
      seq: 9,
      at: 1,
      by: house.kit.owner.id,
      kind: 'posted',
      id: house.kit.id<MessageId>(),
      text: 'nine',
    };
    ada.plug.inject(
      JSON.stringify({
        t: 'page',
        feed: `channel/${general}`,
        from: 2,
        to: 9,
        head: 9,
        events: [event],
      }),
    );
    await house.rest();
    expect([texts(), events().filter((one) => one === 'page.broken')]).toEqual([
      [],
      ['page.broken'],
    ]);
  });
});

describe('where the desktop stands in each feed', () => {
  const positions = () =>
    inFile('cache.db', (db) =>
      db
        .prepare<[], { channel: number; seq: number; proven_seq: number | null }>(
          'SELECT channel, seq, proven_seq FROM position ORDER BY channel',
        )
        .all()
        .map(({ channel, seq, proven_seq: proven }) => [Math.sign(channel), seq, proven]),
    );

  test('is kept with the newest event, and with a proof as soon as a heartbeat has brought one', async () => {
    await post(2);
    expect(positions()).toEqual([
      [-1, 1, 1],
      [0, 4, 4],
      [1, 4, 2],
    ]);
    house.kit.clock.advance(DEFAULT_LIMITS.pingEveryMs * (1 + PING_SPREAD));
    await house.rest();
    expect(positions().at(-1)).toEqual([1, 4, 4]);
  });

  test('is what the relay is told at the next start, and what it bears out', async () => {
    await post(2);
    await ada.now.close();
    await post(1);
    await ada.restart();
    await house.rest(2_000);
    expect(positions().at(-1)).toEqual([1, 5, 5]);
    expect(events()).not.toContain('relay.has-another-history');
    expect(house.kit.lines.map(({ event }) => event)).not.toContain('position-unknown');
  });
});

describe('a relay whose store is another', () => {
  test('under the same epoch, but behind us: positions are dropped, and everything is fetched again', async () => {
    await post(10);
    await open();
    const db = new Database(join(ada.folder, 'cache.db'));
    db.prepare('UPDATE interval SET to_seq = 999').run();
    db.close();
    await ada.restart();
    await house.rest(2_000);
    expect(events()).toContain('relay.behind-us');
    expect(live()).toMatchObject({ state: 'live', isCatchingUp: false, door: 'socket' });
    await open();
    await house.rest();
    expect(texts()).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n}`));
  });

  test('under the same epoch, but behind us: what it had acknowledged and does not have is sent again', async () => {
    await open();
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'kept' });
    await house.rest();
    await ada.now.close();
    const lost = house.kit.id<MessageId>();
    const ledger = new Database(join(ada.folder, 'ledger.db'));
    ledger
      .prepare(
        "INSERT INTO sent SELECT team, ?, n + 1, channel, ?, json_set(frame, '$.op', ?, '$.text', 'lost'), at, trust FROM sent",
      )
      .run(lost, lost, lost);
    ledger.close();
    const cache = new Database(join(ada.folder, 'cache.db'));
    cache.prepare('UPDATE interval SET to_seq = 999').run();
    cache.close();
    await ada.restart();
    await house.rest(2_000);
    await open();
    await house.rest();
    expect(texts()).toEqual(['kept', 'lost']);
    expect(ada.now.team.team.outbox).toEqual({ waiting: 0, failed: 0 });
  });

  test('under the same epoch, with another event where we stand: all is fetched again, and what it lost is sent again', async () => {
    await open();
    await ada.now.call('message.send', { team: TEAM, channel: general, text: 'kept' });
    await post(3);
    await ada.now.close();
    const lost = house.kit.id<MessageId>();
    inFile('ledger.db', (db) =>
      db
        .prepare(
          "INSERT INTO sent SELECT team, ?, n + 1, channel, ?, json_set(frame, '$.op', ?, '$.text', 'lost'), at, trust FROM sent",
        )
        .run(lost, lost, lost),
    );
    // As if these numbers had been given to other events since: no number shows it.
    inFile('cache.db', (db) =>
      db.prepare('UPDATE position SET at = at - 1, proven_seq = NULL, proof = NULL').run(),
    );
    await ada.restart();
    await house.rest(2_000);
    expect(events().filter((event) => event === 'relay.has-another-history')).toHaveLength(1);
    expect(live()).toMatchObject({ state: 'live', isCatchingUp: false });
    await open();
    await house.rest();
    expect(texts()).toEqual(['kept', 'line 0', 'line 1', 'line 2', 'lost']);
    expect(ada.now.team.team.outbox).toEqual({ waiting: 0, failed: 0 });
    // Once, and not at every start.
    await ada.restart();
    await house.rest(2_000);
    expect(events()).not.toContain('relay.has-another-history');
  });

  test('an edit that comes before its message is applied when the message comes', async () => {
    const [first] = await post(1);
    await post(120);
    ben.say({
      t: 'edit',
      op: house.kit.id<OperationId>(),
      channel: general,
      message: first as MessageId,
      text: 'changed',
    });
    await house.rest();
    const late = await house.desk(house.kit.owner);
    await late.now.call('timeline.open', { team: TEAM, channel: general, at: 'end' });
    for (let n = 0; n < 8; n++) {
      await late.now.call('timeline.older', {});
      const hole = late.now.state.timeline?.rows.find((row) => row.type === 'hole');
      if (hole?.type === 'hole')
        await late.now.session.call('timeline.fill', { from: hole.from, to: hole.to });
      await house.rest(1_000);
    }
    expect(late.now.messages.find((row) => row.id === first)).toMatchObject({ text: 'changed' });
    expect(late.now.messages).toHaveLength(121);
  });
});
