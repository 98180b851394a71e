/**
 * Which of a team's servers takes writes, and since when. A standby that is promoted begins the next timeline of its cluster, so of two
 * servers that both take writes, the one with the lower number has been left behind: somebody was promoted in its place, and it came
 * back without knowing. It is never spoken to again by one who knows of the other.
 */
import pg from 'pg';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { StoreUnavailable } from '../../ports/store.ts';
import { connect, type PostgresAddress } from './connection.ts';

/** A stretch of history that one server after the other writes. */
export interface Term {
  /** The number that a server has in common with all its standbys. */
  readonly cluster: string;
  /** Grows with every promotion. 0 where the server does not tell: then nobody is left behind. */
  readonly timeline: number;
}

export interface Primary {
  readonly client: pg.Client;
  readonly address: PostgresAddress;
  readonly term: Term;
}

const UNTOLD: Term = { cluster: '', timeline: 0 };
/** The first eight digits in the name of the file that is being written. What the last checkpoint says may be older than a promotion. */
const TERM = `
  SELECT system_identifier::text AS cluster, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS timeline
  FROM pg_control_system()`;

/**
 * A connection to the server that takes writes. Of several that do, the one that was promoted last. With a server that answers nothing it
 * takes as long as connecting may.
 * @throws StoreUnavailable  the servers are there, and none of them takes writes
 */
export async function connectToPrimary(
  servers: readonly PostgresAddress[],
  how: { readonly isPatient?: boolean } = {},
): Promise<Primary> {
  const met = await Promise.allSettled(servers.map((address) => meet(address, how)));
  const [chosen, ...others] = met
    .flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    .toSorted((a, b) => b.term.timeline - a.term.timeline);
  const isOneCluster = others.every(({ term }) => term.cluster === chosen?.term.cluster);
  for (const { client } of isOneCluster ? others : [...others, ...(chosen ? [chosen] : [])])
    void client.end().catch(() => undefined);
  if (!isOneCluster)
    throw new StoreUnavailable(
      'the servers do not belong together: none is a standby of the other',
    );
  if (chosen) return chosen;
  const faults = met.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
  // That all are read-only says more than that one is away.
  throw (
    faults.find((fault) => fault instanceof StoreUnavailable) ??
    faults[0] ??
    new StoreUnavailable('no server is named')
  );
}

async function meet(
  address: PostgresAddress,
  how: { readonly isPatient?: boolean },
): Promise<Primary> {
  const client = await connect(address, how);
  try {
    return { client, address, term: await termOf(client) };
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * @throws StoreUnavailable  it takes no writes: a standby, or a server that was made read-only
 * @throws StoreOpenFault  what a connection is set to (`connection.ts`) does not reach it, that a commit is on the disk for one
 */
export async function termOf(client: pg.ClientBase): Promise<Term> {
  const { rows } = await client.query<{ readonly is_set: boolean; readonly is_read_only: boolean }>(
    "SELECT current_setting('enable_seqscan') = 'off' AS is_set, current_setting('transaction_read_only') = 'on' AS is_read_only",
  );
  const [found] = rows;
  if (found?.is_set === false) {
    throw new StoreOpenFault(
      'not-accessible',
      'What the relay sets for its connections does not reach the database: a pooler drops it. Give the address of the server itself.',
    );
  }
  if (found?.is_read_only !== false) throw new StoreUnavailable('the server is read-only');
  try {
    return (await client.query<Term & pg.QueryResultRow>(TERM)).rows[0] ?? UNTOLD;
  } catch (error) {
    // Services that are only like PostgreSQL keep this to themselves.
    if (error instanceof pg.DatabaseError) return UNTOLD;
    throw error;
  }
}

/** Whether somebody was promoted in the place of the server that is in `term`. */
export const isLeftBehind = (term: Term, known: Term | undefined): boolean =>
  known !== undefined && term.cluster === known.cluster && term.timeline < known.timeline;

export const isSameTerm = (term: Term, known: Term | undefined): boolean =>
  known !== undefined && term.cluster === known.cluster && term.timeline === known.timeline;
