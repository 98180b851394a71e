/**
 * How many messages does one relay make safe in PostgreSQL? Whole sends, with rights, repetition and order decided, sharing commits, beside
 * `pgbench` with plain inserts of a row of the same size, a commit each: the same server, in turns.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { ChannelId, MemberId, MessageId, OperationId } from '../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { openPostgresStore } from '../server/adapters/store-postgres/store.ts';
import { systemClock as clock, systemRandom as random } from '../server/adapters/system-clock.ts';
import { newId } from '../server/auth/new-id.ts';
import { createTeamWithOwner } from '../server/domain/members.ts';
import { mutate } from '../server/domain/mutate.ts';
import { silentLog as log } from '../server/observe/log.ts';
import type { Store } from '../server/ports/store.ts';
import {
  POSTGRES,
  postgresTool,
  startPostgres,
  type PostgresAddress,
  type PostgresServer,
} from '../test/kit/services/postgres.ts';
import { bodiesOf } from './kit/bodies.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { DelayHistogram, medianOf, ratiosOf } from './kit/stats.ts';
import { figure } from './kit/table.ts';

const IN_FLIGHT = [1, 8, 64];
const BODY_BYTES = 200;
/** About what a message's row takes. */
const ROW_BYTES = 400;

interface Pair {
  readonly inFlight: number;
  readonly sends: number;
  readonly p50: number;
  readonly inserts: number;
}

interface Team {
  readonly store: Store;
  readonly owner: MemberId;
  readonly channel: ChannelId;
}

async function foundTeam(server: PostgresServer): Promise<Team> {
  const store = await openPostgresStore({
    servers: [await server.createDatabase()],
    clock,
    random,
    log,
  });
  const owner = newId<MemberId>(random);
  const who = { id: owner, handle: 'ada', name: 'Ada' };
  const now = clock.now();
  await store.write((tx) =>
    createTeamWithOwner(tx, {
      team: { id: store.teamId, name: 'Bench' },
      owner: who,
      channelName: 'general',
      now,
    }),
  );
  const [channel] = await store.publicChannels();
  if (!channel) throw new Error('a fresh team has no channel');
  return { store, owner, channel: channel.id };
}

async function send(
  { store, owner, channel }: Team,
  inFlight: number,
  ms: number,
): Promise<{ readonly rate: number; readonly p50: number }> {
  const delays = new DelayHistogram();
  const body = bodiesOf(BODY_BYTES);
  const startedAt = performance.now();
  const loop = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      const sentAt = performance.now();
      const op = uuidv7() as OperationId & MessageId;
      const done = await mutate({ store, clock, limits: DEFAULT_LIMITS }, owner, {
        t: 'post',
        op,
        channel,
        text: body(delays.count),
      });
      if (!done.ok) throw new Error(done.error.kind);
      delays.record((performance.now() - sentAt) * 1_000);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return {
    rate: (delays.count / (performance.now() - startedAt)) * 1_000,
    p50: delays.quantile(0.5) / 1_000,
  };
}

function insert(
  { host, user, database }: PostgresAddress,
  script: string,
  clients: number,
  ms: number,
): number {
  const seconds = String(Math.max(1, Math.round(ms / 1_000)));
  const args = [
    '-n',
    '-h',
    host,
    '-U',
    user,
    '-c',
    String(clients),
    '-j',
    '1',
    '-T',
    seconds,
    '-f',
    script,
    database,
  ];
  const said = execFileSync(postgresTool('pgbench'), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(/tps = ([\d.]+)/.exec(said)?.[1]);
}

export const postgresSends: Question = {
  name: 'postgres-sends',
  asks: 'how many messages are made safe in PostgreSQL',
  async answer({ isQuick, log: say }: BenchOptions): Promise<Answer> {
    if (POSTGRES === undefined) {
      say('not measured: postgres is missing');
      return { tables: [], aims: [], raw: [], wrongs: [] };
    }
    const folder = mkdtempSync(join(tmpdir(), 'landline-pgbench-'));
    const script = join(folder, 'insert.sql');
    writeFileSync(script, `INSERT INTO bench (text) VALUES (repeat('x', ${ROW_BYTES}));\n`);
    const server = await startPostgres();
    const pairs: Pair[] = [];
    try {
      const team = await foundTeam(server);
      const plain = await server.createDatabase();
      await server.ask(
        plain.database,
        'CREATE TABLE bench (no bigserial PRIMARY KEY, text text NOT NULL)',
      );
      const ms = isQuick ? 1_500 : 5_000;
      await send(team, 8, ms / 2);
      for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
        for (const inFlight of IN_FLIGHT) {
          say(`${inFlight} in flight, ${repetition + 1}`);
          const { rate, p50 } = await send(team, inFlight, ms);
          pairs.push({ inFlight, sends: rate, p50, inserts: insert(plain, script, inFlight, ms) });
        }
      }
      await team.store.close();
    } finally {
      await server.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
    const of = (inFlight: number, pick: (pair: Pair) => number): readonly number[] =>
      pairs.filter((pair) => pair.inFlight === inFlight).map(pick);
    const [sends, inserts] = [({ sends: rate }: Pair) => rate, ({ inserts: rate }: Pair) => rate];
    return {
      tables: [
        {
          title: 'Durable sends in PostgreSQL',
          columns: ['in flight', 'sends/s', 'p50 ms', 'pgbench inserts/s', 'sends vs inserts'],
          rows: IN_FLIGHT.map((inFlight) => [
            String(inFlight),
            figure(medianOf(of(inFlight, sends))),
            figure(medianOf(of(inFlight, ({ p50 }) => p50))),
            figure(medianOf(of(inFlight, inserts))),
            figure(medianOf(ratiosOf(of(inFlight, sends), of(inFlight, inserts)))),
          ]),
          notes: [
            `Bodies of ${BODY_BYTES} bytes in one channel; pgbench inserts ${ROW_BYTES} bytes over as many connections. In turns, unpinned.`,
          ],
        },
      ],
      aims: [],
      raw: pairs,
      wrongs: [],
    };
  },
};
