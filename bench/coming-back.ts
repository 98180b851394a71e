/**
 * The network was away and everybody returns at once: how long until the last of a thousand members has the hundred messages they
 * missed? The relay answers from its store, by position; socket.io's connection state recovery from memory. Bare `ws` loses them.
 */
import { Contest, RELAY, SOCKET_IO, wrongsOf, type Contestant } from './kit/contest.ts';
import type { Returned } from './kit/load-spec.ts';
import type { Answer, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';
import { spentBetween, type Spent } from './kit/usage.ts';

const CONTESTANTS = [SOCKET_IO, RELAY];
const SHAPES = [
  { name: '1 x 1,000', channels: 1, membersPerChannel: 1_001 },
  { name: '20 x 50', channels: 20, membersPerChannel: 51 },
] as const;
const MISSED_EACH = 100;

interface Measured extends Returned {
  readonly spent: Spent;
}

async function comeBack(
  contestant: Contestant,
  shape: (typeof SHAPES)[number],
  missedEach: number,
): Promise<Measured> {
  const contest = await Contest.start(contestant, { ...shape, bodyBytes: 200, recovers: true });
  try {
    await contest.connect(contest.started);
    const before = await contest.usage();
    const returned = await contest.load.ask<Returned>('comeBack', { missedEach });
    return { ...returned, spent: spentBetween(before, await contest.usage()) };
  } finally {
    await contest.dispose();
  }
}

export const comingBack: Question = {
  name: 'coming-back',
  asks: 'how long until everybody has what they missed',
  async answer({ isQuick, log }): Promise<Answer> {
    const rows: string[][] = [];
    const ratios = new Map<string, number>();
    const raw: unknown[] = [];
    const wrongs: string[] = [];
    for (const shape of SHAPES) {
      const results = new Map<string, Measured[]>(CONTESTANTS.map(({ name }) => [name, []]));
      for (let repetition = 0; repetition < (isQuick ? 1 : 5); repetition++) {
        for (const contestant of repetition % 2 === 0 ? CONTESTANTS : [...CONTESTANTS].reverse()) {
          log(`${shape.name}: ${contestant.name}, ${repetition + 1}`);
          const measured = await comeBack(contestant, shape, MISSED_EACH);
          results.get(contestant.name)?.push(measured);
          wrongs.push(...wrongsOf(`${shape.name}, ${contestant.name}`, measured));
        }
      }
      const took = (name: string): readonly number[] =>
        (results.get(name) ?? []).map(({ tookMs }) => tookMs);
      for (const { name } of CONTESTANTS) {
        const ratio = medianOf(ratiosOf(took(name), took(SOCKET_IO.name)));
        ratios.set(`${shape.name} ${name}`, ratio);
        rows.push([`${shape.name}: ${name}`, figure(medianOf(took(name)) / 1000), figure(ratio)]);
      }
      raw.push({ shape, results: Object.fromEntries(results) });
    }
    const table: Table = {
      title: `1,000 members return, ${MISSED_EACH} missed each`,
      columns: ['channels x members', 'seconds until the last is whole', 'vs socket.io'],
      rows,
      notes: [
        'From the first new connection on, 64 connecting at a time. One member of each channel stays and posts what the others miss.',
      ],
    };
    const aims = SHAPES.map(({ name }) => ({
      id: 'R12',
      what: `return of 1,000, 100 missed, ${name}, vs socket.io recovery`,
      measured: ratios.get(`${name} ${RELAY.name}`) ?? NaN,
      accept: 0.35,
      moonshot: 0.2,
    }));
    return { tables: [table], aims, raw, wrongs };
  },
};
