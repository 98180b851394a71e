/**
 * Does a relay grow slower as its store fills? The same flight over an empty store and over one with a year of talk in it, turn about.
 */
import { Contest, RELAY, wrongsOf, type Flight } from './kit/contest.ts';
import type { Answer, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

const SHAPE = { channels: 20, membersPerChannel: 50, bodyBytes: 200 } as const;

async function fly(storedMessages: number, isQuick: boolean): Promise<Flight> {
  const contest = await Contest.start(RELAY, { ...SHAPE, storedMessages });
  try {
    await contest.connect(contest.started);
    const closed = { sendersPerChannel: SHAPE.membersPerChannel, window: 1 };
    await contest.fly('saturate', { ...closed, ms: isQuick ? 700 : 3_000 });
    return await contest.fly('saturate', { ...closed, ms: isQuick ? 1_500 : 6_000 });
  } finally {
    await contest.dispose();
  }
}

export const growth: Question = {
  name: 'growth',
  asks: 'what a full store costs',
  async answer({ isQuick, log }): Promise<Answer> {
    const full = isQuick ? 100_000 : 1_000_000;
    const flights = new Map<number, Flight[]>([
      [0, []],
      [full, []],
    ]);
    for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
      for (const stored of repetition % 2 === 0 ? [0, full] : [full, 0]) {
        log(`${stored.toLocaleString('en')} stored, ${repetition + 1}`);
        flights.get(stored)?.push(await fly(stored, isQuick));
      }
    }
    const cpu = (stored: number): readonly number[] =>
      (flights.get(stored) ?? []).map(({ spent, deliveries }) => spent.cpuUs / deliveries);
    const ratio = medianOf(ratiosOf(cpu(full), cpu(0)));
    const table: Table = {
      title: 'Growth, 20 x 50, saturated',
      columns: ['stored messages', 'CPU µs/delivery', 'ratio'],
      rows: [0, full].map((stored) => [
        stored.toLocaleString('en'),
        figure(medianOf(cpu(stored))),
        figure(stored === 0 ? 1 : ratio),
      ]),
      notes: [],
    };
    return {
      tables: [table],
      aims: [
        {
          id: 'R14',
          what: `CPU per delivery at ${full.toLocaleString('en')} stored vs none`,
          measured: ratio,
          accept: 1.1,
          moonshot: 1.02,
        },
      ],
      raw: Object.fromEntries(flights),
      wrongs: [...flights].flatMap(([stored, all]) =>
        all.flatMap((flight) => wrongsOf(`${stored} stored`, flight)),
      ),
    };
  },
};
