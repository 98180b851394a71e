/** A team's file as one end of a move. It is locked against relays for as long as it is open. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '../../ports/clock.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import {
  TABLES,
  type Fact,
  type Row,
  type Table,
  type WholeStore,
} from '../../ports/whole-store.ts';
import { connect, type Connection } from './database.ts';
import { leaveCopied } from './identity.ts';
import { takeLock } from './lock.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';

/**
 * @param isTarget  the file may be absent, and is made then
 * @throws StoreOpenFault  a relay runs on it, it is no store, or there is none
 */
export function openWholeSqlite(
  path: string,
  { isTarget, random }: { readonly isTarget: boolean; readonly random: Random },
): WholeStore {
  if (!isTarget && !existsSync(path))
    throw new StoreOpenFault('not-accessible', `There is no store at ${path}.`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const release = takeLock(path);
  let db: Connection | undefined;
  try {
    db = connect(path);
    migrate(db, path, MIGRATIONS);
    leaveCopied(db, random);
    return new WholeSqlite(db, release);
  } catch (error) {
    db?.close();
    release();
    throw error;
  }
}

class WholeSqlite implements WholeStore {
  readonly #db: Connection;
  readonly #release: () => void;

  constructor(db: Connection, release: () => void) {
    this.#db = db;
    this.#release = release;
  }

  async fact(name: Fact): Promise<string | undefined> {
    return this.#db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(name) as
      string | undefined;
  }

  async putFact(name: Fact, value: string): Promise<void> {
    this.#put(name, value);
  }

  async rows(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    const key = keyOf(table);
    const where = after ? `WHERE (${key}) > (${after.map(() => '?').join(', ')})` : '';
    const sql = `SELECT ${table.columns.join(', ')} FROM ${table.name} ${where} ORDER BY ${key} LIMIT ?`;
    return this.#db
      .prepare(sql)
      .raw()
      .all(...(after ?? []), limit) as Row[];
  }

  async lastKey(table: Table): Promise<Row | undefined> {
    const keys = table.columns.slice(0, table.keyLength);
    const sql = `SELECT ${keys.join(', ')} FROM ${table.name} ORDER BY ${keys.map((key) => `${key} DESC`).join(', ')} LIMIT 1`;
    return this.#db.prepare(sql).raw().get() as Row | undefined;
  }

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    const places = table.columns.map(() => '?').join(', ');
    const insert = this.#db.prepare(
      `INSERT INTO ${table.name} (${table.columns.join(', ')}) VALUES (${places})`,
    );
    this.#db
      .transaction(() => {
        for (const row of rows) insert.run(...row);
      })
      .immediate();
  }

  async clear(): Promise<void> {
    this.#db
      .transaction(() => {
        for (const { name } of TABLES.toReversed()) this.#db.prepare(`DELETE FROM ${name}`).run();
      })
      .immediate();
  }

  async finish({ team, epoch, blobs }: Parameters<WholeStore['finish']>[0]): Promise<void> {
    this.#db
      .transaction(() => {
        this.#put('team', team);
        this.#put('epoch', epoch);
        this.#db.prepare("DELETE FROM meta WHERE key IN ('arriving', 'blobs')").run();
        if (blobs !== undefined) this.#put('blobs', blobs);
      })
      .immediate();
  }

  async close(): Promise<void> {
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
    this.#db.close();
    this.#release();
  }

  #put(name: Fact, value: string): void {
    this.#db
      .prepare(
        'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }
}

const keyOf = (table: Table): string => table.columns.slice(0, table.keyLength).join(', ');
