/** A backup of a store that is in use, on a disk that the test holds up. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEAM_FEED, type MemberId } from '../../../protocol/ids.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { auditFile } from './audit.ts';
import { backUp } from './backup.ts';
import type { Connection } from './database.ts';
import { openSqliteStore } from './store.ts';

const MIB = 1024 * 1024;
const unsyncedPages = 128;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function openLargeStore() {
  let writer: Connection | undefined;
  const store = openSqliteStore({
    path: join(folder, 'team.sqlite'),
    clock: createFakeClock(),
    random: createSeededRandom('backup'),
    isTemporary: true,
    onWriter: (connection) => {
      writer = connection;
      connection.exec('CREATE TABLE filler (content BLOB)');
      connection.prepare('INSERT INTO filler VALUES (zeroblob(?))').run(4 * MIB);
    },
  });
  if (!writer) throw new Error('the store has no write connection');
  return { store, writer };
}

test('writes are answered while the disk writes the copy down, and little waits for it at the end', async () => {
  const { store, writer } = openLargeStore();
  const by = '01980000-0000-7000-8000-000000000001' as MemberId;
  const append = () =>
    store.write((tx) => tx.append(TEAM_FEED, { by, kind: 'x', op: null, body: {} }));
  const copy = join(folder, 'copy.sqlite');
  const synced: string[] = [];
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const sync = async (path: string): Promise<void> => {
    synced.push(path);
    begun.resolve();
    await held.promise;
  };
  const done = backUp(writer, copy, { sync, unsyncedPages });
  await begun.promise;
  for (let n = 0; n < 50; n++) await append();
  // The copy waits too: what is not on the disk would be written down on the event loop.
  const { size } = statSync(`${copy}.partial`);
  expect(size).toBeLessThan(2 * MIB);
  expect([synced.length, existsSync(copy)]).toEqual([1, false]);
  held.resolve();
  await done;
  expect(synced.length).toBeGreaterThan(5);
  expect(new Set(synced.slice(0, -1))).toEqual(new Set([`${copy}.partial`]));
  expect(synced.at(-1)).toBe(folder);
  expect([existsSync(copy), existsSync(`${copy}.partial`)]).toEqual([true, false]);
  expect(auditFile(copy)).toEqual([]);
  await store.close();
});

test('a disk that fails leaves no copy behind', async () => {
  const { store, writer } = openLargeStore();
  const copy = join(folder, 'copy.sqlite');
  let calls = 0;
  const sync = async (): Promise<void> => {
    calls += 1;
    if (calls === 2) throw Object.assign(new Error('input/output error'), { code: 'EIO' });
  };
  await expect(backUp(writer, copy, { sync, unsyncedPages })).rejects.toThrow('input/output error');
  expect([existsSync(copy), existsSync(`${copy}.partial`)]).toEqual([false, false]);
  await store.close();
});
