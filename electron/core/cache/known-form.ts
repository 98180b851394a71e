/**
 * Whether a database has exactly the tables, columns and indexes that the migrations make. A
 * table that is missing, a column too few and a trigger somebody added all show here, before a
 * statement meets them.
 */
import Driver from 'better-sqlite3';
import type { Migration } from './migrate.ts';
import type { Sqlite } from './sqlite.ts';

interface SchemaRow {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}

// sqlite_stat tables are SQLite's own notes and hold nothing of ours.
const SCHEMA = `SELECT type, name, tbl_name AS "table", sql FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name`;

const made = new Map<readonly Migration[], string>();

export function hasKnownForm(db: Sqlite, migrations: readonly Migration[]): boolean {
  const rows = db.prepare<readonly [], SchemaRow>('schema.all', SCHEMA).all();
  return JSON.stringify(rows) === formOf(migrations);
}

function formOf(migrations: readonly Migration[]): string {
  const known = made.get(migrations);
  if (known !== undefined) return known;
  const fresh = new Driver(':memory:');
  try {
    for (const { sql } of migrations) fresh.exec(sql);
    const form = JSON.stringify(fresh.prepare(SCHEMA).all());
    made.set(migrations, form);
    return form;
  } finally {
    fresh.close();
  }
}
