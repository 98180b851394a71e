/**
 * One SQLite file, opened the way this product needs it: WAL, an explicit `synchronous`, deleted words overwritten. It
 * guarantees that every statement is prepared once, that one running longer than 8 ms is logged by its name (never with
 * its values), and that driver errors come out as three kinds a caller can act on. What the tables mean is said elsewhere.
 */
import Driver from 'better-sqlite3';
import type { Clock, Log } from '../ports.ts';

export type Value = string | number | null | Uint8Array;

/** A prepared statement. `Row` is what its columns are known to be: the schema is ours. */
export interface Statement<Params extends readonly Value[], Row> {
  get(...params: Params): Row | undefined;
  all(...params: Params): Row[];
  run(...params: Params): { readonly changes: number; readonly id: number };
}

export interface Sqlite {
  readonly path: string;
  /** @param name  how the statement is called in the log */
  prepare<Params extends readonly Value[] = readonly [], Row = never>(
    name: string,
    sql: string,
  ): Statement<Params, Row>;
  /** Everything or nothing; a transaction inside another one joins it. */
  transaction<T>(name: string, work: () => T): T;
  exec(sql: string): void;
  pragma(text: string): unknown;
  close(): void;
}

/**
 * `damaged`: the file's bytes are wrong. `misfit`: its tables or rows do not fit our statements. `unusable`: it cannot be opened or
 * written, through no fault of its content.
 */
export type SqliteFault = 'damaged' | 'misfit' | 'full' | 'in-use' | 'unusable';

/** The file cannot serve: what it is is told by `fault`; the driver's own error is the cause. */
export class SqliteFailure extends Error {
  override readonly name = 'SqliteFailure';
  readonly fault: SqliteFault;
  readonly path: string;

  constructor(fault: SqliteFault, path: string, cause: unknown) {
    super(`sqlite: ${fault}`, { cause });
    this.fault = fault;
    this.path = path;
  }
}

export interface SqliteParts {
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly synchronous: 'NORMAL' | 'FULL';
  /** Keeps every other process (and connection) out for as long as it is open. */
  readonly isExclusive: boolean;
}

const SLOW_MS = 8;

export function openSqlite({ path, clock, log, synchronous, isExclusive }: SqliteParts): Sqlite {
  const guard = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw translated(error, path);
    }
  };
  const timed = <T>(name: string, run: () => T): T => {
    const began = clock.monotonic();
    try {
      return run();
    } catch (error) {
      throw translated(error, path);
    } finally {
      const ms = clock.monotonic() - began;
      if (ms > SLOW_MS) log.warn('sqlite.slow', { statement: name, ms: Math.round(ms) });
    }
  };

  const driver = guard(() => new Driver(path, { timeout: 1_000 }));
  try {
    guard(() => {
      // In exclusive mode, set before WAL, the index of the log lives in memory: no -shm file, and no second process gets in.
      if (isExclusive) driver.pragma('locking_mode = EXCLUSIVE');
      driver.pragma('journal_mode = WAL');
      // After journal_mode, on purpose: the driver's own default for WAL is NORMAL.
      driver.pragma(`synchronous = ${synchronous}`);
      driver.pragma('secure_delete = ON');
      driver.pragma('foreign_keys = OFF');
      driver.pragma('temp_store = MEMORY');
      // A checkpoint waits for the disk. Every 16 MiB instead of every 4, it stays out of the way of a catch-up.
      driver.pragma('wal_autocheckpoint = 4000');
      driver.pragma(`journal_size_limit = ${16 * 1024 * 1024}`);
      if (isExclusive) driver.exec('BEGIN EXCLUSIVE; COMMIT;');
    });
  } catch (error) {
    driver.close();
    throw error;
  }

  return {
    path,
    prepare<Params extends readonly Value[], Row>(
      name: string,
      sql: string,
    ): Statement<Params, Row> {
      // Prepared at first use: a start pays only for the statements it runs.
      let prepared: Driver.Statement<unknown[], Row> | undefined;
      const statement = () => (prepared ??= driver.prepare<unknown[], Row>(sql));
      return {
        get: (...params) => timed(name, () => statement().get(...params)),
        all: (...params) => timed(name, () => statement().all(...params)),
        run: (...params) =>
          timed(name, () => {
            const { changes, lastInsertRowid } = statement().run(...params);
            return { changes, id: Number(lastInsertRowid) };
          }),
      };
    },
    transaction<T>(name: string, work: () => T): T {
      if (driver.inTransaction) return work();
      guard(() => driver.exec('BEGIN IMMEDIATE'));
      try {
        const value = work();
        timed(`${name}.commit`, () => driver.exec('COMMIT'));
        return value;
      } catch (error) {
        if (driver.inTransaction) driver.exec('ROLLBACK');
        throw error;
      }
    },
    exec: (sql) => guard(() => void driver.exec(sql)),
    pragma: (text) => guard(() => driver.pragma(text, { simple: true })),
    close: () => void driver.close(),
  };
}

function translated(error: unknown, path: string): unknown {
  if (!(error instanceof Driver.SqliteError)) return error;
  return new SqliteFailure(faultOf(error.code), path, error);
}

const FAULTS: readonly (readonly [SqliteFault, readonly string[]])[] = [
  [
    'damaged',
    [
      'SQLITE_CORRUPT',
      'SQLITE_NOTADB',
      'SQLITE_FORMAT',
      'SQLITE_IOERR_CORRUPTFS',
      'SQLITE_IOERR_DATA',
      // A sector that cannot be read, and a file that is shorter than it says.
      'SQLITE_IOERR_READ',
      'SQLITE_IOERR_SHORT_READ',
    ],
  ],
  ['full', ['SQLITE_FULL']],
  ['in-use', ['SQLITE_BUSY', 'SQLITE_LOCKED']],
  [
    'unusable',
    ['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_PERM', 'SQLITE_NOMEM'],
  ],
];

const faultOf = (code: string): SqliteFault =>
  FAULTS.find(([, codes]) => codes.some((one) => code.startsWith(one)))?.[0] ?? 'misfit';
