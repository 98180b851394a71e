/**
 * Which of the driver's errors speak of the machine and not of us: the disk is full, the disk fails, somebody holds the file. Trying
 * again later may help (`StoreUnavailable`).
 */
import Database from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.ts';

// The primary result codes that speak of the machine and not of our SQL; extended codes (SQLITE_IOERR_FSYNC …) begin with them.
const MACHINE = [
  'SQLITE_FULL',
  'SQLITE_IOERR',
  'SQLITE_READONLY',
  'SQLITE_CANTOPEN',
  'SQLITE_BUSY',
  'SQLITE_LOCKED',
  'SQLITE_NOMEM',
];
const DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

const isCode = (
  error: unknown,
  codes: readonly string[],
): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError &&
  codes.some((code) => error.code === code || error.code.startsWith(`${code}_`));

/** Whether the fault lies with disk, memory or locks, so that the same work may succeed later. */
export const isMachineFault = (error: unknown): boolean =>
  error instanceof StoreUnavailable || isCode(error, MACHINE) || isCode(error, DAMAGE);

export const isDamage = (error: unknown): boolean => isCode(error, DAMAGE);
export const isBusy = (error: unknown): boolean => isCode(error, ['SQLITE_BUSY', 'SQLITE_LOCKED']);

/** A driver's error as the port promises it; anything else unchanged. Never carries SQL or values. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (isMachineFault(error))
    return new StoreUnavailable(`the store cannot answer (${(error as { code: string }).code})`, {
      cause: error,
    });
  return error;
}
