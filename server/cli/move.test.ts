/** A team that moves to another database and back: nothing is changed on the way, whatever kills the move. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';
import type { Mutation } from '../../protocol/frames-up.ts';
import { channelFeed, memberFeed, TEAM_FEED } from '../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, MessageId, SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import {
  POSTGRES,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from '../../test/kit/services/postgres.ts';
import { openPostgresStore } from '../adapters/store-postgres/store.ts';
import { openWholePostgres } from '../adapters/store-postgres/whole.ts';
import { openSqliteStore } from '../adapters/store-sqlite/store.ts';
import { openWholeSqlite } from '../adapters/store-sqlite/whole.ts';
import { createMember, createTeamWithOwner } from '../domain/members.ts';
import { mutate } from '../domain/mutate.ts';
import { silentLog } from '../observe/log.ts';
import type { Store } from '../ports/store.ts';
import { TABLES, type Row, type WholeStore } from '../ports/whole-store.ts';
import { moveTeam } from './move.ts';

const clock = createFakeClock();
const random = createSeededRandom('move');
const id = (() => {
  let count = 0;
  return <T extends string>(): T =>
    `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T;
})();
const ask = (store: Store, by: MemberId, frame: Mutation) =>
  mutate({ store, clock, limits: DEFAULT_LIMITS }, by, frame);
const must = async (store: Store, by: MemberId, frame: Mutation): Promise<void> => {
  const done = await ask(store, by, frame);
  if (!done.ok) throw new Error(`${frame.t} was refused: ${done.error.kind}`);
};

describe.skipIf(POSTGRES === undefined)('a team that moves', () => {
  let server: PostgresServer;
  let folder: string;
  let address: PostgresAddress;
  const [ada, bo] = [id<MemberId>(), id<MemberId>()];
  const channel = id<ChannelId>();
  const [edited, deleted] = [id<MessageId>(), id<MessageId>()];
  const opened: WholeStore[] = [];

  const file = (name: string): string => join(folder, name, 'team.sqlite');
  const openFile = (name: string, isTarget = false): WholeStore =>
    keep(openWholeSqlite(file(name), { isTarget, random }));
  const openDatabase = async (): Promise<WholeStore> =>
    keep(await openWholePostgres([address], random));
  const keep = (store: WholeStore): WholeStore => {
    opened.push(store);
    return store;
  };
  const closeAll = async (): Promise<void> => {
    for (const store of opened.splice(0)) await store.close();
  };
  const relayOnFile = (name: string): Store => openSqliteStore({ path: file(name), clock, random });
  const relayOnDatabase = (): Promise<Store> =>
    openPostgresStore({ servers: [address], clock, random, log: silentLog });
  const contents = async (store: WholeStore): Promise<Readonly<Record<string, readonly Row[]>>> => {
    const rows: Record<string, readonly Row[]> = {};
    for (const table of TABLES) rows[table.name] = await store.rows(table, undefined, 1e6);
    return rows;
  };

  beforeAll(async () => {
    server = await startPostgres({ isTemporary: true });
  });
  afterAll(() => server.dispose());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'landline-move-'));
    address = await server.createDatabase();
    for (const name of ['home', 'other']) mkdirSync(join(folder, name));
    const store = relayOnFile('home');
    await seed(store);
    await store.close();
  });
  afterEach(async () => {
    await closeAll();
    rmSync(folder, { recursive: true });
  });

  const seed = async (store: Store): Promise<void> => {
    const team = { id: store.teamId, name: 'Night shift “夜”' };
    await store.write((tx) =>
      createTeamWithOwner(tx, {
        team,
        owner: { id: ada, handle: 'ada', name: 'Ada' },
        channelName: 'general',
        now: clock.now(),
      }),
    );
    await store.write((tx) =>
      createMember(tx, { id: bo, handle: 'bo', name: 'Bo', role: 'member' }, clock.now()),
    );
    await must(store, ada, {
      t: 'create-channel',
      op: id(),
      id: channel,
      kind: 'private',
      name: 'plans',
      topic: 'x',
      members: [bo],
    });
    await must(store, bo, { t: 'open-direct', op: id(), id: id(), members: [ada] });
    for (let n = 0; n < 30; n++)
      await must(store, n % 2 ? ada : bo, {
        t: 'post',
        op: id(),
        channel,
        text: `text ${n} "\\" 🦊`,
      });
    await must(store, ada, { t: 'post', op: edited, channel, text: 'first' });
    await must(store, ada, { t: 'edit', op: id(), channel, message: edited, text: 'second' });
    await must(store, ada, { t: 'post', op: deleted, channel, text: 'canary' });
    await must(store, ada, {
      t: 'edit',
      op: id(),
      channel,
      message: deleted,
      text: 'canary again',
    });
    await must(store, ada, { t: 'delete', op: id(), channel, message: deleted });
    await must(store, bo, { t: 'read', op: id(), channel, seq: 7 });
    await must(store, bo, { t: 'level', op: id(), channel, level: 'none' });
    await store.write(async (tx) => {
      await tx.putCredential({ member: ada, hash: '$argon2id$…' });
      const session = {
        id: 's1' as SessionId,
        member: ada,
        device: 'desk',
        createdAt: 1,
        lastSeenAt: 2,
        refreshExpiresAt: 9,
      };
      await tx.putSession({
        ...session,
        endedAt: null,
        refreshHash: 'r',
        rotation: 2,
      });
      await tx.putSession({
        ...session,
        id: 's2' as SessionId,
        endedAt: 5,
        refreshHash: 'r2',
        rotation: 0,
      });
      await tx.putBlobsPlace('the share');
      await tx.putInvite({
        id: 'i',
        codeHash: 'c',
        role: 'guest',
        createdBy: null,
        createdAt: 1,
        expiresAt: 5,
        usesLeft: 2,
      });
    });
  };

  /** What anybody could ask a relay about the team. */
  const told = async (store: Store): Promise<unknown> => {
    const feeds: FeedId[] = [
      TEAM_FEED,
      memberFeed(ada),
      memberFeed(bo),
      ...[...(await store.headsOf(ada)).keys()],
    ];
    const reads = feeds.map((feed) =>
      store.page(feed, { from: 1, to: 1e6 }, { events: 1e6, bytes: 1e9 }),
    );
    return {
      identity: [store.epoch, store.teamId, await store.blobsPlace()],
      pages: await Promise.all(reads),
      heads: [[...(await store.headsOf(ada))], [...(await store.headsOf(bo))].length],
      directory: [
        await store.team(),
        await store.members(),
        await store.publicChannels(),
        await store.roster(channel),
      ],
      own: [
        await store.memberChannels(ada),
        await store.memberChannels(bo),
        await store.readMark(channel, bo),
      ],
      signIn: [
        await store.credential(ada),
        await store.sessions(ada),
        await store.sessionByRefresh('p'),
        await store.invites(),
      ],
    };
  };

  test('is the same team there and back, row for row, and a relay goes on with it in the same epoch', async () => {
    const home = relayOnFile('home');
    const before = await told(home);
    await home.close();
    const source = openFile('home');
    const rows = await contents(source);
    const there = await moveTeam({ from: source, to: await openDatabase() });
    expect(there).toMatchObject({
      ok: true,
      value: { rows: { event: rows['event']?.length, session: 2, revision: 1 } },
    });
    await closeAll();
    expect(() => relayOnFile('home')).toThrow('moved to another store');

    const away = await relayOnDatabase();
    expect(await told(away)).toEqual(before);
    expect(await away.audit()).toEqual([]);
    // What was acknowledged before is acknowledged again, and all goes on from where it was.
    const head = await away.head(channelFeed(channel));
    expect(await ask(away, ada, { t: 'post', op: edited, channel, text: 'first' })).toMatchObject({
      ok: true,
    });
    expect(await ask(away, ada, { t: 'post', op: edited, channel, text: 'other' })).toMatchObject({
      ok: false,
    });
    await must(away, ada, { t: 'edit', op: id(), channel, message: edited, text: 'third' });
    const cy = id<MemberId>();
    await away.write((tx) =>
      createMember(tx, { id: cy, handle: 'cy', name: 'Cy', role: 'member' }, clock.now()),
    );
    expect(await away.head(channelFeed(channel))).toBe(head + 1);
    const afterwards = await told(away);
    await away.close();

    const database = await openDatabase();
    const later = await contents(database);
    expect((await moveTeam({ from: database, to: openFile('new home', true) })).ok).toBe(true);
    await closeAll();
    await expect(relayOnDatabase()).rejects.toThrow('moved to another store');
    const again = openFile('new home');
    expect(await contents(again)).toEqual(later);
    await closeAll();
    const back = relayOnFile('new home');
    expect(await told(back)).toEqual(afterwards);
    expect(await back.audit()).toEqual([]);
    await must(back, cy, { t: 'open-direct', op: id(), id: id(), members: [bo] });
    await back.close();
  });

  /** Dies at the nth thing it is asked to write. */
  const dying = (store: WholeStore, left: { writes: number }): WholeStore => {
    const once =
      <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
      (...args: A): Promise<R> => {
        if (--left.writes < 0) return Promise.reject(new Error('killed'));
        return write.apply(store, args);
      };
    return {
      fact: (name) => store.fact(name),
      rows: (...args) => store.rows(...args),
      lastKey: (table) => store.lastKey(table),
      close: () => store.close(),
      putFact: once((name, value) => store.putFact(name, value)),
      insert: once((table, rows) => store.insert(table, rows)),
      clear: once(() => store.clear()),
      finish: once((identity) => store.finish(identity)),
    };
  };

  test('killed at any moment goes on when it is started again, and at no moment do two stores live', async () => {
    const rows = await contents(openFile('home'));
    await closeAll();
    let deaths = 0;
    let ended: Awaited<ReturnType<typeof moveTeam>> | undefined;
    const crossed: string[] = [];
    while (!ended) {
      // The first run comes as far as its mark; before that the target is any empty store.
      const left = { writes: deaths === 0 ? 2 : 1 };
      const [from, to] = [dying(openFile('home'), left), dying(await openDatabase(), left)];
      const onProgress = (table: string, count: number) =>
        crossed.push(...Array.from({ length: count }, () => table));
      ended = await moveTeam({ from, to, batch: 8, onProgress }).catch(() => undefined);
      await closeAll();
      if (ended) break;
      deaths++;
      await expect(relayOnDatabase()).rejects.toMatchObject({ kind: 'moved' });
    }
    expect(ended.ok).toBe(true);
    expect(deaths).toBeGreaterThan(15);
    // Each row crossed once: nothing was begun anew.
    expect(crossed).toHaveLength(Object.values(rows).flat().length);
    expect(await contents(await openDatabase())).toEqual(rows);
    expect(await moveTeam({ from: openFile('home'), to: opened[0] as WholeStore })).toEqual(ended);
    await closeAll();
    expect(() => relayOnFile('home')).toThrow('moved to another store');
    await (await relayOnDatabase()).close();
  });

  test('whose source was used after a kill begins anew', async () => {
    await expect(
      moveTeam({
        from: openFile('home'),
        to: dying(await openDatabase(), { writes: 12 }),
        batch: 8,
      }),
    ).rejects.toThrow('killed');
    await closeAll();
    const home = relayOnFile('home');
    await must(home, ada, { t: 'edit', op: id(), channel, message: edited, text: 'fourth' });
    const before = await told(home);
    await home.close();
    expect((await moveTeam({ from: openFile('home'), to: await openDatabase() })).ok).toBe(true);
    await closeAll();
    const away = await relayOnDatabase();
    expect(await told(away)).toEqual(before);
    await away.close();
  });

  test('that does not arrive as it was stays where it is', async () => {
    const target = await openDatabase();
    const bent: WholeStore = dying(target, { writes: 1e6 });
    const bend: WholeStore = {
      ...bent,
      insert: (table, rows) =>
        target.insert(
          table,
          table.name === 'event' ? rows.map((row) => [...row.slice(0, 7), 'bent']) : rows,
        ),
    };
    expect(await moveTeam({ from: openFile('home'), to: bend })).toMatchObject({
      ok: false,
      error: expect.stringContaining('events of feed'),
    });
    await closeAll();
    await relayOnFile('home').close();
    await expect(relayOnDatabase()).rejects.toMatchObject({ kind: 'moved' });
  });

  test('is not moved from under a relay, nor into a place that is taken', async () => {
    const home = relayOnFile('home');
    expect(() => openFile('home')).toThrow('in use');
    await home.close();
    const away = await relayOnDatabase();
    await expect(openDatabase()).rejects.toMatchObject({ kind: 'in-use' });
    await away.close();
    const database = await openDatabase();
    await expect(relayOnDatabase()).rejects.toMatchObject({ kind: 'in-use' });
    expect((await moveTeam({ from: openFile('home'), to: database })).ok).toBe(true);
    await closeAll();
    const other = relayOnFile('other');
    await seed(other);
    await other.close();
    const taken = await moveTeam({ from: openFile('other'), to: await openDatabase() });
    expect(taken).toMatchObject({
      ok: false,
      error: expect.stringContaining('holds a team already'),
    });
  });
  test('moves by the command line, with the address in a file that only its owner may read', async () => {
    const secret = join(folder, 'address');
    const url = `postgres://${address.user}@/${address.database}?host=${encodeURIComponent(address.host)}`;
    const command = [
      'server/main.ts',
      'move',
      '--json',
      '--from',
      `sqlite:${join(folder, 'home')}`,
      '--to',
      `postgres:${secret}`,
    ];
    const run = async () => {
      const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/node'), command, {
        cwd: ROOT,
      }).catch((error: unknown) => error as { readonly stdout: string });
      return JSON.parse(stdout) as unknown;
    };
    writeFileSync(secret, url, { mode: 0o644 });
    expect(await run()).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('other accounts') },
    });
    rmSync(secret);
    writeFileSync(secret, url, { mode: 0o600 });
    expect(await run()).toMatchObject({ ok: true, value: { rows: { team: 1, member: 2 } } });
    const away = await relayOnDatabase();
    expect((await away.team())?.name).toBe('Night shift “夜”');
    await away.close();
  });
});
