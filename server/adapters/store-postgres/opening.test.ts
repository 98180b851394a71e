/** Opening a database: made once, brought up to date, refused with words where it is not ours to open. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import {
  POSTGRES,
  postgresTool,
  startPostgres,
  type PostgresServer,
} from '../../../test/kit/services/postgres.ts';
import { openWay } from '../../../test/kit/services/postgres-way.ts';
import { silentLog } from '../../observe/log.ts';
import { StoreUnavailable } from '../../ports/store.ts';
import { systemClock } from '../system-clock.ts';
import type { PostgresAddress } from './connection.ts';
import { MIGRATIONS } from './migrations/list.ts';
import { openPostgresStore, type PostgresStoreParts } from './store.ts';

/** A relay looks after its database this often. */
const LOOK_MS = 3_000;

describe.skipIf(POSTGRES === undefined)('a database', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ isTemporary: true });
  });
  afterAll(() => server.dispose());

  const open = (address: PostgresAddress, more: Partial<PostgresStoreParts> = {}) =>
    openPostgresStore({
      servers: [address],
      clock: createFakeClock(),
      random: createSeededRandom('open'),
      log: silentLog,
      ...more,
    });
  const opened = async (address: PostgresAddress, more: Partial<PostgresStoreParts> = {}) => {
    const store = await open(address, more);
    const { epoch, teamId } = store;
    await store.close();
    return { epoch, teamId };
  };

  test('is made by whoever comes first, and is the same store for everybody after', async () => {
    const address = await server.createDatabase();
    const migrated: unknown[] = [];
    const random = (name: string) => ({
      random: createSeededRandom(name),
      onMigrated: (what: unknown) => migrated.push(what),
    });
    const all = await Promise.all(['a', 'b', 'c'].map((name) => opened(address, random(name))));
    expect(new Set(all.map(({ epoch, teamId }) => `${epoch} ${teamId}`)).size).toBe(1);
    expect(migrated).toEqual([expect.objectContaining({ from: 0, to: MIGRATIONS.length })]);
  });

  test('restored from a dump is the same team in a new epoch', async () => {
    const [from, to] = [await server.createDatabase(), await server.createDatabase()];
    const before = await opened(from);
    const dump = execFileSync(postgresTool('pg_dump'), [
      '-h',
      from.host,
      '-U',
      from.user,
      from.database,
    ]);
    execFileSync(postgresTool('psql'), ['-q', '-h', to.host, '-U', to.user, to.database], {
      input: dump,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const after = await opened(to, { random: createSeededRandom('after') });
    expect(after.teamId).toBe(before.teamId);
    expect(after.epoch).not.toBe(before.epoch);
    expect(await opened(to, { random: createSeededRandom('again') })).toEqual(after);
  });

  test('whose operator says that it went back in time has a new epoch', async () => {
    const address = await server.createDatabase();
    const before = await opened(address);
    await server.ask(address.database, "DELETE FROM meta WHERE key = 'epoch'");
    const after = await opened(address, { random: createSeededRandom('after') });
    expect(after).toEqual({
      teamId: before.teamId,
      epoch: expect.not.stringMatching(before.epoch) as string,
    });
  });

  test('of a newer Landline is refused and not touched', async () => {
    const address = await server.createDatabase();
    await opened(address, { migrations: [...MIGRATIONS, 'CREATE TABLE of_tomorrow (n integer)'] });
    await expect(open(address)).rejects.toMatchObject({
      name: 'StoreOpenFault',
      kind: 'from-the-future',
    });
  });

  test('of somebody else is refused and not touched', async () => {
    const address = await server.createDatabase();
    await server.ask(address.database, 'CREATE TABLE invoices (n integer)');
    await expect(open(address)).rejects.toMatchObject({
      name: 'StoreOpenFault',
      kind: 'not-a-store',
    });
    expect(
      await server.ask(
        address.database,
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
      ),
    ).toEqual([{ tablename: 'invoices' }]);
  });

  test('whose migration fails stays what it was', async () => {
    const address = await server.createDatabase();
    const { epoch } = await opened(address);
    await expect(
      open(address, { migrations: [...MIGRATIONS, 'CREATE TABLE half (n integer)', 'nonsense'] }),
    ).rejects.toThrow();
    expect((await opened(address)).epoch).toBe(epoch);
    expect(
      await server.ask(address.database, "SELECT 1 FROM pg_tables WHERE tablename = 'half'"),
    ).toEqual([]);
  });

  test('with texts of another encoding is refused', async () => {
    const address = await server.createDatabase();
    await server.ask('postgres', "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    await expect(open({ ...address, database: 'latin' })).rejects.toMatchObject({
      kind: 'not-a-store',
    });
  });

  test('that cannot be reached is refused without a word of the password', async () => {
    const opening = open({ host: '/nowhere', user: 'landline', database: 'x', password: 'canary' });
    await expect(opening).rejects.toMatchObject({ name: 'StoreOpenFault', kind: 'not-accessible' });
    await expect(opening).rejects.not.toThrow('canary');
  });

  test('whose clock is another than this machine’s is told of, until somebody has set a clock', async () => {
    const clock = createFakeClock();
    const told: string[] = [];
    const tell = (event: string): void => void (event.startsWith('clock-') && told.push(event));
    const store = await open(await server.createDatabase(), {
      clock,
      log: { ...silentLog, error: tell, info: tell },
    });
    for (const [aheadMs, events] of [
      [60_000, ['clock-differs']],
      [0, ['clock-differs', 'clock-agrees']],
      [-60_000, ['clock-differs', 'clock-agrees', 'clock-differs']],
    ] as const) {
      await expect
        .poll(() => {
          clock.advance(LOOK_MS);
          clock.setWall(Date.now() + aheadMs);
          return told;
        })
        .toEqual(events);
    }
    await store.close();
  });

  test('behind something that drops what connections are set to is refused, and it is said why', async () => {
    const way = openWay(await server.createDatabase());
    await opened(way.address);
    way.dropSettings();
    await expect(open(way.address)).rejects.toMatchObject({
      name: 'StoreOpenFault',
      message: expect.stringContaining('pooler'),
    });
    await way.dispose();
  });

  test('that takes too few connections answers what it can and refuses the rest as unavailable, and one that takes no more is not opened', async () => {
    const address = await server.createDatabase();
    await server.ask('postgres', 'CREATE ROLE few LOGIN CONNECTION LIMIT 3');
    await server.ask('postgres', `ALTER DATABASE ${address.database} OWNER TO few`);
    const limited = { ...address, user: 'few' };
    const store = await open(limited, { clock: systemClock });
    const asked = await Promise.allSettled(Array.from({ length: 50 }, () => store.team()));
    const faults = asked.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    expect(faults.length).toBeLessThan(asked.length);
    expect(faults.filter((fault) => !(fault instanceof StoreUnavailable))).toEqual([]);
    expect(await store.team()).toBeUndefined();
    await expect(open(limited)).rejects.toMatchObject({
      name: 'StoreOpenFault',
      kind: 'not-accessible',
    });
    await store.close();
  });

  test('can belong to an account without special rights', async () => {
    const address = await server.createDatabase();
    await server.ask('postgres', 'CREATE ROLE plain LOGIN');
    await server.ask('postgres', `ALTER DATABASE ${address.database} OWNER TO plain`);
    const store = await open({ ...address, user: 'plain' });
    expect(await store.audit()).toEqual([]);
    await store.close();
  });
});
