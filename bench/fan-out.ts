/**
 * What does one delivery cost? The relay with all its defaults on (sign-in, rights, a durable store, acknowledgements) beside a bare
 * `ws` broadcast and socket.io, which do none of that. Once saturated (as much as one core carries) and once at a steady 5,000
 * deliveries a second, where the delay of every delivery counts from the moment its message was due.
 */
import {
  BARE,
  Contest,
  RELAY,
  SOCKET_IO,
  wrongsOf,
  type Contestant,
  type Flight,
  type Shape,
} from './kit/contest.ts';
import type { Aim, Answer, BenchOptions, Question } from './kit/question.ts';
import { medianOf, ratiosOf, spreadOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

interface Setup extends Shape {
  readonly name: string;
  readonly sendersPerChannel: number;
  /** Messages that each sender keeps on the way while saturated. */
  readonly window: number;
  readonly contestants: readonly Contestant[];
}

const BODY_BYTES = 200;
const DELIVERIES_PER_SECOND = 5_000;
const ALL = [BARE, SOCKET_IO, RELAY];

const SETUPS: readonly Setup[] = [
  {
    name: '20 x 50',
    channels: 20,
    membersPerChannel: 50,
    sendersPerChannel: 50,
    window: 4,
    bodyBytes: BODY_BYTES,
    contestants: ALL,
  },
  {
    name: '1 x 1,000',
    channels: 1,
    membersPerChannel: 1_000,
    sendersPerChannel: 200,
    window: 1,
    bodyBytes: BODY_BYTES,
    contestants: ALL,
  },
  {
    name: '100 x 10',
    channels: 100,
    membersPerChannel: 10,
    sendersPerChannel: 10,
    window: 4,
    bodyBytes: BODY_BYTES,
    contestants: ALL,
  },
  {
    name: '20 x 50, TLS',
    channels: 20,
    membersPerChannel: 50,
    sendersPerChannel: 50,
    window: 4,
    bodyBytes: BODY_BYTES,
    isTls: true,
    contestants: [BARE, RELAY],
  },
];

interface Measured {
  readonly saturated: Flight;
  readonly paced: Flight;
}

/** Per contestant, one entry per repetition; entry i of all contestants ran side by side. */
type Results = ReadonlyMap<string, readonly Measured[]>;

const cpuEach = ({ spent, deliveries }: Flight): number => spent.cpuUs / deliveries;
const rate = ({ deliveries, tookMs }: Flight): number => (deliveries / tookMs) * 1000;

/**
 * All contestants are up at once and fly turn about, each in flights of seconds: a machine that is slow for a minute is slow for all of
 * them. Who does not fly is idle, and its processes are not those that are counted.
 */
async function measure(setup: Setup, options: BenchOptions): Promise<Results> {
  const { isQuick, log } = options;
  const contests = new Map<Contestant, Contest>();
  const results = new Map<string, Measured[]>(setup.contestants.map(({ name }) => [name, []]));
  try {
    for (const contestant of setup.contestants) {
      const contest = await Contest.start(contestant, setup);
      contests.set(contestant, contest);
      await contest.connect(contest.started);
      await contest.fly('saturate', { ...closedLoop(setup), ms: isQuick ? 700 : 3_000 });
    }
    const rounds = isQuick ? 3 : 7;
    for (let round = 0; round < rounds; round++) {
      log(`${setup.name}: round ${round + 1} of ${rounds}`);
      // Each follows each other as often.
      const order = round % 2 === 0 ? setup.contestants : [...setup.contestants].reverse();
      for (const contestant of order) {
        const contest = contests.get(contestant);
        if (contest) results.get(contestant.name)?.push(await once(contest, setup, options));
      }
    }
    return results;
  } finally {
    for (const contest of contests.values()) await contest.dispose();
  }
}

const closedLoop = ({
  sendersPerChannel,
  window,
}: Setup): { readonly sendersPerChannel: number; readonly window: number } => ({
  sendersPerChannel,
  window,
});

async function once(contest: Contest, setup: Setup, { isQuick }: BenchOptions): Promise<Measured> {
  const saturated = await contest.fly('saturate', {
    ...closedLoop(setup),
    ms: isQuick ? 1_000 : 2_500,
  });
  const messagesPerSecond = DELIVERIES_PER_SECOND / setup.membersPerChannel;
  const paced = await contest.fly('pace', { messagesPerSecond, ms: isQuick ? 1_500 : 4_000 });
  return { saturated, paced };
}

/** The median of what `pick` finds, and the median of its ratio to bare ws in the same repetition. */
function against(
  results: Results,
  name: string,
  pick: (measured: Measured) => number,
): { readonly value: number; readonly ratio: number } {
  const own = (results.get(name) ?? []).map(pick);
  const bare = (results.get(BARE.name) ?? []).map(pick);
  return { value: medianOf(own), ratio: medianOf(ratiosOf(own, bare)) };
}

function spreadWords(results: Results, name: string, pick: (measured: Measured) => number): string {
  const { least, most } = spreadOf((results.get(name) ?? []).map(pick));
  return `${figure(least)}-${figure(most)}`;
}

const picks = {
  cpu: (m: Measured) => cpuEach(m.saturated),
  rate: (m: Measured) => rate(m.saturated),
  pacedCpu: (m: Measured) => cpuEach(m.paced),
  p50: (m: Measured) => m.paced.delays.p50 / 1000,
  p99: (m: Measured) => m.paced.delays.p99 / 1000,
} as const;

function saturatedTable(all: ReadonlyMap<Setup, Results>): Table {
  const rows: string[][] = [];
  for (const [setup, results] of all) {
    for (const { name } of setup.contestants) {
      const [cpu, perSecond] = [
        against(results, name, picks.cpu),
        against(results, name, picks.rate),
      ];
      const share = (pick: (m: Measured) => number): string =>
        `${Math.round(against(results, name, pick).value * 100)} %`;
      rows.push([
        `${setup.name}: ${name}`,
        figure(cpu.value),
        spreadWords(results, name, picks.cpu),
        figure(cpu.ratio),
        figure(perSecond.value),
        figure(perSecond.ratio),
        share((m) => m.saturated.spent.share),
        share((m) => m.saturated.loadShare),
      ]);
    }
  }
  return {
    title: 'Fan-out, saturated',
    columns: [
      'channels x members',
      'CPU µs/delivery',
      'spread',
      'vs bare ws',
      'deliveries/s',
      'vs bare ws',
      'server core',
      'load core',
    ],
    rows,
    notes: [
      `Bodies of ${BODY_BYTES} bytes. Every member keeps 4 messages on the way; of 1 x 1,000 the first 200 keep one each.`,
      'Where the load core is busier than the server core, deliveries/s is what the load could take, not what the server could give.',
    ],
  };
}

function pacedTable(all: ReadonlyMap<Setup, Results>): Table {
  const rows: string[][] = [];
  for (const [setup, results] of all) {
    for (const { name } of setup.contestants) {
      const cells = [picks.pacedCpu, picks.p50, picks.p99].flatMap((pick) => {
        const { value, ratio } = against(results, name, pick);
        return [figure(value), figure(ratio)];
      });
      rows.push([`${setup.name}: ${name}`, ...cells]);
    }
  }
  return {
    title: `Fan-out, open loop at ${DELIVERIES_PER_SECOND.toLocaleString('en')} deliveries/s`,
    columns: [
      'channels x members',
      'CPU µs/delivery',
      'vs bare ws',
      'p50 ms',
      'vs bare ws',
      'p99 ms',
      'vs bare ws',
    ],
    rows,
    notes: [
      'Delays from the moment a message was due to its arrival at each member, all deliveries recorded.',
    ],
  };
}

function aimsOf(all: ReadonlyMap<Setup, Results>): readonly Aim[] {
  const ratio = (name: string, pick: (m: Measured) => number): number => {
    const entry = [...all].find(([setup]) => setup.name === name);
    return entry === undefined ? NaN : against(entry[1], RELAY.name, pick).ratio;
  };
  return [
    {
      id: 'R1',
      what: 'CPU per delivery, 20 x 50, vs bare ws',
      measured: ratio('20 x 50', picks.cpu),
      accept: 0.15,
      moonshot: 0.08,
    },
    {
      id: 'R4',
      what: 'deliveries/s, 20 x 50, vs bare ws',
      measured: ratio('20 x 50', picks.rate),
      accept: 6,
      moonshot: 12,
      isFloor: true,
    },
    {
      id: 'R4',
      what: 'deliveries/s, 1 x 1,000, vs bare ws',
      measured: ratio('1 x 1,000', picks.rate),
      accept: 10,
      moonshot: 20,
      isFloor: true,
    },
    {
      id: 'R5',
      what: 'CPU per delivery, 100 x 10, vs bare ws',
      measured: ratio('100 x 10', picks.cpu),
      accept: 0.35,
      moonshot: 0.18,
    },
    {
      id: 'R6',
      what: 'CPU at 5,000/s, 20 x 50, vs bare ws',
      measured: ratio('20 x 50', picks.pacedCpu),
      accept: 1.2,
      moonshot: 0.9,
    },
    {
      id: 'R7',
      what: 'p50 at 5,000/s, 20 x 50, vs bare ws',
      measured: ratio('20 x 50', picks.p50),
      accept: 2.2,
      moonshot: 1.5,
    },
    {
      id: 'R7',
      what: 'p99 at 5,000/s, 20 x 50, vs bare ws',
      measured: ratio('20 x 50', picks.p99),
      accept: 2.2,
      moonshot: 1.3,
    },
  ];
}

export const fanOut: Question = {
  name: 'fan-out',
  asks: 'what one delivery costs',
  async answer(options): Promise<Answer> {
    const all = new Map<Setup, Results>();
    for (const setup of SETUPS) all.set(setup, await measure(setup, options));
    const wrongs: string[] = [];
    for (const [setup, results] of all) {
      for (const [name, repetitions] of results) {
        for (const { paced } of repetitions)
          wrongs.push(...wrongsOf(`${setup.name}, ${name}`, paced));
      }
    }
    const raw = [...all].map(([{ name }, results]) => ({
      name,
      results: Object.fromEntries(results),
    }));
    return { tables: [saturatedTable(all), pacedTable(all)], aims: aimsOf(all), raw, wrongs };
  },
};
