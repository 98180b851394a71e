/**
 * A consistent copy of a store that is in use. It is taken page by page on the write connection between commits, so writers wait for a
 * few pages at most and the copy never starts over; it appears under its name only when it is complete and on the disk. The copy knows
 * that it is one: whoever opens it gets a new epoch, and every desktop learns that the relay went back in time.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Connection } from './database.ts';
import { asStoreError } from './faults.ts';
import { markAsCopy } from './identity.ts';

/** 128 pages of 4 KiB take well under a millisecond to copy. */
const PAGES_AT_ONCE = 128;

export async function backUp(db: Connection, path: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    rmSync(partial, { force: true });
    await db.backup(partial, { progress: () => PAGES_AT_ONCE });
    mark(partial);
    sync(partial);
    renameSync(partial, path);
    sync(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStoreError(error);
  }
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

function sync(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
