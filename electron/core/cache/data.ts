/**
 * The two databases of a desktop, side by side in its folder. `cache.db` holds what the relay can give again: damaged,
 * it is put aside and started empty. `ledger.db` holds what exists nowhere else (outbox, drafts, teams, settings):
 * damaged, what can be read of it is carried over. Opened by one process at a time. Why two: docs/decisions.
 */
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log } from '../ports.ts';
import { createChannelRows, type ChannelRows } from './channel-rows.ts';
import { createDraftRows, type DraftRows } from './draft-rows.ts';
import { createLedgerRows, type LedgerRows } from './ledger-rows.ts';
import { createLogRows, type LogRows } from './log-rows.ts';
import { createMessageRows, type MessageRows } from './message-rows.ts';
import { migrate } from './migrate.ts';
import { CACHE_MIGRATIONS } from './migrations/cache-migrations.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger-migrations.ts';
import { createOutboxRows, type OutboxRows } from './outbox-rows.ts';
import { salvage } from './salvage.ts';
import { openSqlite, SqliteFailure, type Sqlite } from './sqlite.ts';
import { createTeamRows, type TeamRows } from './team-rows.ts';

export interface Cache {
  readonly db: Sqlite;
  readonly channels: ChannelRows;
  readonly messages: MessageRows;
  readonly log: LogRows;
  readonly teams: TeamRows;
}

export interface Ledger {
  readonly db: Sqlite;
  readonly rows: LedgerRows;
  readonly outbox: OutboxRows;
  readonly drafts: DraftRows;
}

export interface Data {
  readonly ledger: Ledger;
  /** The open cache; another object after `rebuildCache`. */
  cache(): Cache;
  /** The cache was found damaged and is empty now. */
  readonly wasRebuilt: boolean;
  /** Puts the damaged file aside and opens an empty one. Everything that held the old one must be made anew. */
  rebuildCache(): void;
  close(): void;
}

export interface DataParts {
  /** A folder of our own, or `:memory:`. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

const IN_MEMORY = ':memory:';
/** After a crash, a cache up to this size is read through at once; it takes some 50 ms. Damage in a bigger one is met in use. */
const CHECK_BYTES = 48 * 1024 * 1024;

/** @throws SqliteFailure `in-use` when another process has the folder open, `unusable` when it cannot be written
 *  @throws DatabaseFromFuture when a newer version of the program wrote it; nothing was changed */
export function openData({ dir, clock, log }: DataParts): Data {
  if (dir !== IN_MEMORY) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const at = (name: string): string => (dir === IN_MEMORY ? IN_MEMORY : join(dir, name));
  const ledger = openLedger({ path: at('ledger.db'), clock, log });
  const cacheFile: FileParts = { path: at('cache.db'), clock, log };
  // Closed in good order, a database leaves no log behind.
  const wasCrash = existsSync(`${cacheFile.path}-wal`);
  let cache: Cache;
  let wasRebuilt = false;
  try {
    try {
      cache = openCache(cacheFile, wasCrash);
    } catch (error) {
      if (!isDamage(error)) throw error;
      putAside(cacheFile);
      cache = openCache(cacheFile, false);
      wasRebuilt = true;
    }
  } catch (error) {
    ledger.db.close();
    throw error;
  }

  dropStrangers(cache, ledger);

  return {
    ledger,
    wasRebuilt,
    cache: () => cache,
    rebuildCache: () => {
      cache.db.close();
      putAside(cacheFile);
      cache = openCache(cacheFile, false);
    },
    close: () => {
      cache.db.close();
      ledger.db.close();
    },
  };
}

export const isDamage = (error: unknown): error is SqliteFailure =>
  error instanceof SqliteFailure && error.fault === 'damaged';

interface FileParts {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

function openCache(file: FileParts, isSuspect: boolean): Cache {
  const db = openSqlite({ ...file, synchronous: 'NORMAL', isExclusive: false });
  try {
    migrate(db, CACHE_MIGRATIONS);
    if (isSuspect && file.path !== IN_MEMORY && statSync(file.path).size <= CHECK_BYTES)
      checkThrough(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    db,
    channels: createChannelRows(db),
    messages: createMessageRows(db),
    log: createLogRows(db),
    teams: createTeamRows(db),
  };
}

function openLedger(file: FileParts): Ledger {
  const open = (): Ledger => {
    const db = openSqlite({ ...file, synchronous: 'FULL', isExclusive: true });
    try {
      migrate(db, LEDGER_MIGRATIONS);
      checkThrough(db);
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
  };
  try {
    return open();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const damaged = putAside(file);
    const ledger = open();
    salvage({ from: damaged, into: ledger.db, log: file.log });
    return ledger;
  }
}

/** Rows of a team that the ledger does not know: forgotten half-way, or its record was lost. Its key may be given again. */
function dropStrangers(cache: Cache, ledger: Ledger): void {
  const known = new Set(ledger.rows.teams().map((team) => team.key));
  for (const key of cache.teams.keys()) {
    if (!known.has(key)) cache.db.transaction('team.drop', () => cache.teams.removeTeam(key));
  }
}

function checkThrough(db: Sqlite): void {
  if (db.pragma('quick_check(1)') !== 'ok') throw new SqliteFailure('damaged', db.path, undefined);
}

/** Renames the file and what belongs to it, so that a person can still look at it. Answers the new name. */
function putAside({ path, clock, log }: FileParts): string {
  const aside = `${path}.damaged-${clock.now()}`;
  for (const part of ['', '-wal', '-shm'])
    if (existsSync(path + part)) renameSync(path + part, aside + part);
  log.warn('data.put-aside', { file: path.endsWith('ledger.db') ? 'ledger' : 'cache' });
  return aside;
}
