/**
 * One member of a channel of a thousand stops reading, as a laptop does whose lid just closed. What does the relay keep for them, and
 * do the others feel it? The same flight with and without the stopped reader, turn about; bare `ws` beside it, which keeps everything.
 */
import { BARE, Contest, RELAY, wrongsOf, type Contestant, type Flight } from './kit/contest.ts';
import type { Answer, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';
import type { Usage } from './kit/usage.ts';

const SHAPE = { channels: 1, membersPerChannel: 1_000, bodyBytes: 200 } as const;
const CONTESTANTS = [BARE, RELAY];
const LARGE_BYTES = 8 * 1024;
/** Enough large messages to fill the buffers of the system between the two, which take some megabytes, and then the relay's own. */
const LARGE_MESSAGES = 1_200;

interface Measured {
  /** What is held after a full collection, in bytes. */
  readonly held: number;
  readonly others: Flight;
}

async function fly(
  contestant: Contestant,
  isStopped: boolean,
  isQuick: boolean,
): Promise<Measured> {
  const contest = await Contest.start(contestant, SHAPE);
  try {
    await contest.connect(contest.started);
    await contest.fly('saturate', { sendersPerChannel: 50, window: 1, ms: 1_000 });
    if (isStopped) await contest.load.ask('stopReading');
    await contest.load.ask('setBody', { bytes: LARGE_BYTES });
    await contest.fly('burst', { messages: LARGE_MESSAGES, window: 4 });
    const { heapUsed, external } = await contest.server.ask<Usage>('usageAtRest');
    await contest.load.ask('setBody', { bytes: SHAPE.bodyBytes });
    const others = await contest.fly('pace', { messagesPerSecond: 5, ms: isQuick ? 4_000 : 8_000 });
    return { held: heapUsed + external, others };
  } finally {
    await contest.dispose();
  }
}

export const stoppedReader: Question = {
  name: 'stopped-reader',
  asks: 'what one member who stops reading costs',
  async answer({ isQuick, log }): Promise<Answer> {
    const rows: string[][] = [];
    const wrongs: string[] = [];
    const raw: Record<string, unknown> = {};
    const found = new Map<string, { readonly extraMiB: number; readonly p99: number }>();
    for (const contestant of CONTESTANTS) {
      const runs: Record<'reading' | 'stopped', Measured[]> = { reading: [], stopped: [] };
      for (let repetition = 0; repetition < (isQuick ? 1 : 5); repetition++) {
        const turns =
          repetition % 2 === 0
            ? (['reading', 'stopped'] as const)
            : (['stopped', 'reading'] as const);
        for (const turn of turns) {
          log(`${contestant.name}, ${turn}, ${repetition + 1}`);
          const measured = await fly(contestant, turn === 'stopped', isQuick);
          runs[turn].push(measured);
          wrongs.push(...wrongsOf(`${contestant.name}, ${turn}`, measured.others));
        }
      }
      const p99 = (turn: 'reading' | 'stopped'): readonly number[] =>
        runs[turn].map(({ others }) => others.delays.p99);
      const held = (turn: 'reading' | 'stopped'): number =>
        medianOf(runs[turn].map((measured) => measured.held));
      const result = {
        extraMiB: (held('stopped') - held('reading')) / 2 ** 20,
        p99: medianOf(ratiosOf(p99('stopped'), p99('reading'))),
      };
      found.set(contestant.name, result);
      raw[contestant.name] = runs;
      rows.push([
        contestant.name,
        figure(result.extraMiB),
        figure(medianOf(p99('reading')) / 1000),
        figure(medianOf(p99('stopped')) / 1000),
        figure(result.p99),
      ]);
    }
    const table: Table = {
      title: 'One of 1,000 stops reading',
      columns: ['who', 'extra memory MiB', "others' p99 ms, all reading", 'one stopped', 'ratio'],
      rows,
      notes: [
        `${LARGE_MESSAGES.toLocaleString('en')} messages of ${LARGE_BYTES / 1024} KiB fill the stopped connection; then 5,000 deliveries/s of 200 bytes are timed.`,
      ],
    };
    const relay = found.get(RELAY.name);
    return {
      tables: [table],
      aims: [
        {
          id: 'R15',
          what: 'extra memory for a stopped reader, MiB',
          measured: relay?.extraMiB ?? NaN,
          accept: 1,
          moonshot: 0.25,
        },
        {
          id: 'R15',
          what: "others' p99 with a stopped reader vs without",
          measured: relay?.p99 ?? NaN,
          accept: 1.1,
          moonshot: 1.02,
        },
      ],
      raw,
      wrongs,
    };
  },
};
