/**
 * The store on one SQLite file: a write connection that commits in groups, a read connection that sees only what is committed, and a
 * lock that keeps a second relay out. What it guarantees is written at the port.
 */
import type { Epoch, TeamId } from '../../../protocol/ids.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Interruption, Store, StoredEvent, WriteTx } from '../../ports/store.ts';
import { StoreUnavailable } from '../../ports/store.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { auditStore } from './audit.ts';
import { backUp } from './backup.ts';
import { connect, type Connection, type Statement } from './database.ts';
import { isDamage } from './faults.ts';
import { GroupCommit } from './group-commit.ts';
import { checkMove, identify } from './identity.ts';
import { takeLock } from './lock.ts';
import { makeRoomForLog } from './log-room.ts';
import { migrate, type Migrated } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { SqliteReads } from './reads.ts';
import { Snapshot } from './snapshot.ts';
import { SqliteTx } from './tx.ts';

export interface SqliteStoreParts {
  /** The file; it is made if there is none. Its folder must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  /** For tests and simulations that throw the file away: no fsync. */
  readonly isTemporary?: boolean;
  /** When a group starts; by default once the event loop's current input has been read. */
  readonly soon?: (run: () => void) => void;
  readonly onMigrated?: (what: Migrated) => void;
  /** For the tests of migrating. */
  readonly migrations?: readonly string[];
  /** For tests: sees the write connection once it is ready, to make its disk full, say. */
  readonly onWriter?: (writer: Connection) => void;
}

/** @throws StoreOpenFault with words for the person who runs the relay */
export function openSqliteStore(parts: SqliteStoreParts): Store {
  const release = openGuarded(parts.path, () => takeLock(parts.path));
  try {
    return openGuarded(parts.path, () => new SqliteStore(parts, release));
  } catch (error) {
    release();
    throw error;
  }
}

function openGuarded<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof StoreOpenFault) throw error;
    if (isDamage(error)) {
      throw new StoreOpenFault(
        'not-a-store',
        `${path} is not a database, or it is damaged. Restore a backup, or choose another data folder.`,
        error,
      );
    }
    const code = (error as { readonly code?: unknown }).code;
    const reason = typeof code === 'string' ? code : (error as Error).message;
    throw new StoreOpenFault(
      'not-accessible',
      `${path} cannot be opened (${reason}). Check that the folder exists and can be written.`,
      error,
    );
  }
}

class SqliteStore extends SqliteReads implements Store {
  readonly teamId: TeamId;
  readonly #path: string;
  readonly #writer: Connection;
  readonly #release: () => void;
  readonly #group: GroupCommit;
  readonly #snapshot: Snapshot;
  readonly #listeners = new Set<(events: readonly StoredEvent[]) => void>();
  readonly #interrupted = new Set<(what: Interruption) => void>();
  #epoch: Epoch;
  #closing: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts, release: () => void) {
    const options = { isTemporary: parts.isTemporary ?? false };
    const writer = connect(parts.path, options);
    try {
      const migrated = migrate(writer, parts.path, parts.migrations ?? MIGRATIONS);
      if (migrated.from !== migrated.to) parts.onMigrated?.(migrated);
      checkMove(writer, parts.path);
      const identity = identify(writer, parts.random);
      if (!options.isTemporary) makeRoomForLog(writer, parts.path);
      parts.onWriter?.(writer);
      super(connect(parts.path, { ...options, isReadOnly: true }));
      this.#epoch = identity.epoch;
      this.teamId = identity.teamId;
      this.#path = parts.path;
      this.#writer = writer;
      this.#release = release;
      const soon = parts.soon ?? ((run: () => void) => void setImmediate(run));
      this.#snapshot = new Snapshot(this.db, soon);
      this.#group = new GroupCommit({
        transactions: createTransactions(
          writer,
          parts.clock,
          identity.fence,
          this.#snapshot,
          (epoch) => this.#adopt(epoch),
        ),
        soon,
        onCommitted: (events) => this.#tell(events),
      });
    } catch (error) {
      writer.close();
      throw error;
    }
  }

  get epoch(): Epoch {
    return this.#epoch;
  }

  write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#group.run(work);
  }

  onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Only for a new epoch: a file is there, or nothing is. */
  onInterrupted(listener: (what: Interruption) => void): () => void {
    this.#interrupted.add(listener);
    return () => this.#interrupted.delete(listener);
  }

  async backup(path: string): Promise<void> {
    await backUp(this.#writer, path);
  }

  async audit(): Promise<readonly string[]> {
    return auditStore(this.db);
  }

  protected override reading(): void {
    this.#snapshot.open();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#group.close();
    this.#snapshot.end();
    this.db.close();
    try {
      this.#writer.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.#writer.close();
      this.#release();
    }
  }

  #adopt(epoch: Epoch): void {
    this.#epoch = epoch;
    for (const listener of this.#interrupted) listener('new-epoch');
  }

  #tell(events: readonly StoredEvent[]): void {
    for (const listener of this.#listeners) listener(events);
  }
}

function createTransactions(
  db: Connection,
  clock: Clock,
  fence: string,
  snapshot: Snapshot,
  onEpoch: (epoch: Epoch) => void,
) {
  const tx = new SqliteTx(db, clock);
  const begin: Statement = db.prepare('BEGIN IMMEDIATE');
  const commit: Statement = db.prepare('COMMIT');
  const rollback: Statement = db.prepare('ROLLBACK');
  const fenceNow = db.prepare("SELECT value FROM meta WHERE key = 'fence'").pluck();
  return {
    tx,
    begin(): void {
      snapshot.end();
      begin.run();
      // Someone got past the lock and opened the store after us: whatever we still think of heads may be wrong.
      if (fenceNow.get() !== fence)
        throw new StoreUnavailable('another relay has taken this store over');
    },
    commit(): readonly StoredEvent[] {
      tx.flush();
      commit.run();
      snapshot.end();
      const epoch = tx.takeEpoch();
      if (epoch !== undefined) onEpoch(epoch);
      return tx.takeAppended();
    },
    rollback(): void {
      tx.forget();
      // SQLite may have rolled back by itself (disk full, I/O error).
      if (!db.inTransaction) return;
      try {
        rollback.run();
      } catch {
        // The connection is in no state to answer; the next `begin` will tell.
      }
    },
    writeCount: () => tx.writeCount,
  };
}
