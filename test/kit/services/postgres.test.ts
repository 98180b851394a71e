/** The private server does what the suites over it take for granted. */
import { afterEach, describe, expect, test } from 'vitest';
import { POSTGRES, startPostgres, type PostgresServer } from './postgres.ts';

describe.skipIf(POSTGRES === undefined)('a private PostgreSQL', () => {
  let server: PostgresServer | undefined;
  afterEach(() => server?.dispose());

  test('gives out empty databases, and keeps what was committed over a kill', async () => {
    server = await startPostgres();
    const [one, other] = [await server.createDatabase(), await server.createDatabase()];
    expect(other.database).not.toBe(one.database);
    await server.ask(one.database, 'CREATE TABLE kept (n integer)');
    await server.kill();
    await expect(server.ask(one.database, 'SELECT 1')).rejects.toThrow();
    await server.restart();
    expect(await server.ask(one.database, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 0 }]);
    await expect(server.ask(other.database, 'SELECT 1 FROM kept')).rejects.toThrow('does not exist');
    expect(await server.ask(one.database, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  }, 60_000);
});
