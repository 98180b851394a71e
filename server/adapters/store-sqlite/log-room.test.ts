/** Room for the log: that it is there before the first message, that zeros behind the end lose nothing, and that one can do without. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEAM_FEED, type MemberId } from '../../../protocol/ids.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import type { Store } from '../../ports/store.ts';
import { CHECKPOINT_PAGES, connect } from './database.ts';
import { makeRoomForLog } from './log-room.ts';
import { openSqliteStore } from './store.ts';

const ADA = '00000000-0000-4000-8000-000000000001' as MemberId;
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
if (!hasPrlimit)
  console.warn('SKIPPED: a full disk cannot be made here, because prlimit (util-linux) is missing');

let folder: string;
const opened: Store[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-room-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

function open(path: string): Store {
  const store = openSqliteStore({
    path,
    clock: createFakeClock(),
    random: createSeededRandom('room'),
  });
  opened.push(store);
  return store;
}
const append = (store: Store) =>
  store.write((tx) => tx.append(TEAM_FEED, { by: ADA, kind: 'x', op: null, body: {} }));
const bytesOf = (path: string): number => statSync(path).size;

test('commits do not lengthen the log, up to the checkpoint', async () => {
  const path = join(folder, 'team.sqlite');
  const store = open(path);
  const room = bytesOf(`${path}-wal`);
  expect(room).toBeGreaterThan(CHECKPOINT_PAGES * 4_096);
  for (let i = 0; i < 20; i++) await append(store);
  expect(bytesOf(`${path}-wal`)).toBe(room);
});

test('what was committed before a crash is found in front of the zeros, and what is written after it too', async () => {
  const path = join(folder, 'team.sqlite');
  const store = open(path);
  for (let i = 0; i < 20; i++) await append(store);
  // What a power cut leaves: the files as they lie there, without a goodbye.
  mkdirSync(join(folder, 'after'));
  const copy = join(folder, 'after/team.sqlite');
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
  const again = open(copy);
  expect(await again.head(TEAM_FEED)).toBe(20);
  expect((await append(again)).event.seq).toBe(21);
  expect(await again.audit()).toEqual([]);
});

test('a log that is cut short gets its room again, and no frame is overwritten', async () => {
  const path = join(folder, 'team.sqlite');
  const db = connect(path);
  try {
    db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
    const grown = bytesOf(`${path}-wal`);
    expect(makeRoomForLog(db, path)).toBe(true);
    expect(bytesOf(`${path}-wal`)).toBeGreaterThan(grown);
    db.exec('INSERT INTO t VALUES (1)');
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.exec('INSERT INTO t VALUES (2)');
    expect(makeRoomForLog(db, path)).toBe(true);
    db.exec('INSERT INTO t VALUES (3)');
    const other = new Database(path, { readonly: true });
    expect(other.prepare('SELECT n FROM t').pluck().all()).toEqual([1, 2, 3]);
    other.close();
  } finally {
    db.close();
  }
});

test.skipIf(!hasPrlimit)(
  'where files may not grow that far, the store opens and writes without',
  () => {
    const path = join(folder, 'team.sqlite');
    const program = `
    import { statSync } from 'node:fs';
    import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
    import { systemClock as clock, systemRandom as random } from ${JSON.stringify(join(import.meta.dirname, '../system-clock.ts'))};
    const store = openSqliteStore({ path: ${JSON.stringify(path)}, clock, random });
    const { event } = await store.write((tx) => tx.append('team', { by: ${JSON.stringify(ADA)}, kind: 'x', op: null, body: {} }));
    console.log(event.seq, statSync(${JSON.stringify(`${path}-wal`)}).size < 1_000_000);
    await store.close();`;
    const { stdout } = spawnSync(
      'prlimit',
      ['--fsize=2000000:', process.execPath, '--input-type=module', '-e', program],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('1 true\n');
  },
);
