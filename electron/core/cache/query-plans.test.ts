/** The questions asked while somebody waits are answered by a walk along a key. A plan that scans or sorts is a regression. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { CHANNEL_SQL } from './channel-rows.ts';
import { LOG_SQL } from './log-rows.ts';
import { MESSAGE_SQL } from './message-rows.ts';
import { openData, type Data } from './data.ts';

let data: Data;
beforeAll(() => {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  data = openData({ dir: ':memory:', clock: createFakeClock(), log: quiet });
});
afterAll(() => data.close());

const planOf = (sql: string): readonly string[] => {
  const places = sql.split('?').length - 1;
  return data
    .cache()
    .db.prepare<readonly number[], { readonly detail: string }>('plan', `EXPLAIN QUERY PLAN ${sql}`)
    .all(...Array.from({ length: places }, () => 1))
    .map((row) => row.detail);
};

describe('plans', () => {
  test.each(Object.entries({ ...MESSAGE_SQL, ...LOG_SQL, ...CHANNEL_SQL }))('%s', (_name, sql) => {
    const plan = planOf(sql);
    // What only puts a row in has no plan.
    expect(plan.length > 0 || sql.trimStart().startsWith('INSERT')).toBe(true);
    for (const line of plan)
      expect(line).toMatch(
        /^SEARCH \S+ USING (?:PRIMARY KEY|(?:COVERING )?INDEX \S+) \(|^LEFT-JOIN/,
      );
    expect(plan.join()).not.toMatch(/SCAN|TEMP B-TREE/);
  });

  test('a page of a timeline walks along the key of its channel', () => {
    expect(planOf(MESSAGE_SQL.older)).toEqual([
      'SEARCH message USING PRIMARY KEY (team=? AND channel=? AND seq>? AND seq<?)',
    ]);
    expect(planOf(MESSAGE_SQL.byId)).toEqual([
      'SEARCH message USING INDEX message_by_id (team=? AND id=? AND channel=?)',
    ]);
    expect(planOf(MESSAGE_SQL.count)).toEqual([
      'SEARCH message USING PRIMARY KEY (team=? AND channel=? AND seq>?)',
    ]);
  });
});
