/**
 * Brings a database to the layout of this build and says who the store is: numbered, forward only, everything in one transaction under
 * a lock, since two relays may start at once. A database from a newer build, or one that is somebody else's, is refused with words a
 * person can act on, and is not touched.
 */
import type pg from 'pg';
import type { Epoch, TeamId } from '../../../protocol/ids.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import { halfThere, movedAway, StoreOpenFault } from '../../ports/store-open-fault.ts';
import { getFact, putFact } from './facts.ts';
import type { Primary } from './primary.ts';
import { becomesVouchedFor, isVouchedFor, OBJECTION_MS, vouchFor } from './promotion.ts';

export interface Identity {
  readonly epoch: Epoch;
  readonly teamId: TeamId;
}

export interface Prepared extends Identity {
  readonly from: number;
  readonly to: number;
}

/** `LNDL`: everybody who changes the layout or the identity holds this lock. */
const LAYOUT_LOCK = 0x4c_4e_44_4c;
/** Relays share this one for as long as they are connected; who moves the team has it alone. */
export const RELAY_LOCK = LAYOUT_LOCK + 1;

export interface PrepareOptions {
  /** For one who carries the team away or in: the marks of a move are then no reason to refuse. */
  readonly isMove?: boolean;
  /** By which to wait for those who lived through a promotion: they know better than one who has just come. */
  readonly clock?: Clock;
}

export async function prepare(
  { client, term }: Pick<Primary, 'client' | 'term'>,
  random: Random,
  migrations: readonly string[],
  { isMove = false, clock }: PrepareOptions = {},
): Promise<Prepared> {
  await checkEncoding(client);
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LAYOUT_LOCK]);
    const from = await layoutOf(client);
    const to = migrations.length;
    if (from > to) {
      throw new StoreOpenFault(
        'from-the-future',
        `The database was written by a newer Landline (layout ${from}; this one knows up to ${to}). Nothing was changed. Install the newer version.`,
      );
    }
    if (clock) await becomesVouchedFor(client, term, clock, 2 * OBJECTION_MS);
    for (const sql of migrations.slice(from)) await client.query(sql);
    await putFact(client, 'layout', String(to));
    if (!isMove) await checkMove(client);
    const identity = await identify({ client, term }, random);
    await client.query('COMMIT');
    return { ...identity, from, to };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function checkEncoding(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ readonly server_encoding: string }>('SHOW server_encoding');
  const encoding = rows[0]?.server_encoding;
  if (encoding === 'UTF8') return;
  throw new StoreOpenFault(
    'not-a-store',
    `The database keeps its texts as ${encoding ?? 'something'}. Make one with the encoding UTF8.`,
  );
}

async function layoutOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ readonly tables: number; readonly is_ours: boolean }>(
    "SELECT count(*) AS tables, count(*) FILTER (WHERE tablename IN ('meta', 'feed')) >= 1 AS is_ours " +
      'FROM pg_tables WHERE schemaname = current_schema()',
  );
  const [found] = rows;
  if (!found || found.tables === 0) {
    await client.query(
      'CREATE TABLE meta (key text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL)',
    );
    return 0;
  }
  const layout = found.is_ours ? await getFact(client, 'layout').catch(() => undefined) : undefined;
  if (layout !== undefined) return Number(layout);
  throw new StoreOpenFault(
    'not-a-store',
    'The database has tables, but is not a Landline store. Make an empty one for the relay.',
  );
}

async function checkMove(client: pg.Client): Promise<void> {
  if ((await getFact(client, 'moved')) !== undefined) throw movedAway('The database');
  if ((await getFact(client, 'arriving')) !== undefined) throw halfThere('The database');
}

/**
 * Lets a relay in over a new connection: nobody moves the team while it is there, and what is moved later knows that it was.
 * @throws StoreOpenFault
 */
export async function admit(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ readonly is_in: boolean }>(
    'SELECT pg_try_advisory_lock_shared($1) AS is_in',
    [RELAY_LOCK],
  );
  if (rows[0]?.is_in !== true)
    throw new StoreOpenFault('in-use', 'The team is being moved. Wait until that is done.');
  await checkMove(client);
  await client.query(
    "INSERT INTO meta (key, value) VALUES ('fence', '1') ON CONFLICT (key) DO UPDATE SET value = (meta.value::bigint + 1)::text",
  );
}

/** Reads who this store is, making it so on first use. One that came from a dump gets a new epoch, and so does one that nobody vouches for. */
async function identify(
  { client, term }: Pick<Primary, 'client' | 'term'>,
  random: Random,
): Promise<Identity> {
  const here = await placeOf(client);
  const isTheSame = (await getFact(client, 'place')) === here && (await isVouchedFor(client, term));
  const teamId = (await getFact(client, 'team')) ?? uuid(random);
  const epoch = (isTheSame ? await getFact(client, 'epoch') : undefined) ?? newEpoch(random);
  await putFact(client, 'team', teamId);
  await putFact(client, 'epoch', epoch);
  await putFact(client, 'place', here);
  await vouchFor(client, term);
  return { teamId: teamId as TeamId, epoch: epoch as Epoch };
}

/**
 * Names these very tables: the server's files and the number of one table in them. What a dump is restored to has other numbers; a
 * standby that takes over has the same.
 */
export async function placeOf(client: pg.Client): Promise<string> {
  const may = await client.query<{ readonly may: boolean }>(
    "SELECT has_function_privilege('pg_control_system()', 'execute') AS may",
  );
  const system =
    may.rows[0]?.may === true ? '(SELECT system_identifier FROM pg_control_system())' : '0';
  const { rows } = await client.query<{ readonly place: string }>(
    `SELECT ${system} || '/' || 'meta'::regclass::oid AS place`,
  );
  return rows[0]?.place ?? '';
}

/**
 * Replaces the epoch, unless another node has done so since `known` was read.
 * @returns the epoch that holds now
 */
export async function replaceEpoch(
  client: pg.Client,
  known: Epoch,
  random: Random,
): Promise<Epoch> {
  await client.query("UPDATE meta SET value = $2 WHERE key = 'epoch' AND value = $1", [
    known,
    newEpoch(random),
  ]);
  return readEpoch(client, known);
}

export async function readEpoch(client: pg.Client, known: Epoch): Promise<Epoch> {
  return ((await getFact(client, 'epoch')) as Epoch | undefined) ?? known;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const newEpoch = (random: Random): string => hex(random.bytes(16));

function uuid(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
