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

/** The order matters: a team first, what belongs to it after. */
const TABLES = ['team', 'outbox', 'draft', 'sent', 'setting'] as const;

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
    for (const table of TABLES) {
      const columns = into
        .prepare<readonly [string], { readonly name: string }>('salvage.columns', 'SELECT name FROM pragma_table_info(?)')
        .all(table);
      const names = columns.map((column) => column.name);
      let saved = 0;
      for (const row of readable(damaged, table)) if (put(into, table, names, row)) saved++;
      log.warn('ledger.salvaged', { table, rows: saved });
    }
  } finally {
    damaged.close();
  }
}

/** Reads forward until the damage, then backward from the end to it. */
function readable(db: Driver.Database, table: string): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const direction of ['ASC', 'DESC']) {
    try {
      const key =
        table === 'draft'
          ? `team ${direction}, channel`
          : table === 'sent'
            ? `team ${direction}, op`
            : table === 'setting'
              ? 'name'
              : 'rowid';
      for (const row of db.prepare(`SELECT * FROM ${table} ORDER BY ${key} ${direction}`).iterate() as Iterable<Row>) {
        rows.set(JSON.stringify(Object.values(row).slice(0, 3)), row);
      }
      break;
    } catch {
      // The damage begins here; the other direction brings what lies behind it.
    }
  }
  return [...rows.values()];
}

function put(into: Sqlite, table: string, names: readonly string[], row: Row): boolean {
  const present = names.filter((name) => Object.hasOwn(row, name));
  if (present.length === 0) return false;
  try {
    const places = present.map(() => '?').join(', ');
    into
      .prepare<readonly Value[]>('salvage.put', `INSERT OR IGNORE INTO ${table} (${present.join(', ')}) VALUES (${places})`)
      .run(...present.map((name) => row[name] ?? null));
    return true;
  } catch {
    // A row that does not fit the newest form cannot be used.
    return false;
  }
}
