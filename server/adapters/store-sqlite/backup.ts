/**
 * A consistent copy of a store that is in use. It is taken page by page on the write connection between commits, so writers wait for a
 * few pages at most and the copy never starts over; it appears under its name only when it is complete and on the disk. The copy knows
 * that it is one: whoever opens it gets a new epoch, and every desktop learns that the relay went back in time.
 */
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Connection } from './database.ts';
import { asStoreError } from './faults.ts';
import { markAsCopy } from './identity.ts';

/** 128 pages of 4 KiB take well under a millisecond to copy. */
const PAGES_AT_ONCE = 128;
/** 16 MiB. SQLite syncs the copy at its end, on the event loop: until then so much at most may wait for the disk. */
const UNSYNCED_PAGES = 4_096;

/** Waits for the disk off the event loop: some GB take as long as they take. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For tests. */
export interface BackupParts {
  /** Writes a file or folder down to the disk. */
  readonly sync: (path: string) => Promise<void>;
  readonly unsyncedPages: number;
}

export async function backUp(
  db: Connection,
  path: string,
  { sync, unsyncedPages }: BackupParts = { sync: syncFile, unsyncedPages: UNSYNCED_PAGES },
): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await rm(partial, { force: true });
    await copyPages(db, partial, { sync, unsyncedPages });
    mark(partial);
    await sync(partial);
    await rename(partial, path);
    await sync(dirname(path));
  } catch (error) {
    await rm(partial, { force: true });
    throw asStoreError(error);
  }
}

async function copyPages(
  db: Connection,
  to: string,
  { sync, unsyncedPages }: BackupParts,
): Promise<void> {
  let unsynced = 0;
  let syncing: Promise<void> | undefined;
  let failure: Error | undefined;
  const begin = (): void => {
    unsynced = 0;
    syncing = sync(to)
      .catch((error: unknown) => void (failure = error as Error))
      .finally(() => (syncing = undefined));
  };
  const stopOnFailure = (): void => {
    if (failure) throw failure;
  };
  await db.backup(to, {
    progress: () => {
      stopOnFailure();
      if (unsynced >= unsyncedPages) {
        // A disk that is slower than the copy is waited for.
        if (syncing) return 0;
        begin();
      }
      unsynced += PAGES_AT_ONCE;
      return PAGES_AT_ONCE;
    },
  });
  await syncing;
  stopOnFailure();
  await sync(to);
}

function mark(path: string): void {
  const copy = new Database(path);
  try {
    // One file, without a log beside it that could be forgotten when it is carried away.
    copy.pragma('journal_mode = DELETE');
    markAsCopy(copy);
  } finally {
    copy.close();
  }
}
