/** What is SQLite's own: one process per file, layouts and their copies, a full disk, deleted words on the disk, crashes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  channelFeed,
  TEAM_FEED,
  type ChannelId,
  type MemberId,
  type MessageId,
} from '../../../protocol/ids.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { StoreUnavailable, type EventDraft, type Store } from '../../ports/store.ts';
import type { Connection } from './database.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { openSqliteStore, type SqliteStoreParts } from './store.ts';

const ADA = '00000000-0000-4000-8000-000000000001' as MemberId;
const CHANNEL = '01980000-0000-7000-8000-c00000000001' as ChannelId;
const op = (n: number): MessageId =>
  `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as MessageId;
const said = (n: number, text = `text ${n}`): EventDraft => ({
  by: ADA,
  kind: 'posted',
  op: op(n),
  body: { id: op(n), text },
});

let folder: string;
let path: string;
const opened: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-sqlite-'));
  path = join(folder, 'team.sqlite');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function open(more: Partial<SqliteStoreParts> = {}): Store {
  const store = openSqliteStore({
    path,
    clock: createFakeClock(),
    random: createSeededRandom('sqlite'),
    ...more,
  });
  opened.push(store);
  return store;
}
const faultOf = (run: () => unknown): StoreOpenFault => {
  try {
    run();
  } catch (error) {
    if (error instanceof StoreOpenFault) return error;
    throw error;
  }
  throw new Error('it opened');
};
const append = (store: Store, draft: EventDraft) =>
  store.write((tx) => tx.append(TEAM_FEED, draft));

describe('opening', () => {
  test('a store that is open already is refused, in this process and in another', async () => {
    open();
    expect(faultOf(() => open())).toMatchObject({ kind: 'in-use' });
    const program = `
      import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
      import { systemClock as clock, systemRandom as random } from ${JSON.stringify(join(import.meta.dirname, '../system-clock.ts'))};
      try { openSqliteStore({ path: ${JSON.stringify(path)}, clock, random }); } catch (error) { console.log(error.kind, '|', error.message); }`;
    expect(await run(program)).toMatch(/^in-use \| .*team\.sqlite is in use by another relay/);
  });

  test('a store that was closed works, also when its process was killed with the lock in hand', async () => {
    await open().close();
    expect(open().epoch).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a file that is no database is refused and left alone', () => {
    writeFileSync(path, 'this is a shopping list, and a long one at that: '.repeat(50));
    const before = readFileSync(path);
    expect(faultOf(() => open())).toMatchObject({ kind: 'not-a-store' });
    expect(readFileSync(path)).toEqual(before);
  });

  test("another program's database is refused and left alone", () => {
    const other = new Database(path);
    other.exec('CREATE TABLE recipe (name TEXT)');
    other.close();
    expect(faultOf(() => open())).toMatchObject({ kind: 'not-a-store' });
  });

  test('a folder that is not there is said in words', () => {
    path = join(folder, 'none', 'team.sqlite');
    const fault = faultOf(() => open());
    expect(fault.kind).toBe('not-accessible');
    expect(fault.message).toMatch(/cannot be opened .* Check that the folder exists/);
  });
});

describe('migrating', () => {
  const next = 'CREATE TABLE reaction (id INTEGER PRIMARY KEY) STRICT;';

  test('a new store starts at the latest layout, without a copy', () => {
    const told: unknown[] = [];
    open({ onMigrated: (what) => told.push(what) });
    expect(told).toEqual([{ from: 0, to: MIGRATIONS.length, backup: null }]);
    expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([]);
  });

  test('an older store is copied first and loses nothing', async () => {
    const old = open();
    await append(old, said(1));
    const { epoch } = old;
    await old.close();
    const told: { readonly backup: string | null }[] = [];
    const store = open({
      migrations: [...MIGRATIONS, next],
      onMigrated: (what) => told.push(what),
    });
    expect([store.epoch, await store.head(TEAM_FEED)]).toEqual([epoch, 1]);
    await store.close();
    const backup = told[0]?.backup ?? '';
    expect(backup).toBe(`${path}.before-layout-${MIGRATIONS.length + 1}`);
    path = backup;
    expect(await open().head(TEAM_FEED)).toBe(1);
  });

  test.each(MIGRATIONS.slice(1).map((_, index) => index + 1))(
    'a store of layout %i becomes one of today with every event',
    async (layout) => {
      const feeds = [TEAM_FEED, channelFeed(CHANNEL)];
      const old = open({ migrations: MIGRATIONS.slice(0, layout) });
      for (let n = 0; n < 60; n++)
        await old.write((tx) => tx.append(feeds[n % 2] ?? TEAM_FEED, said(n)));
      const pagesOf = (store: Store) =>
        Promise.all(
          feeds.map((feed) =>
            store.page(feed, { from: 1, to: 100 }, { events: 100, bytes: 1_000_000 }),
          ),
        );
      const before = await pagesOf(old);
      await old.close();
      const store = open();
      expect(await pagesOf(store)).toEqual(before);
      expect(await append(store, said(0))).toMatchObject({ isNew: false, isSame: true });
      expect(await append(store, said(60))).toMatchObject({ isNew: true, event: { seq: 31 } });
      expect(await store.audit()).toEqual([]);
    },
  );

  test('one that fails changes nothing, and the older build still opens the store', async () => {
    await append(open(), said(1));
    await opened[0]?.close();
    expect(() => open({ migrations: [...MIGRATIONS, `${next} CREATE TABLE broken (`] })).toThrow();
    const store = open();
    expect(await store.head(TEAM_FEED)).toBe(1);
    await store.close();
    const db = new Database(path);
    expect(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'reaction'").get()).toBeUndefined();
    db.close();
  });

  test('a store from the future is refused in words and not touched', async () => {
    await open({ migrations: [...MIGRATIONS, next] }).close();
    const before = readFileSync(path);
    const fault = faultOf(() => open());
    expect(fault.kind).toBe('from-the-future');
    expect(fault.message).toMatch(/newer Landline .* Nothing was changed/);
    expect(readFileSync(path)).toEqual(before);
  });
});

describe('a disk that is full', () => {
  test('refuses writes as unavailable, goes on reading, and heals by itself', async () => {
    let writer: Connection | undefined;
    const store = open({ onWriter: (db) => (writer = db) });
    await append(store, said(1));
    const pages = (count: number): unknown => writer?.pragma(`max_page_count = ${count}`);
    pages(Number(writer?.pragma('page_count', { simple: true })));
    const big = 'x'.repeat(16_000);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => append(store, said(i + 2, big))),
    );
    expect(
      results.map((one) => one.status === 'rejected' && one.reason instanceof StoreUnavailable),
    ).toEqual(Array(20).fill(true));
    expect(await store.head(TEAM_FEED)).toBe(1);
    expect(
      (await store.page(TEAM_FEED, { from: 1, to: 9 }, { events: 9, bytes: 9_999 })).events,
    ).toHaveLength(1);
    pages(1_000_000);
    expect((await append(store, said(2, big))).event.seq).toBe(2);
    expect(await store.audit()).toEqual([]);
  });
});

describe('a relay that was overtaken', () => {
  test('stops writing, so that no seq is given twice', async () => {
    const store = open();
    await append(store, said(1));
    // Another relay on a file system whose locks do not hold: it takes the fence.
    const other = new Database(path);
    other.exec("UPDATE meta SET value = value + 1 WHERE key = 'fence'");
    other.close();
    await expect(append(store, said(2))).rejects.toThrow(StoreUnavailable);
    await expect(append(store, said(3))).rejects.toThrow('taken this store over');
    expect(await store.head(TEAM_FEED)).toBe(1);
  });
});

describe('deleted words', () => {
  test('are not in the files any more once the store was closed', async () => {
    const store = open();
    const feed = channelFeed(CHANNEL);
    await store.write((tx) => tx.append(feed, said(1, 'canary-zwölf')));
    await store.write((tx) =>
      tx.reviseMessage(CHANNEL, op(1), { text: 'canary-dreizehn', seq: 2, at: 1 }),
    );
    await store.write((tx) => tx.redactMessage(CHANNEL, op(1)));
    await store.close();
    for (const name of readdirSync(folder))
      expect(readFileSync(join(folder, name)).includes('canary'), name).toBe(false);
  });
});

describe('a relay that is killed', () => {
  test('has kept everything it acknowledged, and its store is whole', async () => {
    for (let round = 0; round < 3; round++) {
      const program = `
        import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
        import { systemClock as clock, systemRandom as random } from ${JSON.stringify(join(import.meta.dirname, '../system-clock.ts'))};
        const store = openSqliteStore({ path: ${JSON.stringify(path)}, clock, random });
        const by = ${JSON.stringify(ADA)};
        for (let i = 0; ; i++) {
          await Promise.all(Array.from({ length: 1 + (i % 7) }, () => store.write((tx) => tx.append('team', { by, kind: 'x', op: null, body: {} }))
            .then((one) => process.stdout.write(one.event.seq + '\\n'))));
        }`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.split('\n').length > 100 + round * 37) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const acked = text.split('\n').slice(0, -1).map(Number);
      const store = open();
      expect(await store.head(TEAM_FEED)).toBeGreaterThanOrEqual(Math.max(...acked));
      expect(await store.audit()).toEqual([]);
      await store.close();
    }
  });
});

function run(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => (text += data.toString()));
  return once(child, 'close').then(() => text);
}
