/**
 * Opens `ledger.db`, which holds what exists nowhere else. A damaged one is set aside, and
 * everything in it that can be read is carried over to a fresh one. It never touches the cache.
 */
import { statSync } from 'node:fs';
import Driver from 'better-sqlite3';
import type { Clock, Log } from '../ports.ts';
import { isLogDamaged } from './database-pages.ts';
import { createDraftRows, type DraftRows } from './draft-rows.ts';
import { hasKnownForm } from './known-form.ts';
import { createLedgerRows, type LedgerRows } from './ledger-rows.ts';
import { DatabaseFromFuture, migrate } from './migrate.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger-migrations.ts';
import { createOutboxRows, type OutboxRows } from './outbox-rows.ts';
import { salvage } from './salvage.ts';
import { COPIES, keepNewestCopies, setAside } from './set-aside.ts';
import { openSqlite, SqliteFailure, type Sqlite } from './sqlite.ts';

export interface Ledger {
  readonly db: Sqlite;
  readonly rows: LedgerRows;
  readonly outbox: OutboxRows;
  readonly drafts: DraftRows;
}

export interface FileParts {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The ledger was damaged. `lost`: nothing of it could be read. */
export type LedgerDamage = 'mended' | 'lost';

export interface OpenedLedger {
  readonly ledger: Ledger;
  readonly damage: LedgerDamage | undefined;
}

export const IN_MEMORY = ':memory:';

/** @throws SqliteFailure, DatabaseFromFuture  @see openData */
export function openLedger(file: FileParts): OpenedLedger {
  try {
    if (file.path !== IN_MEMORY) checkBeforeOpening(file.path);
    return { ledger: open(file), damage: undefined };
  } catch (error) {
    if (!isContentFault(error)) throw error;
    return mendLedger(file);
  }
}

/** Sets the file aside and carries over what can be read of it. It must be closed. */
export function mendLedger(file: FileParts): OpenedLedger {
  const { path, clock, log } = file;
  const aside = setAside(path, clock);
  log.warn('data.put-aside', { file: 'ledger' });
  try {
    const ledger = open(file);
    const rows = salvage({ from: aside.path, into: ledger.db });
    log.warn('ledger.salvaged', rows);
    keepNewestCopies(path, COPIES.ledger);
    if (Object.values(rows).some((count) => count > 0)) return { ledger, damage: 'mended' };
    log.error('ledger.lost');
    return { ledger, damage: 'lost' };
  } catch (error) {
    aside.undo();
    throw error;
  }
}

/** The file is there and can be opened, but what is in it is wrong. */
export const isContentFault = (error: unknown): error is SqliteFailure =>
  error instanceof SqliteFailure && (error.fault === 'damaged' || error.fault === 'misfit');

function open(file: FileParts): Ledger {
  const db = openSqlite({ ...file, synchronous: 'FULL', isExclusive: true });
  try {
    migrateOrDoubt(db);
    checkThrough(db, 'integrity_check(1)');
    if (!hasKnownForm(db, LEDGER_MIGRATIONS)) throw new SqliteFailure('misfit', db.path, undefined);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    db,
    rows: createLedgerRows(db),
    outbox: createOutboxRows(db),
    drafts: createDraftRows(db),
  };
}

function migrateOrDoubt(db: Sqlite): void {
  try {
    migrate(db, LEDGER_MIGRATIONS);
  } catch (error) {
    throw asDamagedNumber(db, error, hasKnownForm(db, LEDGER_MIGRATIONS));
  }
}

/**
 * A file that says it is of a newer form and has exactly the form of this build: its number is
 * damaged.
 */
export const asDamagedNumber = (db: Sqlite, error: unknown, isKnownForm: boolean): unknown =>
  error instanceof DatabaseFromFuture && isKnownForm
    ? new SqliteFailure('damaged', db.path, error)
    : error;

export function checkThrough(db: Sqlite, check: 'quick_check(1)' | 'integrity_check(1)'): void {
  if (db.pragma(check) !== 'ok') throw new SqliteFailure('damaged', db.path, undefined);
}

/** @throws SqliteFailure `damaged`  what SQLite would not see, or would not call damage */
function checkBeforeOpening(path: string): void {
  for (const part of ['', '-wal'])
    if (statSync(path + part, { throwIfNoEntry: false })?.isFile() === false)
      throw new SqliteFailure('damaged', path, undefined);
  if (!isLogDamaged(path)) return;
  checkNotInUse(path);
  throw new SqliteFailure('damaged', path, undefined);
}

/** The log of a running program changes while it is read. */
function checkNotInUse(path: string): void {
  try {
    const probe = new Driver(path, { readonly: true, timeout: 1_000 });
    try {
      probe.pragma('schema_version');
    } finally {
      probe.close();
    }
  } catch (error) {
    if (error instanceof Driver.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new SqliteFailure('in-use', path, error);
  }
}
