/** A server that goes away: what was acknowledged stays, what is in doubt is found out, and lost history is noticed by everybody. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { channelFeed } from '../../../protocol/ids.ts';
import type { ChannelId, MemberId, OperationId } from '../../../protocol/ids.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import {
  POSTGRES,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from '../../../test/kit/services/postgres.ts';
import { openWay } from '../../../test/kit/services/postgres-way.ts';
import { silentLog } from '../../observe/log.ts';
import {
  StoreUnavailable,
  type EventDraft,
  type Interruption,
  type Store,
  type StoredEvent,
} from '../../ports/store.ts';
import { systemClock as clock } from '../system-clock.ts';
import { openPostgresStore } from './store.ts';

const ALL = { from: 1, to: 1_000_000 };
const PLENTY = { events: 1_000_000, bytes: 1e9 };

describe.skipIf(POSTGRES === undefined)('a PostgreSQL server that goes away', () => {
  let server: PostgresServer;
  const ends: (() => Promise<unknown>)[] = [];
  let count = 0;
  const id = <T extends string>(): T =>
    `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T;
  const ada = id<MemberId>();
  const feed = channelFeed(id<ChannelId>());
  const draft = (): EventDraft => ({
    by: ada,
    kind: 'posted',
    op: id<OperationId>(),
    body: { text: 'x' },
  });

  beforeAll(async () => {
    // Durable: what a killed server had promised has to be there.
    server = await startPostgres();
  });
  afterAll(() => server.dispose());
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const open = async (
    address: PostgresAddress,
    name: string,
  ): Promise<{ store: Store; heard: Interruption[]; told: StoredEvent[] }> => {
    const store = await openPostgresStore({
      servers: [address],
      clock,
      random: createSeededRandom(name),
      log: silentLog,
    });
    ends.push(() => store.close());
    const [heard, told]: [Interruption[], StoredEvent[]] = [[], []];
    store.onInterrupted((what) => heard.push(what));
    store.onCommitted((events) => told.push(...events));
    return { store, heard, told };
  };
  const until = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };

  test('killed and started again under load: no acknowledged event is lost or doubled, and the epoch stays', async () => {
    const address = await server.createDatabase();
    const relays = [await open(address, 'a'), await open(address, 'b')];
    const epochs = relays.map(({ store }) => store.epoch);
    const acked = new Map<string, number>();
    const refused = new Set<string>();
    let isOver = false;
    const talk = async (store: Store) => {
      while (!isOver) {
        const said = draft();
        const append = () => store.write((tx) => tx.append(feed, said));
        const first = await append().catch((error: unknown) => {
          if (!(error instanceof StoreUnavailable)) throw error;
          refused.add(said.op ?? '');
          return undefined;
        });
        const { event } = first ?? (await until(append));
        acked.set(said.op ?? '', event.seq);
      }
    };
    const talking = relays.flatMap(({ store }) => [
      talk(store),
      talk(store),
      talk(store),
      talk(store),
    ]);
    for (let blow = 0; blow < 3; blow++) {
      const before = acked.size;
      await expect.poll(() => acked.size).toBeGreaterThan(before + 60);
      await server.kill();
      for (const { store } of relays)
        await expect(store.write((tx) => tx.append(feed, draft()))).rejects.toBeInstanceOf(
          StoreUnavailable,
        );
      await server.restart();
      for (const { heard } of relays) await expect.poll(() => heard.length).toBeGreaterThan(blow);
    }
    isOver = true;
    await Promise.all(talking);
    expect(refused.size).toBeGreaterThan(0);
    const [{ store }] = relays as [(typeof relays)[0]];
    const { events } = await store.page(feed, ALL, PLENTY);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    const stored = await server.ask(address.database, 'SELECT op, seq::int FROM event');
    expect(new Set(stored.map(({ op }) => op)).size).toBe(stored.length);
    const at = new Map(stored.map(({ op, seq }) => [op, seq]));
    expect([...acked].filter(([op, seq]) => at.get(op) !== seq)).toEqual([]);
    expect(relays.map((one) => one.store.epoch)).toEqual(epochs);
    for (const { heard, told } of relays) {
      expect(new Set(heard)).toEqual(new Set(['reconnected']));
      expect(new Set(told.map(({ seq }) => seq)).size).toBe(told.length);
    }
    expect(await store.audit()).toEqual([]);
  });

  const plug = async () => {
    const way = openWay(await server.createDatabase());
    ends.push(() => way.dispose());
    return way;
  };

  test('after a commit and before its answer: the sender is acknowledged, and everybody is told once', async () => {
    const way = await plug();
    const { store, heard, told } = await open(way.address, 'a');
    await store.write((tx) => tx.append(feed, draft()));
    way.cut('after the commit');
    const writing = store.write((tx) => tx.append(feed, draft()));
    const session = store.write((tx) =>
      tx.putInvite({
        id: 'i',
        codeHash: 'h',
        role: 'member',
        createdBy: null,
        createdAt: 1,
        expiresAt: 9,
        usesLeft: 1,
      }),
    );
    await expect.poll(() => heard).toContain('reconnected');
    way.cut('never');
    expect(await writing).toMatchObject({ isNew: true, event: { seq: 2 } });
    await session;
    expect(told.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await store.head(feed)).toBe(2);
  });

  test('after a commit without events: the sender is acknowledged all the same', async () => {
    const way = await plug();
    const { store } = await open(way.address, 'a');
    way.cut('after the commit');
    const invite = {
      id: 'i',
      codeHash: 'h',
      role: 'member',
      createdBy: null,
      createdAt: 1,
      expiresAt: 9,
      usesLeft: 1,
    } as const;
    await store.write((tx) => tx.putInvite(invite));
    way.cut('never');
    expect(await store.invite('h')).toEqual(invite);
  });

  test('before a commit: nothing is acknowledged and nothing is there', async () => {
    const way = await plug();
    const { store, heard, told } = await open(way.address, 'a');
    await store.write((tx) => tx.append(feed, draft()));
    way.cut('before the commit');
    const said = draft();
    await expect(store.write((tx) => tx.append(feed, said))).rejects.toBeInstanceOf(
      StoreUnavailable,
    );
    way.cut('never');
    await expect.poll(() => heard).toContain('reconnected');
    expect([await store.head(feed), told.length]).toEqual([1, 1]);
    expect(await until(() => store.write((tx) => tx.append(feed, said)))).toMatchObject({
      isNew: true,
      event: { seq: 2 },
    });
  });

  test('and comes back without its newest history: one new epoch for all, and everybody hears of it', async () => {
    const address = await server.createDatabase();
    const { database } = address;
    const before = await open(address, 'before');
    await before.store.write((tx) => tx.append(feed, draft()));
    await ends.pop()?.();
    await server.ask('postgres', `CREATE DATABASE ${database}_yesterday TEMPLATE ${database}`);
    const relays = [await open(address, 'a'), await open(address, 'b'), await open(address, 'c')];
    const [a, b, c] = relays as [(typeof relays)[0], (typeof relays)[0], (typeof relays)[0]];
    const { epoch } = a.store;
    for (const { store } of [a, b]) await store.write((tx) => tx.append(feed, draft()));
    // Yesterday's files take the place of today's while nobody can connect.
    await server.ask('postgres', `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    await server.ask(
      'postgres',
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${database}'`,
    );
    await server.ask('postgres', `ALTER DATABASE ${database} RENAME TO ${database}_today`);
    await server.ask('postgres', `ALTER DATABASE ${database}_yesterday RENAME TO ${database}`);
    for (const { heard } of relays) await expect.poll(() => heard).toContain('new-epoch');
    expect(a.store.epoch).not.toBe(epoch);
    expect([b.store.epoch, c.store.epoch]).toEqual([a.store.epoch, a.store.epoch]);
    expect(relays.map(({ heard }) => heard.filter((what) => what === 'new-epoch').length)).toEqual([
      1, 1, 1,
    ]);
    expect(await until(() => c.store.write((tx) => tx.append(feed, draft())))).toMatchObject({
      event: { seq: 2 },
    });
  });
});
