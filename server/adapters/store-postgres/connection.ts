/**
 * Opens connections to the server. Every connection gets the same settings here and nowhere else: numbers of 64 bits arrive as numbers
 * (what is counted here stays below 2^53), a commit is answered when it is on the disk whatever the server's default says, and nobody
 * who stops in the middle holds others up for ever.
 */
import pg from 'pg';

/** Where the database is and who asks. `connectionString` is an address like `postgres://user:password@host:5432/database`. */
export type PostgresAddress = Pick<
  pg.ClientConfig,
  'connectionString' | 'host' | 'port' | 'user' | 'database' | 'password' | 'ssl'
>;

/** A machine that has lost its power does not say so: who waited longer for it would be late at the one that took its place. */
const CONNECT_MS = 3_000;
/** A server that takes longer than this for an answer is as good as gone. Longer than anybody waits for a lock. */
const ANSWER_MS = 10_000;
/**
 * `idle_in_transaction_session_timeout`: a relay that stands still (a suspended machine) in the middle of a group loses it and its locks.
 * `enable_seqscan`: a plan is kept for as long as its connection lives. One that was made while the table was small would read all of it
 * for ever; every question of ours has its index.
 */
const SETTINGS = {
  synchronous_commit: 'on',
  default_transaction_isolation: 'read\\ committed',
  enable_seqscan: 'off',
};
const PATIENCE = { lock_timeout: '4s', idle_in_transaction_session_timeout: '10s' };

const optionsOf = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');

const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number) => (oid === INT8 ? Number : (text: string) => parseOther(oid, text)),
};
const parseOther = (oid: number, text: string): unknown =>
  (pg.types.getTypeParser(oid, 'text') as (text: string) => unknown)(text);

const configOf = (address: PostgresAddress, isPatient = false): pg.ClientConfig => ({
  ...address,
  types,
  options: optionsOf(isPatient ? SETTINGS : { ...SETTINGS, ...PATIENCE }),
  ...(isPatient ? {} : { query_timeout: ANSWER_MS }),
  application_name: 'landline-relay',
  keepAlive: true,
  connectionTimeoutMillis: CONNECT_MS,
});

/**
 * One connection, ready. Its questions are sent as they are asked, without waiting for the answers to those before.
 * @param isPatient  waits for answers as long as they take: for migrating, auditing, copying
 */
export async function connect(
  address: PostgresAddress,
  { isPatient = false } = {},
): Promise<pg.Client> {
  const client = new pg.Client({ ...configOf(address, isPatient), pipeline: !isPatient });
  // What breaks is noticed where it is used.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Connections for reading, made as they are needed.
 * @param admit  looks at the server behind each; one that it rejects is not used
 */
export function createPool(
  address: PostgresAddress,
  max: number,
  admit: (client: pg.PoolClient) => Promise<void>,
): pg.Pool {
  const verify = (client: pg.PoolClient, done: (error?: Error) => void): void =>
    void admit(client).then(() => done(), done);
  const pool = new pg.Pool({ ...configOf(address), max, verify });
  pool.on('error', () => undefined);
  return pool;
}
