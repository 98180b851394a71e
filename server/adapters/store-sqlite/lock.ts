/**
 * One relay per store. Two processes on one SQLite file would each keep their own idea of every feed's head, so the second one is
 * refused at the door: it cannot take the lock that the first holds for as long as it lives. The lock is an operating-system lock (it
 * vanishes with its process, kill -9 included) on a file of its own, because an exclusive lock on the store itself would shut out our
 * own read connection. Where locks lie (some network shares), the fencing number in `store.ts` still stops the older relay from writing.
 */
import Database from 'better-sqlite3';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { isBusy } from './faults.ts';

/** @returns a function that gives the lock back */
export function takeLock(path: string): () => void {
  const lock = new Database(`${path}.lock`, { timeout: 0 });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) {
      throw new StoreOpenFault(
        'in-use',
        `${path} is in use by another relay. Stop that one first; two relays may not share a store.`,
        error,
      );
    }
    throw error;
  }
  return () => lock.close();
}
