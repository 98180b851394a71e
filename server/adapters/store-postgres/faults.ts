/**
 * What goes wrong between us and the server, in three kinds: it cannot answer now (`StoreUnavailable`), others were in the way and the
 * same may succeed when it is tried again (`Contended`), or our own mistake, which stays what it is.
 */
import pg from 'pg';
import { StoreUnavailable } from '../../ports/store.ts';

/** Nothing of the transaction was written; others got in its way. To be run again. */
export class Contended extends Error {
  override readonly name = 'Contended';
}

/** The connection went while the commit was on its way: the transaction is durable, or it never was. */
export class InDoubt extends Error {
  override readonly name = 'InDoubt';
}

/** The server takes no writes any more: it has become a standby, or somebody made it read-only. */
export class BecameReadOnly extends StoreUnavailable {}

/**
 * A failed serialization, a deadlock, a lock not got in time. And a key that is there already: the domain has looked for it before, so
 * another node was quicker, and a second look will find it.
 */
const CONTENTION = ['40001', '40P01', '55P03', '23505'];
/** By class: connection, resources (full disk, too many connections), intervention (shutting down, cancelled), system, internal. */
const MACHINE = ['08', '53', '57', '58', 'XX'];
const READ_ONLY = '25006';

/** A driver's error as what it means. Never carries SQL or values. */
export function asStoreError(error: unknown): Error {
  if (error instanceof StoreUnavailable || error instanceof Contended || error instanceof InDoubt)
    return error;
  if (!(error instanceof pg.DatabaseError))
    return new StoreUnavailable(`the store cannot be reached (${codeOf(error)})`);
  const code = error.code ?? '';
  if (CONTENTION.includes(code)) return new Contended(`others were in the way (${code})`);
  if (code === READ_ONLY) return new BecameReadOnly('the server is read-only');
  if (MACHINE.includes(code.slice(0, 2)))
    return new StoreUnavailable(`the store cannot answer (${code})`);
  return error;
}

/** Whether the server has said no, and is still there to say it. Anything else leaves open what it did. */
export const isPlainRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR';

/** A short name for what happened, fit for a log. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'string' ? code : String(message);
}
