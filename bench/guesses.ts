/**
 * Somebody guesses at passwords. Can they tell by the time of a refusal who is a member? Sign-ins with a wrong password for a member and for
 * names nobody has, in turns, timed where the use case begins and ends: over a network there is only more noise. And does the talk of the
 * others feel it? The same flight with ten thousand guesses a minute at the door and without, turn about.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HTTP } from '../protocol/http.ts';
import { createAuthKit, FROM } from '../test/kit/auth-kit.ts';
import { Contest, RELAY, wrongsOf, type Flight } from './kit/contest.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

type Guess = 'a member' | 'nobody';

/** Longer than any pause that a wrong guess may cost. */
const PAUSE_MS = 24 * 60 * 60_000;

async function timings(count: number): Promise<Readonly<Record<Guess, readonly number[]>>> {
  const kit = createAuthKit();
  const took: Record<Guess, number[]> = { 'a member': [], nobody: [] };
  const guess = async (who: Guess, handle: string): Promise<void> => {
    kit.clock.advance(PAUSE_MS);
    const from = performance.now();
    const done = await kit.auth.accounts.signIn(
      { handle, password: 'ten lives of the office cat', device: 'Desk' },
      FROM,
    );
    took[who].push(performance.now() - from);
    if (done.ok || done.error.kind !== 'wrong-credentials')
      throw new Error(`a guess at ${who} was ${done.ok ? 'right' : done.error.kind}`);
  };
  try {
    await kit.found();
    for (let n = 0; n < count; n++) {
      const turns = [() => guess('a member', 'ada'), () => guess('nobody', `ada${n}`)];
      for (const turn of n % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    return took;
  } finally {
    await kit.dispose();
  }
}

/** How often the first of two takes longer, one drawn from each: 0.5 where they cannot be told apart. */
function shareLonger(ones: readonly number[], others: readonly number[]): number {
  const sorted = [
    ...ones.map((ms) => ({ ms, isOne: true })),
    ...others.map((ms) => ({ ms, isOne: false })),
  ].sort((a, b) => a.ms - b.ms);
  const ranks = sorted.reduce((sum, { isOne }, i) => sum + (isOne ? i + 1 : 0), 0);
  return (ranks - (ones.length * (ones.length + 1)) / 2) / (ones.length * others.length);
}

const SHAPE = { channels: 20, membersPerChannel: 50, bodyBytes: 200 } as const;
const MESSAGES_PER_SECOND = 100;
const GUESSES_PER_MINUTE = 10_000;

/** Guesses at an even pace, at one member and at a thousand names, until it is told to end. @returns how many there were, by their status */
async function guessAt(port: number, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const statuses = new Map<number, number>();
  const guess = async (n: number): Promise<void> => {
    const handle = n % 2 === 0 ? 'member0' : `member${n % 1_000}`;
    const body = JSON.stringify({
      handle,
      password: 'ten lives of the office cat',
      device: 'Desk',
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}${HTTP.signIn}`, {
      method: 'POST',
      headers,
      body,
    });
    await response.arrayBuffer();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  };
  const startedAt = performance.now();
  const all: Promise<void>[] = [];
  for (let n = 0; !signal.aborted; n++) {
    all.push(guess(n));
    await sleep(
      Math.max(0, startedAt + ((n + 1) * 60_000) / GUESSES_PER_MINUTE - performance.now()),
    );
  }
  await Promise.all(all);
  return statuses;
}

interface Talk {
  readonly alone: readonly Flight[];
  readonly besideGuesses: readonly Flight[];
  readonly statuses: ReadonlyMap<number, number>;
}

async function talk({ isQuick, log }: BenchOptions): Promise<Talk> {
  const contest = await Contest.start(RELAY, SHAPE);
  const found = {
    alone: [] as Flight[],
    besideGuesses: [] as Flight[],
    statuses: new Map<number, number>(),
  };
  const fly = (): Promise<Flight> =>
    contest.fly('pace', { messagesPerSecond: MESSAGES_PER_SECOND, ms: isQuick ? 2_000 : 8_000 });
  const alone = async (): Promise<void> => void found.alone.push(await fly());
  const beside = async (): Promise<void> => {
    const end = new AbortController();
    const guessed = guessAt(contest.started.port, end.signal);
    found.besideGuesses.push(await fly());
    end.abort();
    for (const [status, count] of await guessed)
      found.statuses.set(status, (found.statuses.get(status) ?? 0) + count);
  };
  try {
    await contest.connect(contest.started);
    await fly();
    for (let repetition = 0; repetition < (isQuick ? 1 : 5); repetition++) {
      log(`talk with and without guesses, ${repetition + 1}`);
      for (const turn of repetition % 2 === 0 ? [alone, beside] : [beside, alone]) await turn();
    }
    return found;
  } finally {
    await contest.dispose();
  }
}

const quantile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? NaN;

export const guesses: Question = {
  name: 'guesses',
  asks: 'what guesses at passwords tell, and what they cost the others',
  async answer(options): Promise<Answer> {
    const count = options.isQuick ? 100 : 5_000;
    options.log(`${count} guesses each`);
    const took = await timings(count);
    const share = shareLonger(took['a member'], took.nobody);
    const { alone, besideGuesses, statuses } = await talk(options);
    const p99s = (flights: readonly Flight[]): readonly number[] =>
      flights.map(({ delays }) => delays.p99);
    const slower = medianOf(ratiosOf(p99s(besideGuesses), p99s(alone)));
    const talkTable: Table = {
      title: `20 x 50 at 5,000 deliveries a second, beside ${GUESSES_PER_MINUTE.toLocaleString('en')} guesses a minute`,
      columns: ['the others', 'p50 ms', 'p99 ms', 'CPU µs/delivery'],
      rows: [
        ['alone', alone],
        ['beside the guesses', besideGuesses],
      ].map(([who, flights]) => [
        who as string,
        ...[
          (one: Flight) => one.delays.p50 / 1_000,
          (one: Flight) => one.delays.p99 / 1_000,
          (one: Flight) => one.spent.cpuUs / one.deliveries,
        ].map((pick) => figure(medianOf((flights as readonly Flight[]).map(pick)))),
      ]),
      notes: [
        `Answered: ${[...statuses].map(([status, answered]) => `${status} ${answered} times`).join(', ')}. From one address, over HTTP.`,
      ],
    };
    return {
      tables: [
        {
          title: `A wrong password, ${count.toLocaleString('en')} times each`,
          columns: ['for', 'p5 ms', 'p50', 'p95', 'takes longer than the other'],
          rows: (['a member', 'nobody'] as const).map((who) => [
            who,
            ...[0.05, 0.5, 0.95].map((part) => figure(quantile(took[who], part))),
            figure(who === 'a member' ? share : 1 - share),
          ]),
          notes: [
            'At the least cost of a hash that the relay takes, and with no pause for a guess that was wrong before it.',
          ],
        },
        talkTable,
      ],
      // Of 5,000 each, what chance alone does is below 0.015 in 99 of 100 runs.
      aims: [
        {
          id: 'S61',
          what: 'how far from 0.5 the share of longer ones is',
          measured: Math.abs(share - 0.5),
          accept: 0.03,
          moonshot: 0.015,
        },
        {
          id: 'S60',
          what: "the others' p99 beside 10,000 guesses a minute vs alone",
          measured: slower,
          accept: 1.2,
          moonshot: 1.05,
        },
      ],
      raw: { count, share, alone, besideGuesses, statuses: [...statuses] },
      wrongs: [...alone, ...besideGuesses].flatMap((flight) => wrongsOf('talk', flight)),
    };
  },
};
