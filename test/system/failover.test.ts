/**
 * PostgreSQL fails over under people who write: two relays, a primary and a standby that is promoted, Redis, a balancer, three desktops, all
 * of them processes. Who promotes is the test; relays only follow.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { missingFor, startCluster, type Cluster } from '../cluster/cluster.ts';
import {
  gather,
  judge,
  untilWhole,
  write,
  WRITERS_LIMITS,
  type Writer,
} from '../cluster/writers.ts';
import { createChance } from '../kit/chance.ts';
import { PROMISES } from '../kit/checks.ts';
import { createHistory, type History } from '../kit/history.ts';
import type { PostgresServer } from '../kit/services/postgres.ts';
import { createMembers } from './members.ts';

/** From the promotion to the first acknowledgement: finding the new server, the time to object, the desktops' own patience. */
const GOING_MS = 15_000;
const TEST_MS = 120_000;

interface Stage {
  readonly cluster: Cluster;
  readonly standby: PostgresServer;
  readonly history: History;
  readonly writers: readonly Writer[];
  /** Everybody writes until it is called. */
  readonly writing: () => () => Promise<unknown>;
}

describe.skipIf(missingFor('nginx').length > 0)(
  'a team on two relays whose PostgreSQL fails over',
  () => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    const begin = async (kind: 'synchronous' | 'asynchronous'): Promise<Stage> => {
      const cluster = await startCluster({
        names: ['one', 'two'],
        standby: kind,
        limits: WRITERS_LIMITS,
      });
      ends.push(() => cluster.dispose());
      const members = createMembers(cluster);
      ends.push(() => members.dispose());
      const { standby } = cluster;
      if (!standby) throw new Error('there is no standby');
      const history = createHistory();
      const writers = await gather(members, history);
      let rounds = 0;
      const writing = () => {
        let isOver = false;
        const round = ++rounds;
        const all = writers
          .filter(({ desktop }) => desktop.isUp)
          .map((writer) =>
            write(writer, history, createChance(`${kind}/${round}/${writer.who}`), () => isOver),
          );
        return () => ((isOver = true), Promise.all(all));
      };
      return { cluster, standby, history, writers, writing };
    };
    const acked = (history: History): number => history.all('acked').length;
    const readiness = ({ nodes }: Cluster): Promise<number[]> =>
      Promise.all(
        nodes.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/readyz`)).status),
      );
    const said = ({ nodes }: Cluster, event: string): number[] =>
      nodes.map(({ process }) => process.errors().split(`"event":"${event}"`).length - 1);
    const epochAt = async (server: PostgresServer, database: string): Promise<unknown> =>
      (await server.ask(database, "SELECT value FROM meta WHERE key = 'epoch'"))[0]?.['value'];
    const relaysAt = async (server: PostgresServer): Promise<number> =>
      (
        await server.ask(
          'postgres',
          "SELECT 1 FROM pg_stat_activity WHERE application_name = 'landline-relay'",
        )
      ).length;
    const postedAt = async (
      server: PostgresServer,
      database: string,
    ): Promise<ReadonlySet<unknown>> =>
      new Set(
        (await server.ask(database, "SELECT op FROM event WHERE kind = 'posted'")).map(
          ({ op }) => op,
        ),
      );

    test(
      'loses nothing with a synchronous standby, acknowledges nothing meanwhile, and never goes back to the old server',
      async () => {
        const { cluster, standby, history, writers, writing } = await begin('synchronous');
        const { postgres: old, database } = cluster;
        const team = { server: standby, database: database.database };
        const epoch = await epochAt(old, team.database);
        const over = writing();
        await expect.poll(() => acked(history)).toBeGreaterThan(60);

        await old.kill();
        await expect.poll(() => readiness(cluster)).toEqual([503, 503]);
        for (const { desktop } of writers)
          await desktop.until('messages wait', ({ outbox }) => (outbox?.waiting ?? 0) > 5);
        const before = acked(history);
        for (const { desktop } of writers)
          await desktop.until('more wait', ({ outbox }) => (outbox?.waiting ?? 0) > 15);
        expect(acked(history)).toBe(before);

        const promotedAt = performance.now();
        await standby.promote();
        await expect.poll(() => acked(history), { timeout: GOING_MS }).toBeGreaterThan(before);
        console.log(
          `acknowledged again ${Math.round(performance.now() - promotedAt)} ms after the promotion began`,
        );
        await expect.poll(() => readiness(cluster)).toEqual([200, 200]);

        // The old one comes back and would take writes. All relays look around anew, and one starts anew.
        await old.restart();
        await old.set({ synchronous_standby_names: '' });
        const there = await postedAt(old, team.database);
        await standby.ask(
          'postgres',
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'landline-relay'",
        );
        const [one] = cluster.nodes;
        await one?.kill();
        await one?.start();
        const seen = acked(history);
        await expect.poll(() => acked(history)).toBeGreaterThan(seen + 30);
        expect(await relaysAt(old)).toBe(0);
        // Even where it is all there is.
        await standby.kill();
        await expect.poll(() => said(cluster, 'store-left-behind')).toEqual([1, 1]);
        expect(await readiness(cluster)).toEqual([503, 503]);
        await standby.restart();

        await over();
        await untilWhole(writers, history, team);
        expect(await postedAt(old, team.database)).toEqual(there);
        expect([await epochAt(standby, team.database), said(cluster, 'store-new-epoch')]).toEqual([
          epoch,
          [0, 0],
        ]);
        expect((await judge(writers, history, team)).broken).toEqual([]);
      },
      TEST_MS,
    );

    test(
      'begins one new epoch with a standby that was behind, and what it never had is sent again by those who had sent it',
      async () => {
        const { cluster, standby, history, writers, writing } = await begin('asynchronous');
        const { postgres: old, database } = cluster;
        const team = { server: standby, database: database.database };
        const epoch = await epochAt(old, team.database);
        const [ada, ben, cleo] = writers as [Writer, Writer, Writer];
        const over = writing();
        await expect.poll(() => acked(history)).toBeGreaterThan(60);
        await standby.stopFollowing();
        const kept = await postedAt(standby, team.database);
        const soFar = acked(history);
        await expect.poll(() => acked(history)).toBeGreaterThan(soFar + 60);
        // Cleo goes home, with messages that the standby does not have and others do.
        await over();
        await untilWhole(writers, history, { ...team, server: old });
        await cleo.desktop.close();
        const overToo = writing();
        await expect.poll(() => acked(history)).toBeGreaterThan(soFar + 90);
        const known = await postedAt(old, team.database);

        await old.kill();
        for (const { desktop } of [ada, ben])
          await desktop.until('messages wait', ({ outbox }) => (outbox?.waiting ?? 0) > 5);
        history.add({ kind: 'restored' });
        await standby.promote();
        await expect
          .poll(() => acked(history.sinceRestore()), { timeout: GOING_MS })
          .toBeGreaterThan(0);
        await overToo();
        await untilWhole([ada, ben], history, team);
        const fresh = await epochAt(standby, team.database);
        expect(fresh).not.toBe(epoch);
        expect(said(cluster, 'store-new-epoch')).toEqual([1, 1]);

        // Nothing is missing but what only Cleo's desktop can bring back.
        const byCleo = new Set(
          history
            .all('entered')
            .flatMap(({ member, message }) => (member === cleo.member ? [message as unknown] : [])),
        );
        const now = await postedAt(standby, team.database);
        const missing = [...known].filter((op) => !now.has(op));
        expect(missing.length).toBeGreaterThan(5);
        expect(missing.filter((op) => !byCleo.has(op) || kept.has(op))).toEqual([]);

        await cleo.desktop.start();
        const lacking = async (): Promise<unknown[]> => {
          const back = await postedAt(standby, team.database);
          return [...known].filter((op) => !back.has(op));
        };
        await expect.poll(lacking).toEqual([]);
        // Not before: until she is back she sees what the old epoch was.
        await cleo.desktop.must('timeline.open', {
          team: cleo.team,
          channel: cleo.channel,
          at: 'end',
        });
        await untilWhole(writers, history, team);
        expect([await epochAt(standby, team.database), said(cluster, 'store-new-epoch')]).toEqual([
          fresh,
          [1, 1],
        ]);
        expect((await judge(writers, history, team, PROMISES)).broken).toEqual([]);
      },
      TEST_MS,
    );
  },
);
