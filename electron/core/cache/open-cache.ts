/**
 * Opens `cache.db`, which holds what the relay can give again. One that cannot be opened,
 * prepared or read is set aside and begun anew. It never touches the ledger.
 */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { PAGE_BYTES } from './database-pages.ts';
import { createChannelRows, type ChannelRows } from './channel-rows.ts';
import { hasKnownForm } from './known-form.ts';
import { createLogRows, type LogRows } from './log-rows.ts';
import { createMessageRows, type MessageRows } from './message-rows.ts';
import { DatabaseFromFuture, migrate } from './migrate.ts';
import { CACHE_MIGRATIONS } from './migrations/cache-migrations.ts';
import { asDamagedNumber, checkThrough, IN_MEMORY, type FileParts } from './open-ledger.ts';
import { createPositionRows, type PositionRows } from './position-rows.ts';
import { COPIES, keepNewestCopies, setAside } from './set-aside.ts';
import { openSqlite, SqliteFailure, type Sqlite } from './sqlite.ts';
import { createTeamRows, type TeamRows } from './team-rows.ts';

export interface Cache {
  readonly db: Sqlite;
  readonly channels: ChannelRows;
  readonly messages: MessageRows;
  readonly log: LogRows;
  readonly positions: PositionRows;
  readonly teams: TeamRows;
  /** What is in the file; space that was freed in it does not count. */
  bytes(): number;
  /** What the disk has room for. */
  freeBytes(): number;
}

/** What became of a cache that was damaged: a new file, or none until the next start. */
export type CacheDamage = 'rebuilt' | 'in-memory';

export interface CacheFile {
  readonly cache: Cache;
  /** What was found when it was opened. */
  readonly damage: CacheDamage | undefined;
  /**
   * The open cache failed: another one takes its place, on the disk, or in memory when the last
   * one was made a moment ago.
   * @throws Error  the cache in memory failed as well
   */
  rebuild(): CacheDamage;
}

/**
 * After a crash, a cache up to this size is read through at once; it takes some 50 ms. Damage in
 * a bigger one is met in use.
 */
const CHECK_BYTES = 48 * 1024 * 1024;

/** @param prepare  what is read and written before it is used; its failure is damage too
 *  @throws SqliteFailure, DatabaseFromFuture  @see openData */
export function openCacheFile(file: FileParts, prepare: (cache: Cache) => void): CacheFile {
  const { path, clock, log } = file;
  let cache: Cache;
  let damage: CacheDamage | undefined;
  let rebuiltAt = -Infinity;

  const openPrepared = (isSuspect: boolean): Cache => {
    const opened = open(file, isSuspect);
    try {
      prepare(opened);
      return opened;
    } catch (error) {
      opened.db.close();
      throw error;
    }
  };
  const beginAnew = (): Cache => {
    const aside = setAside(path, clock);
    log.warn('data.put-aside', { file: 'cache' });
    try {
      const fresh = openPrepared(false);
      keepNewestCopies(path, COPIES.cache);
      rebuiltAt = clock.monotonic();
      return fresh;
    } catch (error) {
      aside.undo();
      throw error;
    }
  };

  try {
    // Closed in good order, a database leaves no log behind.
    cache = openPrepared(path !== IN_MEMORY && existsSync(`${path}-wal`));
  } catch (error) {
    if (path === IN_MEMORY || !mayBeDamage(error)) throw error;
    try {
      cache = beginAnew();
    } catch {
      // The folder does not let it be replaced: what came first is the truth.
      throw error;
    }
    damage = 'rebuilt';
  }

  return {
    get cache() {
      return cache;
    },
    damage,
    rebuild: () => {
      if (cache.db.path === IN_MEMORY) throw new SqliteFailure('unusable', IN_MEMORY, undefined);
      const isAgain = clock.monotonic() - rebuiltAt < DEFAULT_LIMITS.rebuildAgainMs;
      cache.db.close();
      try {
        if (!isAgain) {
          cache = beginAnew();
          return 'rebuilt';
        }
      } catch {
        // No new file can be made now.
      }
      cache = open({ ...file, path: IN_MEMORY }, false);
      log.error('cache.in-memory');
      return 'in-memory';
    },
  };
}

/** All but what another program, a full disk or a newer version explains. */
const mayBeDamage = (error: unknown): boolean =>
  !(error instanceof DatabaseFromFuture) &&
  !(error instanceof SqliteFailure && (error.fault === 'in-use' || error.fault === 'full'));

function open(file: FileParts, isSuspect: boolean): Cache {
  const db = openSqlite({ ...file, synchronous: 'NORMAL', isExclusive: false });
  try {
    try {
      migrate(db, CACHE_MIGRATIONS);
    } catch (error) {
      throw asDamagedNumber(db, error, hasKnownForm(db, CACHE_MIGRATIONS));
    }
    if (isSuspect && statSync(file.path).size <= CHECK_BYTES) checkThrough(db, 'quick_check(1)');
    if (!hasKnownForm(db, CACHE_MIGRATIONS)) throw new SqliteFailure('misfit', db.path, undefined);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    db,
    channels: createChannelRows(db),
    messages: createMessageRows(db),
    log: createLogRows(db),
    positions: createPositionRows(db),
    teams: createTeamRows(db),
    bytes: () =>
      (Number(db.pragma('page_count')) - Number(db.pragma('freelist_count'))) * PAGE_BYTES,
    freeBytes: () => (file.path === IN_MEMORY ? 0 : freeBytesAt(dirname(file.path))),
  };
}

function freeBytesAt(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
