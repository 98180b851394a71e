/** Every question and change finds its rows by an index, also when its plan was made while the tables were empty. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import {
  POSTGRES,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from '../../../test/kit/services/postgres.ts';
import { silentLog } from '../../observe/log.ts';
import { connect } from './connection.ts';
import { LOCKS, QUERIES, type QueryName } from './queries.ts';
import { openPostgresStore } from './store.ts';
import { WRITES } from './writes.ts';

/** These ask for everything. `dropSessions` goes through all sessions once a day. */
const WHOLE = new Set(['team', 'newestAt', 'members', 'invites', 'dropSessions']);

describe.skipIf(POSTGRES === undefined)('the plan of', () => {
  let server: PostgresServer;
  let address: PostgresAddress;
  beforeAll(async () => {
    server = await startPostgres({ isTemporary: true });
    address = await server.createDatabase();
    const store = await openPostgresStore({
      servers: [address],
      clock: createFakeClock(),
      random: createSeededRandom('plans'),
      log: silentLog,
    });
    await store.close();
  });
  afterAll(() => server.dispose());

  const asked = Object.entries(QUERIES).map(
    ([name, sql]) => [name, sql + (LOCKS[name as QueryName] ?? '')] as const,
  );
  const changes = Object.entries(WRITES).filter(([, sql]) => !sql.startsWith('INSERT'));
  test.each([...asked, ...changes].filter(([name]) => !WHOLE.has(name)))(
    '%s reads no table from end to end',
    async (_name, sql) => {
      const client = await connect(address, { isPatient: true });
      try {
        await client.query('SET plan_cache_mode = force_generic_plan');
        await client.query(`PREPARE asked AS ${sql}`);
        const values = [...new Set(sql.match(/\$\d+/g))].map(() => 'NULL').join(', ');
        const ask = `EXPLAIN EXECUTE asked${values === '' ? '' : ` (${values})`}`;
        const { rows } = await client.query<{ readonly 'QUERY PLAN': string }>(ask);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(plan).not.toContain('Seq Scan');
      } finally {
        await client.end();
      }
    },
  );
});
