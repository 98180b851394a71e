/** The private server does what the suites over it take for granted. */
import { afterEach, describe, expect, test } from 'vitest';
import { POSTGRES, startPostgres, startStandby, type PostgresServer } from './postgres.ts';

describe.skipIf(POSTGRES === undefined)('a private PostgreSQL', () => {
  let server: PostgresServer | undefined;
  let standby: PostgresServer | undefined;
  afterEach(async () => {
    await standby?.dispose();
    await server?.dispose();
  });

  test('gives out empty databases, and keeps what was committed over a kill', async () => {
    server = await startPostgres();
    const [one, other] = [await server.createDatabase(), await server.createDatabase()];
    expect(other.database).not.toBe(one.database);
    await server.ask(one.database, 'CREATE TABLE kept (n integer)');
    await server.kill();
    await expect(server.ask(one.database, 'SELECT 1')).rejects.toThrow();
    await server.restart();
    expect(await server.ask(one.database, 'SELECT count(*)::int AS count FROM kept')).toEqual([
      { count: 0 },
    ]);
    await expect(server.ask(other.database, 'SELECT 1 FROM kept')).rejects.toThrow(
      'does not exist',
    );
    expect(await server.ask(one.database, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
  });

  test('has standbys: what a synchronous one follows is there before it is answered, and one that follows no more lacks the rest', async () => {
    server = await startPostgres({ isTemporary: true });
    const { database } = await server.createDatabase();
    const follower = await startStandby(server, { isTemporary: true, isSynchronous: true });
    standby = follower;
    await server.ask(database, 'CREATE TABLE kept (n integer)');
    await server.set({ synchronous_standby_names: '' });
    await follower.stopFollowing();
    await server.ask(database, 'CREATE TABLE missed (n integer)');
    await expect(follower.ask(database, 'CREATE TABLE refused (n integer)')).rejects.toThrow(
      'read-only',
    );
    await server.kill();
    await follower.promote();
    await follower.ask(database, 'INSERT INTO kept VALUES (1)');
    await expect(follower.ask(database, 'SELECT 1 FROM missed')).rejects.toThrow('does not exist');
    await server.restart();
    expect(await server.ask(database, 'SELECT count(*)::int AS count FROM kept')).toEqual([
      { count: 0 },
    ]);
  });
});
