/**
 * Carries over what can still be read of a damaged ledger. Table by table and row by row, from both ends, so that one
 * broken page costs the rows on it and not the table. What is carried over is counted in the log, never shown.
 */
import Driver from 'better-sqlite3';
import type { Log } from '../ports.ts';
import type { Sqlite, Value } from './sqlite.ts';

export interface SalvageParts {
  /** The damaged file, put aside; only read. */
  readonly from: string;
  /** A fresh ledger of the newest form. */
  readonly into: Sqlite;
  readonly log: Log;
}

/** Each with the key its rows are walked along. The order matters: a team first, what belongs to it after. */
const TABLES = {
  team: ['key'],
  outbox: ['n'],
  draft: ['team', 'channel', 'message'],
  channel_name: ['team', 'channel'],
  sent: ['team', 'op'],
  setting: ['name'],
} as const;

type Row = Readonly<Record<string, Value>>;

export function salvage({ from, into, log }: SalvageParts): void {
  let damaged: Driver.Database;
  try {
    damaged = new Driver(from, { fileMustExist: true });
  } catch {
    log.error('ledger.lost');
    return;
  }
  try {
    let total = 0;
    into.transaction('salvage', () => {
      for (const [table, key] of Object.entries(TABLES)) {
        const rows = carryOver(readable(damaged, table, key), into, table);
        log.warn('ledger.salvaged', { table, rows });
        total += rows;
      }
    });
    if (total === 0) log.error('ledger.lost');
  } finally {
    damaged.close();
  }
}

/** Reads forward until the damage, then backward from the end to it. */
function readable(db: Driver.Database, table: string, key: readonly string[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const direction of ['ASC', 'DESC']) {
    try {
      const order = key.map((column) => `${column} ${direction}`).join(', ');
      for (const row of db.prepare<[], Row>(`SELECT * FROM ${table} ORDER BY ${order}`).iterate()) {
        rows.set(key.map((column) => String(row[column])).join(' '), row);
      }
      break;
    } catch {
      // The damage begins here; the other direction brings what lies behind it.
    }
  }
  return [...rows.values()];
}

function carryOver(rows: readonly Row[], into: Sqlite, table: string): number {
  const columns = into
    .prepare<readonly [string], { readonly name: string }>(
      'salvage.columns',
      'SELECT name FROM pragma_table_info(?)',
    )
    .all(table)
    .map((column) => column.name);
  let saved = 0;
  for (const row of rows) {
    const present = columns.filter((name) => Object.hasOwn(row, name));
    const places = present.map(() => '?').join(', ');
    const put = into.prepare<readonly Value[]>(
      'salvage.put',
      `INSERT OR IGNORE INTO ${table} (${present.join(', ')}) VALUES (${places})`,
    );
    try {
      saved += put.run(...present.map((name) => row[name] ?? null)).changes;
    } catch {
      // A row that does not fit the newest form cannot be used.
    }
  }
  return saved;
}
