/**
 * Finds the rows of the ledger that are not what they must be, and moves them to a table of
 * their own: a person can still read there what they held, and nothing else meets them.
 */
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { isSound, LEDGER_TABLES, type LedgerRow, type LedgerTable } from './ledger-form.ts';
import type { Sqlite, Value } from './sqlite.ts';

/** Rows that are not of their table's form. @returns how many were moved */
export const moveSpoiltRows = (db: Sqlite, at: number): number =>
  move(db, at, (table, row) => !isSound(table, row));

/**
 * Rows of a team that is not there: its record was damaged and could not be had again. Another
 * team must never get their key, and
 * so their words. @returns how many were moved
 */
export function moveOrphans(db: Sqlite, at: number): number {
  const teams = new Set(
    db
      .prepare<readonly [], { readonly key: number }>('team.keys', 'SELECT key FROM team')
      .all()
      .map(({ key }) => key),
  );
  return move(db, at, (_table, { team }) => typeof team === 'number' && !teams.has(team));
}

function move(
  db: Sqlite,
  at: number,
  isSpoilt: (table: LedgerTable, row: LedgerRow) => boolean,
): number {
  const spoilt = LEDGER_TABLES.flatMap((table) =>
    rowsOf(db, table)
      .filter((row) => isSpoilt(table, row))
      .map((row) => ({ table, row })),
  );
  if (spoilt.length === 0) return 0;
  const keep = db.prepare<readonly [string, number, string]>(
    'spoilt.put',
    'INSERT INTO spoilt (source, at, row) VALUES (?, ?, ?)',
  );
  const trim = db.prepare<readonly [number]>(
    'spoilt.trim',
    'DELETE FROM spoilt WHERE n <= (SELECT max(n) FROM spoilt) - ?',
  );
  db.transaction('spoilt', () => {
    for (const { table, row } of spoilt) {
      keep.run(table, at, JSON.stringify(readable(row)));
      remove(db, table, row);
    }
    trim.run(DEFAULT_LIMITS.spoiltRows);
  });
  return spoilt.length;
}

const rowsOf = (db: Sqlite, table: LedgerTable): readonly LedgerRow[] =>
  db.prepare<readonly [], LedgerRow>(`${table}.screen`, `SELECT * FROM ${table}`).all();

function remove(db: Sqlite, table: LedgerTable, row: LedgerRow): void {
  const key = db
    .prepare<readonly [string], { readonly name: string }>(
      'spoilt.key',
      'SELECT name FROM pragma_table_info(?) WHERE pk > 0',
    )
    .all(table)
    .map(({ name }) => name);
  db.prepare<readonly Value[]>(
    `${table}.spoilt`,
    `DELETE FROM ${table} WHERE ${key.map((name) => `${name} IS ?`).join(' AND ')}`,
  ).run(...key.map((name) => row[name] ?? null));
}

/** Sealed tokens are of no use to a reader. */
const readable = (row: LedgerRow): LedgerRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? null : value]),
  );
