/**
 * What do one, two and three relays deliver at their limit? The same team of 20 channels x 50 at each number of relays, writers with
 * a bounded number of messages on the way, every delivery checked. The three clusters are up at once and fly turn about. All of it shares
 * two cores here, so what more relays would carry is arithmetic from what a delivery costs them; what it costs is measured.
 */
import { missingFor } from '../test/cluster/cluster.ts';
import {
  ClusterContest,
  NODE_NAMES,
  type ClusterFlight,
  type ClusterSpent,
} from './kit/cluster-contest.ts';
import { wrongsOf } from './kit/contest.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

const SHAPE = { channels: 20, membersPerChannel: 50, bodyBytes: 200 };
/** Messages that each member keeps on the way; as in the fan-out. */
const WINDOW = 4;
const SIZES = NODE_NAMES.map((_, i) => i + 1);

/** By number of relays, one entry per round; entry i of all sizes flew side by side. */
type Results = ReadonlyMap<number, readonly ClusterFlight[]>;

async function measure({ isQuick, log }: BenchOptions): Promise<Results> {
  const closed = {
    sendersPerChannel: SHAPE.membersPerChannel,
    window: WINDOW,
    ms: isQuick ? 1_500 : 4_000,
  };
  const contests = new Map<number, ClusterContest>();
  const results = new Map<number, ClusterFlight[]>(SIZES.map((relays) => [relays, []]));
  try {
    for (const relays of SIZES) {
      log(`${relays} of ${SIZES.length} relays come up`);
      const contest = await ClusterContest.start(relays, SHAPE);
      contests.set(relays, contest);
      await contest.fly(closed);
    }
    const rounds = isQuick ? 3 : 9;
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1} of ${rounds}`);
      // Each follows each other as often.
      const order = round % 2 === 0 ? SIZES : [...SIZES].reverse();
      for (const relays of order) {
        const flight = await contests.get(relays)?.fly(closed);
        if (flight) results.get(relays)?.push(flight);
      }
    }
    return results;
  } finally {
    for (const contest of contests.values()) await contest.dispose();
  }
}

type Pick = (flight: ClusterFlight) => number;

const perSecond: Pick = ({ deliveries, tookMs }) => (deliveries / tookMs) * 1_000;
const p50: Pick = ({ delays }) => delays.p50 / 1_000;
const p99: Pick = ({ delays }) => delays.p99 / 1_000;
const costOf =
  (who: keyof ClusterSpent): Pick =>
  ({ spent, deliveries }) =>
    spent[who] / deliveries;
/** The share of a core. */
const coreOf =
  (...whose: readonly (keyof ClusterSpent)[]): Pick =>
  ({ spent, tookMs }) =>
    whose.reduce((sum, who) => sum + spent[who], 0) / 1_000 / tookMs;
const loadCore: Pick = ({ loadShare }) => loadShare;

function tablesOf(results: Results): readonly Table[] {
  const of = (relays: number, pick: Pick): readonly number[] =>
    (results.get(relays) ?? []).map(pick);
  const value = (relays: number, pick: Pick): string => figure(medianOf(of(relays, pick)));
  const ratio = (relays: number, pick: Pick): string =>
    figure(medianOf(ratiosOf(of(relays, pick), of(1, pick))));
  const share = (relays: number, pick: Pick): string =>
    `${Math.round(medianOf(of(relays, pick)) * 100)} %`;
  const ownCores = (relays: number): number => relays / medianOf(of(relays, costOf('relays')));
  const members = SHAPE.channels * SHAPE.membersPerChannel;
  return [
    {
      title: `One to three relays at their limit, ${SHAPE.channels} x ${SHAPE.membersPerChannel}`,
      columns: [
        'relays',
        'deliveries/s',
        'vs one',
        'p50 ms',
        'p99 ms',
        'vs one',
        'relay cores',
        'databases',
        'load',
      ],
      rows: SIZES.map((relays) => [
        String(relays),
        value(relays, perSecond),
        ratio(relays, perSecond),
        value(relays, p50),
        value(relays, p99),
        ratio(relays, p99),
        share(relays, coreOf('relays')),
        share(relays, coreOf('postgres', 'redis')),
        share(relays, loadCore),
      ]),
      notes: [
        `Bodies of ${SHAPE.bodyBytes} bytes. Each of ${members} members keeps ${WINDOW} on the way. Delays from the send to each member.`,
        'All relays together on core 0; PostgreSQL, Redis and the load on core 1. So this is what two cores carry, not what the relays would.',
        'Shares are of one core: where neither is full, the rest was waiting for commits.',
      ],
    },
    {
      title: 'What a delivery costs there',
      columns: [
        'relays',
        'relay µs',
        'vs one',
        'PostgreSQL µs',
        'vs one',
        'Redis µs',
        'M deliveries per relay CPU s',
        'with a core each',
      ],
      rows: SIZES.map((relays) => [
        String(relays),
        value(relays, costOf('relays')),
        ratio(relays, costOf('relays')),
        value(relays, costOf('postgres')),
        ratio(relays, costOf('postgres')),
        value(relays, costOf('redis')),
        figure(ownCores(relays) / relays),
        figure(ownCores(relays)),
      ]),
      notes: [
        'CPU time of all relays, of all processes of PostgreSQL, of Redis, each by the deliveries of all relays.',
        'The last column is arithmetic: what they would carry with a core for each, if nothing else became the limit. It was not measured.',
      ],
    },
  ];
}

export const clusterLimit: Question = {
  name: 'cluster-limit',
  asks: 'what one, two and three relays deliver at their limit',
  async answer(options: BenchOptions): Promise<Answer> {
    const missing = missingFor('nginx');
    if (missing.length > 0 || process.platform !== 'linux') {
      options.log(
        `not measured: ${missing.length > 0 ? `${missing.join(', ')} is missing` : 'only Linux tells what a process has used'}`,
      );
      return { tables: [], aims: [], raw: [], wrongs: [] };
    }
    const results = await measure(options);
    // A tally is over all flights so far: the last one tells of all.
    const wrongs = [...results].flatMap(([relays, flights]) =>
      flights.slice(-1).flatMap((flight) => wrongsOf(`${relays} relays`, flight)),
    );
    return { tables: tablesOf(results), aims: [], raw: Object.fromEntries(results), wrongs };
  },
};
