/** A team's database as one end of a move. A lock keeps relays out for as long as it is open, and is not got while one is in. */
import type pg from 'pg';
import type { Random } from '../../ports/clock.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import {
  TABLES,
  type Fact,
  type Row,
  type Table,
  type WholeStore,
} from '../../ports/whole-store.ts';
import type { PostgresAddress } from './connection.ts';
import { getFact, putFact } from './facts.ts';
import { codeOf } from './faults.ts';
import { placeOf, prepare, RELAY_LOCK } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { connectToPrimary } from './primary.ts';

/** @throws StoreOpenFault  a relay runs on it, it is no store, or it cannot be reached */
export async function openWholePostgres(
  servers: readonly PostgresAddress[],
  random: Random,
): Promise<WholeStore> {
  let client: pg.Client | undefined;
  try {
    const primary = await connectToPrimary(servers, { isPatient: true });
    ({ client } = primary);
    await prepare(primary, random, MIGRATIONS, { isMove: true });
    const { rows } = await client.query<{ readonly is_ours: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS is_ours',
      [RELAY_LOCK],
    );
    if (rows[0]?.is_ours !== true)
      throw new StoreOpenFault('in-use', 'Relays run on the database. Stop them first.');
    return new WholePostgres(client);
  } catch (error) {
    await client?.end().catch(() => undefined);
    if (error instanceof StoreOpenFault) throw error;
    throw new StoreOpenFault(
      'not-accessible',
      `The database cannot be opened (${codeOf(error)}).`,
      error,
    );
  }
}

/** All other columns are texts. */
const NUMBERS = new Set(
  [
    'no head at seq feed by channel member read_seq is_active is_archived joined_at created_at',
    'last_seen_at ended_at rotation refresh_expires_at expires_at uses_left',
    'member_invite_days member_invite_uses',
  ].flatMap((names) => names.split(' ')),
);

class WholePostgres implements WholeStore {
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  fact(name: Fact): Promise<string | undefined> {
    return getFact(this.#client, name);
  }

  putFact(name: Fact, value: string): Promise<void> {
    return putFact(this.#client, name, value);
  }

  async rows(table: Table, after: Row | undefined, limit: number): Promise<readonly Row[]> {
    const key = keyOf(table);
    const where = after ? `WHERE (${key}) > (${after.map((_, i) => `$${i + 2}`).join(', ')})` : '';
    const text = `SELECT ${table.columns.join(', ')} FROM ${table.name} ${where} ORDER BY ${key} LIMIT $1`;
    const { rows } = await this.#client.query<(string | number | null)[]>({
      text,
      values: [limit, ...(after ?? [])],
      rowMode: 'array',
    });
    return rows;
  }

  async lastKey(table: Table): Promise<Row | undefined> {
    const keys = table.columns.slice(0, table.keyLength);
    const text = `SELECT ${keys.join(', ')} FROM ${table.name} ORDER BY ${keys.map((key) => `${key} DESC`).join(', ')} LIMIT 1`;
    const { rows } = await this.#client.query<(string | number | null)[]>({
      text,
      rowMode: 'array',
    });
    return rows[0];
  }

  async insert(table: Table, rows: readonly Row[]): Promise<void> {
    const columns = table.columns.map((_, i) => rows.map((row) => row[i] ?? null));
    const arrays = table.columns
      .map((column, i) => `$${i + 1}::${NUMBERS.has(column) ? 'bigint' : 'text'}[]`)
      .join(', ');
    await this.#client.query(
      `INSERT INTO ${table.name} (${table.columns.join(', ')}) SELECT * FROM unnest(${arrays})`,
      columns,
    );
  }

  async clear(): Promise<void> {
    await this.#client.query(`TRUNCATE ${TABLES.map(({ name }) => name).join(', ')}`);
  }

  async finish({ team, epoch, blobs }: Parameters<WholeStore['finish']>[0]): Promise<void> {
    const client = this.#client;
    await client.query('BEGIN');
    try {
      await client.query(
        "SELECT setval(pg_get_serial_sequence('feed', 'no'), (SELECT coalesce(max(no), 0) + 1 FROM feed), false)",
      );
      await putFact(client, 'team', team);
      await putFact(client, 'epoch', epoch);
      await putFact(client, 'place', await placeOf(client));
      await client.query("DELETE FROM meta WHERE key IN ('arriving', 'blobs')");
      if (blobs !== undefined) await putFact(client, 'blobs', blobs);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

const keyOf = (table: Table): string => table.columns.slice(0, table.keyLength).join(', ');
