/**
 * Strangers flood one relay with HTTP requests from one address. Do the members feel it? The same
 * flight with and without the flood, turn about. And what does the relay hold for a stranger who
 * sends requests ahead and reads no answer?
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import { get, statusesIn } from '../test/kit/raw-http.ts';
import { Contest, RELAY, wrongsOf, type Flight } from './kit/contest.ts';
import type { Answer, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

const SHAPE = { channels: 20, membersPerChannel: 50, bodyBytes: 200 } as const;
const MESSAGES_PER_SECOND = 100;
/** As many as one address may hold without a token. */
const CONNECTIONS = DEFAULT_LIMITS.socketsUnauthenticatedPerAddress;
const REQUEST = get('/v1/relay');
/** A closed connection is made anew after this. */
const AGAIN_MS = 50;

type Statuses = Map<string, number>;

/**
 * Each connection asks again as soon as it is answered, until the signal.
 * @returns how many answers there were, by their status
 */
async function flood(port: number, signal: AbortSignal): Promise<Statuses> {
  const statuses: Statuses = new Map();
  const one = async (): Promise<void> => {
    while (!signal.aborted) {
      const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
      const end = (): void => void socket.destroy();
      signal.addEventListener('abort', end);
      socket.on('error', () => undefined);
      socket.on('data', (data: Buffer) => {
        for (const status of statusesIn(data.toString('latin1')))
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        socket.write(REQUEST);
      });
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
      signal.removeEventListener('abort', end);
      if (!signal.aborted) await sleep(AGAIN_MS);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return statuses;
}

/**
 * How much the relay's memory grows, in bytes, while connections send requests ahead for so long
 * and read nothing.
 */
async function unread(contest: Contest, port: number, ms: number): Promise<number> {
  const before = await contest.usage();
  const ahead = Buffer.from(REQUEST.repeat(1_000));
  const sockets: Socket[] = [];
  const push = (socket: Socket): void => {
    if (!socket.writable) return;
    if (socket.write(ahead)) setImmediate(push, socket);
    else socket.once('drain', () => push(socket));
  };
  for (let n = 0; n < CONNECTIONS; n++) {
    const socket = connect(port, '127.0.0.1', () => push(socket));
    socket.on('error', () => undefined).pause();
    sockets.push(socket);
  }
  let most = 0;
  for (const until = performance.now() + ms; performance.now() < until; await sleep(200))
    most = Math.max(most, (await contest.usage()).rss);
  for (const socket of sockets) socket.destroy();
  return most - before.rss;
}

export const strangers: Question = {
  name: 'strangers',
  asks: 'what requests without a token cost the members, and the relay',
  async answer({ isQuick, log }): Promise<Answer> {
    const contest = await Contest.start(RELAY, SHAPE);
    const { port } = contest.started;
    const flights = { alone: [] as Flight[], flooded: [] as Flight[] };
    const statuses: Statuses = new Map();
    const fly = (): Promise<Flight> =>
      contest.fly('pace', { messagesPerSecond: MESSAGES_PER_SECOND, ms: isQuick ? 2_000 : 8_000 });
    const alone = async (): Promise<void> => void flights.alone.push(await fly());
    const flooded = async (): Promise<void> => {
      const end = new AbortController();
      const flooding = flood(port, end.signal);
      flights.flooded.push(await fly());
      end.abort();
      for (const [status, count] of await flooding)
        statuses.set(status, (statuses.get(status) ?? 0) + count);
    };
    let grewBytes = NaN;
    try {
      await contest.connect(contest.started);
      await fly();
      for (let repetition = 0; repetition < (isQuick ? 1 : 5); repetition++) {
        log(`members with and without a flood, ${repetition + 1}`);
        for (const turn of repetition % 2 === 0 ? [alone, flooded] : [flooded, alone]) await turn();
      }
      log('requests sent ahead, and no answer read');
      grewBytes = await unread(contest, port, isQuick ? 3_000 : 15_000);
    } finally {
      await contest.dispose();
    }
    const p99s = (of: readonly Flight[]): readonly number[] => of.map(({ delays }) => delays.p99);
    const slower = medianOf(ratiosOf(p99s(flights.flooded), p99s(flights.alone)));
    const seconds = flights.flooded.reduce((sum, { spent }) => sum + spent.tookMs, 0) / 1_000;
    const table: Table = {
      title: `20 x 50 at 5,000 deliveries a second, beside ${CONNECTIONS} connections that ask without end`,
      columns: ['the members', 'p50 ms', 'p99 ms', "the relay's share of a core"],
      rows: [['alone', flights.alone] as const, ['beside the flood', flights.flooded] as const].map(
        ([who, of]) => [
          who,
          figure(medianOf(of.map(({ delays }) => delays.p50 / 1_000))),
          figure(medianOf(of.map(({ delays }) => delays.p99 / 1_000))),
          figure(medianOf(of.map(({ spent }) => spent.share))),
        ],
      ),
      notes: [
        `Answers a second: ${[...statuses].map(([status, count]) => `${status} ${figure(count / seconds)}`).join(', ')}.`,
        `Requests sent ahead and never read on ${CONNECTIONS} connections: ${figure(grewBytes / 2 ** 20)} MiB more.`,
      ],
    };
    return {
      tables: [table],
      aims: [
        {
          id: 'L1',
          what: "the members' p99 beside a flood of requests vs alone",
          measured: slower,
          accept: 1.2,
          moonshot: 1.05,
        },
        {
          id: 'L2',
          what: 'memory for requests sent ahead and answers not read, MiB',
          measured: grewBytes / 2 ** 20,
          accept: 64,
          moonshot: 16,
        },
      ],
      raw: { flights, statuses: [...statuses], grewBytes },
      wrongs: [...flights.alone, ...flights.flooded].flatMap((flight) =>
        wrongsOf('members', flight),
      ),
    };
  },
};
