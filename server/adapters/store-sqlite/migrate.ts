/**
 * Brings a store's file to the layout of this build: numbered, forward only, all pending migrations in one transaction, a copy of the
 * file first. A file from a newer build or from another program is refused with words a person can act on, and is not touched.
 */
import { existsSync, rmSync } from 'node:fs';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { APPLICATION_ID, pragmaNumber, type Connection } from './database.ts';

export interface Migrated {
  readonly from: number;
  readonly to: number;
  /** Where the copy from before lies; null when the store was new or already up to date. */
  readonly backup: string | null;
}

export function migrate(db: Connection, path: string, migrations: readonly string[]): Migrated {
  const from = pragmaNumber(db, 'user_version');
  const to = migrations.length;
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (tables > 0 && pragmaNumber(db, 'application_id') !== APPLICATION_ID) {
    throw new StoreOpenFault(
      'not-a-store',
      `${path} is a database, but not a Landline store. Choose another data folder.`,
    );
  }
  if (from > to) {
    throw new StoreOpenFault(
      'from-the-future',
      `${path} was written by a newer Landline (layout ${from}; this one knows up to ${to}). Nothing was changed. Install the newer version, or restore the copy made before its update.`,
    );
  }
  if (from === to) return { from, to, backup: null };
  const backup = from === 0 ? null : copyBefore(db, path, from);
  db.transaction(() => {
    for (const sql of migrations.slice(from)) db.exec(sql);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${to}`);
  }).exclusive();
  return { from, to, backup };
}

function copyBefore(db: Connection, path: string, version: number): string {
  const backup = `${path}.before-layout-${version + 1}`;
  // Left over from an update that failed half-way; the store itself has not changed since.
  if (existsSync(backup)) rmSync(backup);
  db.prepare('VACUUM INTO ?').run(backup);
  return backup;
}
