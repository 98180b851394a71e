/**
 * How long until a message is safe, and how many can be made safe? The relay acknowledges after a commit that would survive a power
 * cut and lets messages that arrive together share one. Beside it: the same relay with a commit for each message, and one bare
 * append with fdatasync, which nothing durable can undercut.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  Contest,
  RELAY,
  RELAY_SINGLE_COMMITS,
  SERVER_CORE,
  scratchFolder,
  wrongsOf,
  type Contestant,
  type Flight,
} from './kit/contest.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { Remote } from './kit/remote.ts';
import { medianOf, ratiosOf, type DelaySummary } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

const BODY_BYTES = 200;
/** About what a message's row takes. */
const ROW_BYTES = 400;
const MANY = 64;

interface Repetition {
  /** Before and after the one sender: a disk has its moods. */
  readonly bare: readonly [DelaySummary, DelaySummary];
  readonly one: Flight;
  readonly many: Flight;
  readonly manySingle: Flight;
}

async function bareSync(ms: number): Promise<DelaySummary> {
  const folder = scratchFolder();
  const remote = new Remote({
    file: join(import.meta.dirname, 'contestants/bare-fdatasync.ts'),
    core: SERVER_CORE,
  });
  try {
    return await remote.ask<DelaySummary>('sync', { folder, bytes: ROW_BYTES, ms });
  } finally {
    await remote.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each sender alone in a channel: what is timed is the acknowledgement, not the fan-out. */
async function acks(contestant: Contestant, senders: number, ms: number): Promise<Flight> {
  const contest = await Contest.start(contestant, {
    channels: senders,
    membersPerChannel: 1,
    bodyBytes: BODY_BYTES,
  });
  try {
    await contest.connect(contest.started);
    const closed = { sendersPerChannel: 1, window: 1 };
    await contest.fly('saturate', { ...closed, ms: ms / 4 });
    return await contest.fly('saturate', { ...closed, ms });
  } finally {
    await contest.dispose();
  }
}

async function repeat({ isQuick, log }: BenchOptions, repetition: number): Promise<Repetition> {
  const ms = isQuick ? 1_500 : 6_000;
  log(`repetition ${repetition + 1}`);
  const manyFirst = repetition % 2 === 0 ? await acks(RELAY, MANY, ms) : undefined;
  const manySingle = await acks(RELAY_SINGLE_COMMITS, MANY, ms);
  const many = manyFirst ?? (await acks(RELAY, MANY, ms));
  const before = await bareSync(ms / 2);
  const one = await acks(RELAY, 1, ms);
  return { many, manySingle, one, bare: [before, await bareSync(ms / 2)] };
}

const perSecond = ({ acks: count, tookMs }: Flight): number => (count / tookMs) * 1000;

export const durableAcks: Question = {
  name: 'durable-acks',
  asks: 'how long until a message is safe',
  async answer(options): Promise<Answer> {
    const repetitions: Repetition[] = [];
    for (let i = 0; i < (options.isQuick ? 1 : 5); i++) repetitions.push(await repeat(options, i));
    const of = (pick: (repetition: Repetition) => number): readonly number[] =>
      repetitions.map(pick);
    const micros = {
      bare: of(({ bare }) => medianOf(bare.map(({ p50 }) => p50))),
      one: of(({ one }) => one.ackDelays.p50),
      many: of(({ many }) => many.ackDelays.p50),
      single: of(({ manySingle }) => manySingle.ackDelays.p50),
    };
    const rates = {
      bare: of(({ bare }) => 1e6 / medianOf(bare.map(({ p50 }) => p50))),
      one: of(({ one }) => perSecond(one)),
      many: of(({ many }) => perSecond(many)),
      single: of(({ manySingle }) => perSecond(manySingle)),
    };
    const overBare = medianOf(ratiosOf(micros.one, micros.bare));
    const overSingle = medianOf(ratiosOf(rates.many, rates.single));
    const row = (
      name: string,
      p50: readonly number[],
      rate: readonly number[],
      p99: readonly number[],
      ratio: string,
    ): readonly string[] => [
      name,
      figure(medianOf(p50) / 1000),
      figure(medianOf(p99) / 1000),
      figure(medianOf(rate)),
      ratio,
    ];
    const table: Table = {
      title: 'Durable acknowledgements',
      columns: ['who', 'p50 ms', 'p99 ms', 'per second', 'ratio'],
      rows: [
        row(
          'write + fdatasync, bare',
          micros.bare,
          rates.bare,
          of(({ bare }) => medianOf(bare.map(({ p99 }) => p99))),
          '1',
        ),
        row(
          'relay, 1 sender',
          micros.one,
          rates.one,
          of(({ one }) => one.ackDelays.p99),
          `${figure(overBare)} x its p50`,
        ),
        row(
          'relay, 64 senders, commit per message',
          micros.single,
          rates.single,
          of(({ manySingle }) => manySingle.ackDelays.p99),
          '1',
        ),
        row(
          'relay, 64 senders',
          micros.many,
          rates.many,
          of(({ many }) => many.ackDelays.p99),
          `${figure(overSingle)} x its rate`,
        ),
      ],
      notes: [
        `Bodies of ${BODY_BYTES} bytes, one message on the way per sender, each sender alone in a channel. The bare append is ${ROW_BYTES} bytes.`,
      ],
    };
    return {
      tables: [table],
      aims: [
        {
          id: 'R8',
          what: 'durable acks/s, 64 senders, vs commit per message',
          measured: overSingle,
          accept: 3,
          moonshot: 6,
          isFloor: true,
        },
        {
          id: 'R9',
          what: 'durable ack p50, 1 sender, vs write + fdatasync',
          measured: overBare,
          accept: 2.5,
          moonshot: 1.6,
        },
      ],
      raw: repetitions,
      wrongs: repetitions.flatMap(({ one, many, manySingle }) => [
        ...wrongsOf('1 sender', one),
        ...wrongsOf('64 senders', many),
        ...wrongsOf('64 senders, commit per message', manySingle),
      ]),
    };
  },
};
