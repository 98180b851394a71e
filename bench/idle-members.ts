/**
 * What does a member cost who is only there, and how fast do they come in? Ten thousand signed-in members at the relay beside as many
 * nameless sockets at bare `ws` and socket.io. Memory after full collections on both sides of the crowd's arrival.
 */
import { BARE, Contest, RELAY, SOCKET_IO, type Contestant } from './kit/contest.ts';
import type { Connected } from './kit/load-spec.ts';
import type { Answer, BenchOptions, Question } from './kit/question.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';
import { spentBetween, type Usage } from './kit/usage.ts';

const CONTESTANTS = [BARE, SOCKET_IO, RELAY];
const MEMBERS_PER_CHANNEL = 50;

interface Measured {
  readonly rssEach: number;
  readonly heapEach: number;
  readonly perSecond: number;
  readonly cpuEach: number;
}

async function crowd(contestant: Contestant, members: number): Promise<Measured> {
  const shape = {
    channels: members / MEMBERS_PER_CHANNEL,
    membersPerChannel: MEMBERS_PER_CHANNEL,
    bodyBytes: 200,
  };
  const contest = await Contest.start(contestant, shape);
  try {
    const empty = await contest.server.ask<Usage>('usageAtRest');
    const { tookMs }: Connected = await contest.connect(contest.started);
    const spent = spentBetween(empty, await contest.usage());
    const full = await contest.server.ask<Usage>('usageAtRest');
    return {
      rssEach: (full.rss - empty.rss) / members,
      heapEach: (full.heapUsed - empty.heapUsed) / members,
      perSecond: (members / tookMs) * 1000,
      cpuEach: spent.cpuUs / members,
    };
  } finally {
    await contest.dispose();
  }
}

async function measure(
  members: number,
  { isQuick, log }: BenchOptions,
): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const results = new Map<string, Measured[]>(CONTESTANTS.map(({ name }) => [name, []]));
  for (let repetition = 0; repetition < (isQuick ? 1 : 3); repetition++) {
    for (const contestant of repetition % 2 === 0 ? CONTESTANTS : [...CONTESTANTS].reverse()) {
      log(`${contestant.name}, ${repetition + 1}`);
      results.get(contestant.name)?.push(await crowd(contestant, members));
    }
  }
  return results;
}

export const idleMembers: Question = {
  name: 'idle-members',
  asks: 'what a member costs who is only there',
  async answer(options): Promise<Answer> {
    const members = options.isQuick ? 2_000 : 10_000;
    const results = await measure(members, options);
    const of = (name: string, pick: (measured: Measured) => number): readonly number[] =>
      (results.get(name) ?? []).map(pick);
    const versus = (
      other: Contestant,
      name: string,
      pick: (measured: Measured) => number,
    ): number => medianOf(ratiosOf(of(name, pick), of(other.name, pick)));
    const rss = (measured: Measured): number => measured.rssEach;
    const rate = (measured: Measured): number => measured.perSecond;
    const table: Table = {
      title: `${members.toLocaleString('en')} idle members`,
      columns: [
        'who',
        'RSS KiB each',
        'vs bare ws',
        'vs socket.io',
        'JS heap KiB each',
        'connects/s',
        'vs bare ws',
        'CPU µs/connect',
      ],
      rows: CONTESTANTS.map(({ name }) => [
        name,
        figure(medianOf(of(name, rss)) / 1024),
        figure(versus(BARE, name, rss)),
        figure(versus(SOCKET_IO, name, rss)),
        figure(medianOf(of(name, (measured) => measured.heapEach)) / 1024),
        figure(medianOf(of(name, rate))),
        figure(versus(BARE, name, rate)),
        figure(medianOf(of(name, (measured) => measured.cpuEach))),
      ]),
      notes: [
        'A connect is: TCP, upgrade, and at the relay the token checked, hello answered, caught up. 64 at a time.',
      ],
    };
    return {
      tables: [table],
      aims: [
        {
          id: 'R10',
          what: 'RSS per idle member vs bare ws',
          measured: versus(BARE, RELAY.name, rss),
          accept: 1,
          moonshot: 0.6,
        },
        {
          id: 'R10',
          what: 'RSS per idle member vs socket.io',
          measured: versus(SOCKET_IO, RELAY.name, rss),
          accept: 0.35,
          moonshot: 0.2,
        },
        {
          id: 'R11',
          what: 'connects/s vs bare ws',
          measured: versus(BARE, RELAY.name, rate),
          accept: 0.8,
          moonshot: 1.2,
          isFloor: true,
        },
      ],
      raw: Object.fromEntries(results),
      wrongs: [],
    };
  },
};
