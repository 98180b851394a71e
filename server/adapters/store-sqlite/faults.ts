/**
 * What goes wrong with a database, in two kinds: it cannot be opened at all (a person must act, the words say what to do), or it
 * cannot be written now (`StoreUnavailable`: the disk is full, the disk fails, somebody holds it; trying again later may help).
 */
import Database from 'better-sqlite3';
import { StoreUnavailable } from '../../ports/store.ts';

export type OpenFaultKind =
  /** Another relay has this store open. */
  | 'in-use'
  /** Written by a newer Landline. */
  | 'from-the-future'
  /** A file that is no Landline store. */
  | 'not-a-store'
  /** The folder or file cannot be read or written. */
  | 'not-accessible';

/** The store cannot be opened. The message is meant for the person who runs the relay. */
export class StoreOpenFault extends Error {
  override readonly name = 'StoreOpenFault';
  readonly kind: OpenFaultKind;
  constructor(kind: OpenFaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

// The primary result codes that speak of the machine and not of our SQL; extended codes (SQLITE_IOERR_FSYNC …) begin with them.
const MACHINE = ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_NOMEM'];
const DAMAGE = ['SQLITE_CORRUPT', 'SQLITE_NOTADB'];

const isCode = (error: unknown, codes: readonly string[]): error is InstanceType<typeof Database.SqliteError> =>
  error instanceof Database.SqliteError && codes.some((code) => error.code === code || error.code.startsWith(`${code}_`));

/** Whether the fault lies with disk, memory or locks, so that the same work may succeed later. */
export const isMachineFault = (error: unknown): boolean =>
  error instanceof StoreUnavailable || isCode(error, MACHINE) || isCode(error, DAMAGE);

export const isDamage = (error: unknown): boolean => isCode(error, DAMAGE);
export const isBusy = (error: unknown): boolean => isCode(error, ['SQLITE_BUSY', 'SQLITE_LOCKED']);

/** A driver's error as the port promises it; anything else unchanged. Never carries SQL or values. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (isMachineFault(error)) return new StoreUnavailable(`the store cannot answer (${(error as { code: string }).code})`, { cause: error });
  return error;
}
