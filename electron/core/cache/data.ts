/**
 * The two databases of a desktop, side by side in its folder. `cache.db` holds what the relay
 * can give again; `ledger.db` holds what exists nowhere else. Each is mended by itself, and what
 * was found is reported. Opened by one process at a time. Why two: docs/decisions.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { errorName } from '../background.ts';
import type { Clock, Log } from '../ports.ts';
import type { TeamRecord } from './ledger-rows.ts';
import { openCacheFile, type Cache, type CacheDamage } from './open-cache.ts';
import {
  IN_MEMORY,
  mendLedger,
  openLedger,
  type FileParts,
  type Ledger,
  type LedgerDamage,
  type OpenedLedger,
} from './open-ledger.ts';
import { copiesOf, keepNewestCopies } from './set-aside.ts';
import { SqliteFailure } from './sqlite.ts';
import { moveOrphans, moveSpoiltRows } from './spoilt-rows.ts';

export type { Cache } from './open-cache.ts';
export type { Ledger } from './open-ledger.ts';

/** What was wrong with the files, for the person to know. */
export type Finding =
  | { readonly kind: 'cache-rebuilt' }
  /** Nothing is kept of what the relay sends until the next start. */
  | { readonly kind: 'cache-in-memory' }
  /** What was carried over: unsent messages and drafts. Others may be lost. */
  | { readonly kind: 'ledger-mended'; readonly messages: number; readonly drafts: number }
  | { readonly kind: 'ledger-lost' }
  | { readonly kind: 'rows-set-aside'; readonly count: number };

export interface Data {
  /** The open ledger; another object after `mendLedger`. */
  readonly ledger: Ledger;
  /** The open cache; another object after `rebuildCache`. */
  cache(): Cache;
  /** What was found, and mended, when the files were opened. */
  readonly findings: readonly Finding[];
  /**
   * Sets the damaged cache aside and opens an empty one. Everything that held the old one must
   * be made anew.
   */
  rebuildCache(): Finding;
  /** The same for the ledger, of which everything is carried over that can be read.
   *  @throws SqliteFailure  it was mended a moment ago, or cannot be: the disk fails */
  mendLedger(): readonly Finding[];
  /** The copies of damaged caches hold what was deleted since. */
  removeCacheCopies(): void;
  close(): void;
}

export interface DataParts {
  /** A folder of our own, or `:memory:`. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** @throws SqliteFailure `in-use` when another process has the folder open, `full` or `unusable` when it cannot be written
 *  @throws DatabaseFromFuture when a newer version of the program wrote it; nothing was changed */
export function openData({ dir, clock, log }: DataParts): Data {
  if (dir !== IN_MEMORY) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fileOf = (name: string): FileParts => ({
    path: dir === IN_MEMORY ? IN_MEMORY : join(dir, name),
    clock,
    log,
  });
  const ledgerFile = fileOf('ledger.db');
  const cacheFile = fileOf('cache.db');

  const mendOrReopen = (): OpenedLedger => {
    try {
      return mendLedger(ledgerFile);
    } catch (error) {
      log.error('ledger.not-mended', { error: errorName(error) });
      return openLedger(ledgerFile);
    }
  };

  const opened = openLedger(ledgerFile);
  let { ledger } = opened;
  let mendedAt = opened.damage ? clock.monotonic() : -Infinity;
  try {
    let spoilt = moveSpoiltRows(ledger.db, clock.now());
    const isLedgerHurt = opened.damage !== undefined || spoilt > 0;
    const cache = openCacheFile(cacheFile, (fresh) => {
      if (isLedgerHurt) restoreTeams(fresh, ledger, log);
      dropStrangers(fresh, ledger);
    });
    if (isLedgerHurt) spoilt += moveUnusable(ledger, clock);

    return {
      get ledger() {
        return ledger;
      },
      cache: () => cache.cache,
      findings: [
        ...ofLedger(ledger, opened.damage, spoilt),
        ...(cache.damage ? [ofCache(cache.damage)] : []),
      ],
      rebuildCache: () => ofCache(cache.rebuild()),
      mendLedger: () => {
        if (clock.monotonic() - mendedAt < DEFAULT_LIMITS.rebuildAgainMs)
          throw new SqliteFailure('unusable', ledgerFile.path, undefined);
        mendedAt = clock.monotonic();
        ledger.db.close();
        const mended = mendOrReopen();
        ({ ledger } = mended);
        restoreTeams(cache.cache, ledger, log);
        return ofLedger(ledger, mended.damage, moveUnusable(ledger, clock));
      },
      removeCacheCopies: () => {
        if (dir !== IN_MEMORY && copiesOf(cacheFile.path).length > 0)
          keepNewestCopies(cacheFile.path, 0);
      },
      close: () => {
        cache.cache.db.close();
        ledger.db.close();
      },
    };
  } catch (error) {
    ledger.db.close();
    throw error;
  }
}

const ofCache = (damage: CacheDamage): Finding => ({ kind: `cache-${damage}` });

function ofLedger(
  ledger: Ledger,
  damage: LedgerDamage | undefined,
  spoilt: number,
): readonly Finding[] {
  return [
    ...(damage === 'lost' ? [{ kind: 'ledger-lost' } as const] : []),
    ...(damage === 'mended' ? [{ kind: 'ledger-mended', ...ledger.rows.unsent() } as const] : []),
    ...(spoilt > 0 ? [{ kind: 'rows-set-aside', count: spoilt } as const] : []),
  ];
}

/**
 * A team whose record was damaged comes back without its tokens: the person signs in again, and
 * finds everything else.
 */
function restoreTeams(cache: Cache, ledger: Ledger, log: Log): void {
  for (const { json } of cache.teams.copies()) {
    try {
      const copy = JSON.parse(json) as TeamRecord;
      const standing = copy.standing === 'in' ? 'signed-out' : copy.standing;
      ledger.rows.restoreTeam({ ...copy, standing, sealedAccess: null, sealedRefresh: null });
    } catch {
      log.warn('team.copy-unreadable');
    }
  }
}

const moveUnusable = ({ db }: Ledger, clock: Clock): number =>
  moveSpoiltRows(db, clock.now()) + moveOrphans(db, clock.now());

/**
 * Rows of a team that the ledger does not know: forgotten half-way, or its record was lost. Its
 * key may be given again.
 */
function dropStrangers(cache: Cache, ledger: Ledger): void {
  const known = new Set(ledger.rows.teams().map((team) => team.key));
  for (const key of cache.teams.keys()) {
    if (!known.has(key)) cache.db.transaction('team.drop', () => cache.teams.removeTeam(key));
  }
}
