/** The questions of a turn share a view of the file: it is never older than the last commit, and nobody waits for it. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEAM_FEED, type MemberId, type MessageId } from '../../../protocol/ids.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import type { Store } from '../../ports/store.ts';
import { openSqliteStore } from './store.ts';

const ADA = '00000000-0000-4000-8000-000000000001' as MemberId;
let folder: string;
let store: Store;
let path: string;
let turns: (() => void)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-snapshot-'));
  path = join(folder, 'team.sqlite');
  turns = [];
  const soon = (run: () => void): void => void turns.push(run);
  store = openSqliteStore({
    path,
    clock: createFakeClock(),
    random: createSeededRandom('snapshot'),
    isTemporary: true,
    soon,
  });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function turn(): void {
  for (const run of turns.splice(0)) run();
}

async function say(n: number, text: string): Promise<void> {
  const op = `01980000-0000-7000-8000-${String(n).padStart(12, '0')}` as MessageId;
  const said = store.write((tx) =>
    tx.append(TEAM_FEED, { by: ADA, kind: 'posted', op, body: { id: op, text } }),
  );
  turn();
  await said;
}

test('what was committed is read at once, in the turn in which something was read before', async () => {
  expect(await store.head(TEAM_FEED)).toBe(0);
  await say(1, 'first');
  expect(await store.head(TEAM_FEED)).toBe(1);
  await say(2, 'second');
  expect(await store.head(TEAM_FEED)).toBe(2);
});

test('while a group is at work, others read what was before it', async () => {
  await say(1, 'first');
  let seen = 0;
  const said = store.write(async (tx) => {
    await tx.append(TEAM_FEED, { by: ADA, kind: 'posted', op: null, body: { text: 'second' } });
    seen = await store.head(TEAM_FEED);
  });
  turn();
  await said;
  expect([seen, await store.head(TEAM_FEED)]).toEqual([1, 2]);
});

test('a reader in every turn does not keep the log from starting over', async () => {
  // Some five times what the log may hold before it is copied into the file and starts over.
  const long = 'x'.repeat(16_000);
  for (let n = 1; n <= 5_000; n++) {
    await store.head(TEAM_FEED);
    await say(n, long);
    await store.head(TEAM_FEED);
  }
  expect(statSync(`${path}-wal`).size).toBeLessThan(32 * 1024 * 1024);
});
