import { expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { prepareRows } from './many-rows.ts';
import { openSqlite } from './sqlite.ts';

const nothing = (): void => undefined;
const log = { info: nothing, warn: nothing, error: nothing };

test.each([0, 1, 49, 50, 51, 100, 107])(
  '%i rows go in whole and in order, and one that is there already stays as it was',
  (count) => {
    const db = openSqlite({
      path: ':memory:',
      clock: createFakeClock(),
      log,
      synchronous: 'NORMAL',
      isExclusive: false,
    });
    db.exec(
      `CREATE TABLE fruit (n INTEGER PRIMARY KEY, name TEXT); INSERT INTO fruit VALUES (7, 'kept')`,
    );
    const put = prepareRows(db, 'fruit.put', 'INSERT OR IGNORE INTO fruit (n, name)', 2);
    put(Array.from({ length: count }, (_, index) => [index, `fruit ${index}`]));
    const names = Array.from({ length: Math.max(count, 8) }, (_, n) =>
      n === 7 ? 'kept' : `fruit ${n}`,
    );
    const expected = names.filter((name, n) => n < count || name === 'kept');
    expect(
      db
        .prepare<readonly [], { readonly name: string }>(
          'fruit.all',
          'SELECT name FROM fruit ORDER BY n',
        )
        .all(),
    ).toEqual(expected.map((name) => ({ name })));
    db.close();
  },
);
