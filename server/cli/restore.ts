/**
 * Puts a backup in the store's place. The backup is copied, opened and checked before anything is touched; the store that was there is
 * moved aside, never deleted. The restored store has a new epoch, so every desktop notices and catches up from the beginning; what
 * they had not sent yet goes out.
 */
import { constants, copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, ok, type Result } from '../../protocol/result.ts';

export interface RestoreParts {
  readonly from: string;
  /** The store's file. */
  readonly store: string;
  readonly now: number;
  /** Opens the copy, says what is wrong with it, and closes it. @throws when it is no store */
  readonly audit: (path: string) => Promise<readonly string[]>;
  /** Keeps relays out. @throws when one runs */
  readonly lock: (path: string) => () => void;
}

export interface Restored {
  /** Where the store that was there before lies now; null when there was none. */
  readonly before: string | null;
}

export async function putBackupInPlace({
  from,
  store,
  now,
  audit,
  lock,
}: RestoreParts): Promise<Result<Restored, string>> {
  if (!existsSync(from)) return fail(`There is no backup at ${from}.`);
  const copy = `${store}.restoring`;
  removeAll(copy);
  try {
    copyFileSync(from, copy, constants.COPYFILE_EXCL);
    const wrong = await faultsOf(copy, audit);
    if (wrong !== undefined)
      return fail(
        `Nothing was changed: the backup ${from} is damaged, or none (${wrong}). Try another one.`,
      );
    const release = lock(store);
    try {
      const before = moveAside(
        store,
        `${store}.before-restore-${new Date(now).toISOString().replace(/[:.]/g, '-')}`,
      );
      renameSync(copy, store);
      return ok({ before });
    } finally {
      release();
    }
  } catch (error) {
    return fail(`Nothing was changed: ${(error as Error).message}`);
  } finally {
    removeAll(copy);
  }
}

/** What keeps the copy from being a store; said of the backup, since nobody else knows of the copy. */
async function faultsOf(copy: string, audit: RestoreParts['audit']): Promise<string | undefined> {
  try {
    const wrong = await audit(copy);
    return wrong.length === 0 ? undefined : wrong.slice(0, 3).join('; ');
  } catch (error) {
    if ((error as { readonly kind?: unknown }).kind === 'not-a-store')
      return 'it is not a store of a relay';
    throw error;
  }
}

/** The store is one file, with a log and an index beside it when its relay was killed; they belong together. */
const SUFFIXES = ['', '-wal', '-shm'];

function moveAside(store: string, to: string): string | null {
  if (!existsSync(store)) return null;
  for (const suffix of SUFFIXES)
    if (existsSync(store + suffix)) renameSync(store + suffix, to + suffix);
  return to;
}

function removeAll(copy: string): void {
  const folder = dirname(copy);
  for (const name of readdirSync(folder))
    if (name.startsWith(basename(copy))) rmSync(join(folder, name), { force: true });
}
