/**
 * Opens connections to the store's file. Every connection gets the same settings here and nowhere else, because two of them are
 * traps: better-sqlite3 is compiled so that switching to WAL lowers `synchronous` to NORMAL, which loses acknowledged messages in a
 * power cut, and foreign keys are per connection.
 */
import Database from 'better-sqlite3';

export type Connection = Database.Database;
export type Statement = Database.Statement<unknown[], unknown>;

/** `LNDL`: tells our files from other people's SQLite databases. */
export const APPLICATION_ID = 0x4c_4e_44_4c;

/** 16 MiB between checkpoints: at 4 KiB a page fewer, larger ones cost half the time of SQLite's default of 1,000 pages. */
export const CHECKPOINT_PAGES = 4_000;

export interface ConnectionOptions {
  readonly isReadOnly?: boolean;
  /** Only for stores that are thrown away: commits then survive a crash of the program, not of the machine. */
  readonly isTemporary?: boolean;
}

export function connect(
  path: string,
  { isReadOnly = false, isTemporary = false }: ConnectionOptions = {},
): Connection {
  const db = new Database(path, { readonly: isReadOnly, timeout: 2_000 });
  try {
    if (!isReadOnly) db.pragma('journal_mode = WAL');
    // After journal_mode, on purpose: see above.
    db.pragma(`synchronous = ${isTemporary ? 'OFF' : 'FULL'}`);
    // macOS: a plain fsync does not reach the platter there.
    db.pragma('fullfsync = ON');
    db.pragma('foreign_keys = ON');
    // Deleted words are overwritten with zeros, not merely forgotten.
    db.pragma('secure_delete = ON');
    db.pragma('trusted_schema = OFF');
    // What is written to is kept at hand; what is only read lies in the system's own cache as well.
    db.pragma(`cache_size = ${isReadOnly ? -4_000 : -16_000}`);
    db.pragma('temp_store = MEMORY');
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** `pragma` as a number, for those that answer one. */
export const pragmaNumber = (db: Connection, name: string): number =>
  Number(db.pragma(name, { simple: true }));
