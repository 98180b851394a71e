/**
 * A standby takes over. Real servers; the relays' time runs ten times as fast, so that nobody waits for those who might object, but where
 * it is shown that somebody does.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { channelFeed } from '../../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, OperationId } from '../../../protocol/ids.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { openWay } from '../../../test/kit/services/postgres-way.ts';
import {
  POSTGRES,
  startPostgres,
  startStandby,
  type PostgresAddress,
  type PostgresServer,
} from '../../../test/kit/services/postgres.ts';
import { silentLog } from '../../observe/log.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  StoreUnavailable,
  type EventDraft,
  type Interruption,
  type Store,
} from '../../ports/store.ts';
import { systemClock } from '../system-clock.ts';
import { openPostgresStore } from './store.ts';
import { createTermFile } from './term-file.ts';

const HASTE = 10;
const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * HASTE,
  after: (ms, run) => systemClock.after(ms / HASTE, run),
};
const ALL = { from: 1, to: 1_000_000 };
const PLENTY = { events: 1_000_000, bytes: 1e9 };

interface Opened {
  readonly store: Store;
  readonly heard: readonly Interruption[];
  readonly logged: readonly string[];
}

describe.skipIf(POSTGRES === undefined)('a standby that is promoted', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  /** The team at the one and at the other. */
  let home: PostgresAddress;
  let away: PostgresAddress;
  const ends: (() => Promise<unknown>)[] = [];
  let count = 0;
  const id = <T extends string>(): T =>
    `01980000-0000-7000-8000-${(++count).toString(16).padStart(12, '0')}` as T;
  const ada = id<MemberId>();
  const [general, lunch] = [channelFeed(id<ChannelId>()), channelFeed(id<ChannelId>())];
  const draft = (): EventDraft => ({
    by: ada,
    kind: 'posted',
    op: id<OperationId>(),
    body: { text: 'x' },
  });

  const begin = async (isSynchronous: boolean): Promise<void> => {
    primary = await startPostgres({ isTemporary: true });
    ends.push(() => primary.dispose());
    home = await primary.createDatabase();
    standby = await startStandby(primary, { isTemporary: true, isSynchronous });
    ends.push(() => standby.dispose());
    away = standby.addressOf(home.database);
  };
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const open = async (
    name: string,
    servers: readonly PostgresAddress[] = [home, away],
    time = clock,
  ): Promise<Opened> => {
    const logged: string[] = [];
    const log = { ...silentLog, error: (event: string) => void logged.push(event) };
    const store = await openPostgresStore({
      servers,
      clock: time,
      random: createSeededRandom(name),
      log,
    });
    ends.push(() => store.close());
    const heard: Interruption[] = [];
    store.onInterrupted((what) => heard.push(what));
    return { store, heard, logged };
  };
  const say = async ({ store }: Opened, feed: FeedId = general): Promise<number> =>
    (await store.write((tx) => tx.append(feed, draft()))).event.seq;
  /** As a sender does: again, until it is acknowledged. */
  const until = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (const deadline = Date.now() + 30_000; ;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  const newEpochs = ({ heard }: Opened): number =>
    heard.filter((what) => what === 'new-epoch').length;
  const seqs = async ({ store }: Opened, feed: FeedId = general): Promise<number[]> =>
    (await store.page(feed, ALL, PLENTY)).events.map(({ seq }) => seq);
  const headAt = async (server: PostgresServer, feed: FeedId): Promise<unknown> =>
    (await server.ask(home.database, `SELECT head::int FROM feed WHERE id = '${feed}'`))[0]?.[
      'head'
    ];

  describe('and had everything', () => {
    beforeEach(() => begin(true));

    test('goes on in the same epoch with all that was acknowledged, and until then nothing is', async () => {
      const relays = [await open('a'), await open('b')];
      const [a, b] = relays as [Opened, Opened];
      const { epoch } = a.store;
      const acked = new Set<number>();
      let isOver = false;
      const talk = async (relay: Opened) => {
        while (!isOver) acked.add(await until(() => say(relay)));
      };
      const talking = relays.map(talk);
      await expect.poll(() => acked.size).toBeGreaterThan(50);
      await primary.kill();
      await expect(say(a)).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(b.store.head(general)).rejects.toBeInstanceOf(StoreUnavailable);
      const before = acked.size;
      await standby.promote();
      await expect.poll(() => acked.size, { timeout: 20_000 }).toBeGreaterThan(before + 50);
      isOver = true;
      await Promise.all(talking);
      for (const relay of relays) {
        const there = await seqs(relay);
        expect(there).toEqual(there.map((_, i) => i + 1));
        expect([...acked].filter((seq) => !there.includes(seq))).toEqual([]);
        expect([relay.store.epoch, newEpochs(relay), relay.logged]).toEqual([epoch, 0, []]);
        expect(await relay.store.audit()).toEqual([]);
      }
    });

    test('is not left again for the server in whose place it came, which has come back and takes writes', async () => {
      const a = await open('a');
      await say(a);
      await primary.kill();
      await standby.promote();
      expect(await until(() => say(a))).toBe(2);
      await primary.restart();
      await primary.set({ synchronous_standby_names: '' });

      await standby.ask(
        'postgres',
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'landline-relay'",
      );
      expect(await until(() => say(a))).toBe(3);
      // Who comes new sees both, and takes the one that was promoted.
      const fresh = await open('fresh');
      expect([await seqs(fresh), fresh.store.epoch]).toEqual([[1, 2, 3], a.store.epoch]);

      // Now it is alone, and writable. It is as if nobody were there.
      await standby.kill();
      await expect.poll(() => a.logged).toContain('store-left-behind');
      await expect(say(a)).rejects.toBeInstanceOf(StoreUnavailable);
      await expect(a.store.head(general)).rejects.toBeInstanceOf(StoreUnavailable);
      await standby.restart();
      expect(await until(() => say(a))).toBe(4);
      expect([await headAt(primary, general), await headAt(standby, general)]).toEqual([1, 4]);
      expect([newEpochs(a), a.logged]).toEqual([0, ['store-left-behind']]);
    });

    test('is found under an address that leads to it now, and the old one is not believed there', async () => {
      const way = openWay(home);
      ends.push(() => way.dispose());
      const a = await open('a', [way.address]);
      await say(a);
      way.leadTo(undefined);
      await standby.promote();
      way.leadTo(away);
      expect(await until(() => say(a))).toBe(2);
      way.leadTo(home);
      await expect.poll(() => a.logged).toContain('store-left-behind');
      await expect(say(a)).rejects.toBeInstanceOf(StoreUnavailable);
      way.leadTo(away);
      expect(await until(() => say(a))).toBe(3);
      expect([await headAt(primary, general), newEpochs(a)]).toEqual([1, 0]);
    });

    test('is found when the old server has fallen silent, though nobody writes', async () => {
      const way = openWay(home);
      ends.push(() => way.dispose());
      const a = await open('a', [way.address]);
      await say(a);
      way.fallSilent();
      await standby.promote();
      way.leadTo(away);
      // As long as an answer may take.
      await expect.poll(() => a.heard, { timeout: 30_000 }).toContain('reconnected');
      expect(await say(a)).toBe(2);
    });

    test('keeps the epoch for who starts while the others still wait, and for all who start later', async () => {
      const a = await open('a');
      const { epoch } = a.store;
      await say(a);
      await primary.kill();
      await standby.promote();
      const during = await open('during', [home, away], systemClock);
      expect(during.store.epoch).toBe(epoch);
      expect(await until(() => say(a))).toBe(2);
      for (const relay of [a, during]) await relay.store.close();
      await standby.kill();
      await standby.restart();
      expect((await open('after a restart')).store.epoch).toBe(epoch);
    });

    test('is remembered over a restart: the old server alone is refused with words', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'landline-term-'));
      ends.push(async () => rmSync(folder, { recursive: true }));
      const terms = createTermFile(join(folder, 'term.json'));
      const start = (servers: readonly PostgresAddress[]): Promise<Store> =>
        openPostgresStore({
          servers,
          terms,
          clock,
          random: createSeededRandom('again'),
          log: silentLog,
        });
      await (await start([home, away])).close();
      await standby.promote();
      await primary.set({ synchronous_standby_names: '' });
      const store = await start([home, away]);
      await store.close();
      await expect(start([home])).rejects.toMatchObject({
        name: 'StoreOpenFault',
        kind: 'left-behind',
      });
      await (await start([away])).close();
      // Spoilt, it is as if there were none.
      writeFileSync(join(folder, 'term.json'), '{"cluster":"x"}');
      await (await start([home])).close();
    });

    test('calls another transaction by the number of one that it never heard of: that is not taken for committed', async () => {
      const way = openWay(home);
      ends.push(() => way.dispose());
      const a = await open('a', [way.address], systemClock);
      await standby.stopFollowing();
      const invite = {
        id: 'i',
        codeHash: 'h',
        role: 'member',
        createdBy: null,
        createdAt: 1,
        expiresAt: 9,
        usesLeft: 1,
      } as const;
      const writing = a.store.write((tx) => tx.putInvite(invite));
      const waiting =
        "SELECT backend_xid::text AS xid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_xid IS NOT NULL";
      await expect.poll(() => primary.ask('postgres', waiting)).toHaveLength(1);
      const [{ xid } = { xid: 0 }] = await primary.ask('postgres', waiting);
      way.leadTo(undefined);
      await primary.kill();
      await standby.promote();
      // Another relay has vouched for it.
      await standby.ask(home.database, "UPDATE meta SET value = '2' WHERE key = 'timeline'");
      const next = async (): Promise<number> =>
        Number(
          (await standby.ask('postgres', 'SELECT pg_current_xact_id()::text AS xid'))[0]?.['xid'],
        );
      while ((await next()) < Number(xid)) continue;
      way.leadTo(away);
      await expect(writing).rejects.toBeInstanceOf(StoreUnavailable);
      expect(await a.store.invite('h')).toBeUndefined();
    });
  });

  describe('and was behind', () => {
    beforeEach(() => begin(false));

    test('begins one new epoch for all, and numbers go on from what it has', async () => {
      const relays = [await open('a'), await open('b'), await open('c')];
      const [a, b] = relays as [Opened, Opened];
      const { epoch } = a.store;
      await say(a);
      await expect.poll(() => headAt(standby, general)).toBe(1);
      await standby.stopFollowing();
      expect([await say(a), await say(b)]).toEqual([2, 3]);
      await primary.kill();
      await standby.promote();
      for (const relay of relays)
        await expect.poll(() => newEpochs(relay), { timeout: 20_000 }).toBe(1);
      expect(new Set(relays.map(({ store }) => store.epoch)).size).toBe(1);
      expect(a.store.epoch).not.toBe(epoch);
      expect(await until(() => say(b))).toBe(2);
      expect(relays.map(newEpochs)).toEqual([1, 1, 1]);
    });

    test('is not written to by one who misses nothing before one who does had the time to say so', async () => {
      const way = openWay(home);
      ends.push(() => way.dispose());
      const [a, b] = [await open('a', [way.address]), await open('b', [home, away], systemClock)];
      const { epoch } = a.store;
      await say(a);
      await say(b, lunch);
      await expect.poll(() => headAt(standby, lunch)).toBe(1);
      await standby.stopFollowing();
      await say(a);
      way.leadTo(undefined);
      await primary.kill();
      await standby.promote();
      const saying = until(() => say(b));
      // Both are at it now, and the one who knows better comes second.
      await expect
        .poll(() =>
          standby.ask(
            home.database,
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'landline-relay'",
          ),
        )
        .toHaveLength(1);
      way.leadTo(away);
      expect(await saying).toBe(2);
      const [{ epoch: acked } = { epoch: undefined }] = await standby.ask(
        home.database,
        "SELECT value AS epoch FROM meta WHERE key = 'epoch'",
      );
      expect([a.store.epoch, b.store.epoch]).toEqual([acked, acked]);
      expect(acked).not.toBe(epoch);
    });

    test('is found while the old server takes writes as before, and what was acknowledged there since is missed', async () => {
      const [a, b] = [await open('a'), await open('b')];
      const { epoch } = a.store;
      await say(a);
      await expect.poll(() => headAt(standby, general)).toBe(1);
      // Cut off from each other, and not from the relays.
      await standby.stopFollowing();
      expect(await say(a)).toBe(2);
      await standby.promote();
      for (const relay of [a, b]) await expect.poll(() => newEpochs(relay)).toBe(1);
      expect(await until(() => say(b))).toBe(2);
      expect([
        await headAt(primary, general),
        a.store.epoch === epoch,
        a.store.epoch === b.store.epoch,
      ]).toEqual([2, false, true]);
    });

    test('begins a new epoch where no relay lived through it', async () => {
      const a = await open('a');
      const { epoch } = a.store;
      await say(a);
      await a.store.close();
      await standby.stopFollowing();
      await primary.kill();
      await standby.promote();
      const fresh = await open('fresh');
      expect(fresh.store.epoch).not.toBe(epoch);
      const other = await open('other');
      expect(other.store.epoch).toBe(fresh.store.epoch);
    });
  });

  describe('is no matter', () => {
    beforeEach(() => begin(false));

    test('a server that was made read-only is away until it takes writes again, whether somebody writes or not', async () => {
      const a = await open('a');
      await say(a);
      await primary.set({ default_transaction_read_only: 'on' });
      await expect
        .poll(() => a.store.head(general).catch((error: unknown) => error))
        .toBeInstanceOf(StoreUnavailable);
      await expect(say(a)).rejects.toBeInstanceOf(StoreUnavailable);
      await primary.set({ default_transaction_read_only: 'off' });
      expect(await until(() => say(a))).toBe(2);
      expect([newEpochs(a), a.logged]).toEqual([0, []]);
    });
  });
});
