/** Every question of the store finds its rows through an index; the few that read a whole table are named here. */
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { MIGRATIONS } from './migrations/list.ts';
import { QUERIES, type QueryName } from './queries.ts';
import { WRITES, type WriteName } from './writes.ts';

/** Small tables that are wanted whole. */
const WHOLE: readonly QueryName[] = ['team', 'newestAt', 'members', 'invites'];
/** Once a day, over a table of some rows per member: an index would cost every refresh of a token. */
const SWEEPS: readonly WriteName[] = ['dropSessions'];

const db = new Database(':memory:');
for (const sql of MIGRATIONS) db.exec(sql);

function planOf(sql: string): readonly string[] {
  const count = sql.includes('?1') ? 1 : (sql.match(/\?/g) ?? []).length;
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array<number>(count).fill(1)) as {
    readonly detail: string;
  }[];
  return rows.map((row) => row.detail);
}

test.each(Object.entries(QUERIES).filter(([name]) => !WHOLE.includes(name as QueryName)))(
  '%s reads no whole table',
  (_name, sql) => {
    expect(planOf(sql).filter((step) => step.startsWith('SCAN'))).toEqual([]);
  },
);

test.each(Object.entries(WRITES).filter(([name]) => !SWEEPS.includes(name as WriteName)))(
  'the write %s reads no whole table',
  (_name, sql) => {
    expect(planOf(sql).filter((step) => step.startsWith('SCAN'))).toEqual([]);
  },
);

test('a page is one walk along an index, without sorting', () => {
  for (const name of ['pageUp', 'pageDown'] as const)
    expect(planOf(QUERIES[name])).toEqual([
      expect.stringMatching(
        /^SEARCH event USING INDEX event_of \(feed=\? AND seq>\? AND seq<\?\)$/,
      ),
    ]);
});

test('a message is found by its id, not through its feed', () => {
  expect(planOf(QUERIES.message)).toEqual([
    expect.stringContaining('USING INDEX event_once (op=?)'),
  ]);
});
