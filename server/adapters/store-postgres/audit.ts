/** What is wrong with a store's rows, in words; empty when all is well. The server looks after its files itself. */
import type pg from 'pg';
import type { PostgresAddress } from './connection.ts';
import { connectToPrimary } from './primary.ts';

const HEADS = `
  SELECT feed.id, feed.head, count(event.seq) AS events, coalesce(max(event.seq), 0) AS last
  FROM feed LEFT JOIN event ON event.feed = feed.no GROUP BY feed.no HAVING feed.head <> count(event.seq) OR feed.head <> coalesce(max(event.seq), 0)`;
const STRAY = `
  SELECT count(*) AS count FROM event
  WHERE NOT EXISTS (SELECT 1 FROM feed WHERE feed.no = event.feed) OR NOT EXISTS (SELECT 1 FROM feed WHERE feed.no = event.by)`;
const BACKWARDS = `
  SELECT id, count(*) AS count FROM (
    SELECT feed.id, event.at < lag(event.at) OVER (PARTITION BY event.feed ORDER BY event.seq) AS is_back
    FROM event JOIN feed ON feed.no = event.feed
  ) AS times WHERE is_back GROUP BY id`;

/** Checks the store through a connection of its own. */
export async function auditServers(
  servers: readonly PostgresAddress[],
): Promise<readonly string[]> {
  const { client } = await connectToPrimary(servers, { isPatient: true });
  try {
    return await auditStore(client);
  } finally {
    await client.end();
  }
}

async function auditStore(client: pg.Client): Promise<readonly string[]> {
  type Heads = {
    readonly id: string;
    readonly head: number;
    readonly events: number;
    readonly last: number;
  };
  const heads = await client.query<Heads>(HEADS);
  const stray = await client.query<{ readonly count: number }>(STRAY);
  const backwards = await client.query<{ readonly id: string; readonly count: number }>(BACKWARDS);
  const strays = stray.rows[0]?.count ?? 0;
  return [
    ...heads.rows.map(
      ({ id, head, events, last }) =>
        `feed ${id}: head ${head}, but ${events} events up to ${last}`,
    ),
    ...(strays > 0 ? [`${strays} events refer to nothing`] : []),
    ...backwards.rows.map(({ id, count }) => `feed ${id}: time goes back ${count} times`),
  ];
}
