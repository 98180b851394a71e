/**
 * Brings a database to the newest form by numbered steps, each in its own transaction: after a crash it stands at one
 * step or the next, never between. Steps only ever go forward. A database made by a newer build is left untouched.
 */
import type { Sqlite } from './sqlite.ts';

export interface Migration {
  /** 1, 2, 3 … without gaps; kept in `user_version`. */
  readonly number: number;
  readonly sql: string;
}

/** The file was written by a newer version of the program. Nothing was changed. */
export class DatabaseFromFuture extends Error {
  override readonly name = 'DatabaseFromFuture';
  readonly path: string;
  readonly found: number;
  readonly known: number;

  constructor(path: string, found: number, known: number) {
    super(`the database is of form ${found}, this build knows ${known}`);
    this.path = path;
    this.found = found;
    this.known = known;
  }
}

export function migrate(db: Sqlite, migrations: readonly Migration[]): void {
  const found = Number(db.pragma('user_version'));
  const known = migrations.at(-1)?.number ?? 0;
  if (found > known) throw new DatabaseFromFuture(db.path, found, known);
  for (const { number, sql } of migrations) {
    if (number <= found) continue;
    db.transaction('migrate', () => {
      db.exec(sql);
      // In the same transaction: user_version is a field of the file's header.
      db.pragma(`user_version = ${number}`);
    });
  }
}
