/**
 * Back from a week away: ten thousand messages were missed in fifty channels. How long until every badge is right? A real relay, the
 * real line with TLS, the real cache; the desktop starts cold. Beside it the floor: as many messages into one bare table.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CaughtUp, Start } from './contestants/desktop.ts';
import type { Invitation } from './contestants/team-relay.ts';
import { LOAD_CORE, SERVER_CORE, scratchFolder } from './kit/contest.ts';
import type { Answer, Question } from './kit/question.ts';
import { Remote } from './kit/remote.ts';
import { medianOf, ratiosOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';

const CHANNELS = 50;
const EACH = 200;
const contestants = join(import.meta.dirname, 'contestants');

interface Measured extends CaughtUp {
  readonly bareMs: number;
  readonly importMs: number;
}

const withRemote = async <T>(
  name: string,
  core: number,
  work: (remote: Remote) => Promise<T>,
): Promise<T> => {
  const remote = new Remote({ file: join(contestants, name), core });
  try {
    return await work(remote);
  } finally {
    await remote.dispose();
  }
};

async function once(): Promise<Measured> {
  const folder = scratchFolder();
  const mine = join(folder, 'desktop');
  mkdirSync(mine);
  try {
    return await withRemote('team-relay.ts', SERVER_CORE, async (relay) => {
      const invitation = await relay.ask<Invitation>('start', { folder });
      await withRemote('desktop.ts', LOAD_CORE, async (desktop) => {
        await desktop.ask('setUp', { folder: mine, invitation });
        await relay.ask('makeChannels', { count: CHANNELS });
        // The channel everybody starts in is there too.
        await desktop.ask('untilChannels', { count: CHANNELS + 1 });
        await desktop.ask('close');
      });
      await relay.ask('talk', { each: EACH });
      const bareMs = await withRemote('bare-insert.ts', LOAD_CORE, (bare) =>
        bare.ask<number>('insert', { folder, messages: CHANNELS * EACH }),
      );
      return withRemote('desktop.ts', LOAD_CORE, async (desktop) => {
        const { importMs } = await desktop.ask<Start>('start', { folder: mine });
        const caughtUp = await desktop.ask<CaughtUp>('untilUnread', {
          channels: CHANNELS,
          each: EACH,
        });
        await desktop.ask('close');
        return { ...caughtUp, bareMs, importMs };
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const desktopCatchUp: Question = {
  name: 'desktop-catch-up',
  asks: 'how long until every badge is right after a week away',
  async answer({ isQuick, log }): Promise<Answer> {
    const all: Measured[] = [];
    for (let repetition = 0; repetition < (isQuick ? 1 : 7); repetition++) {
      log(`repetition ${repetition + 1}`);
      all.push(await once());
    }
    const of = (pick: (measured: Measured) => number): readonly number[] => all.map(pick);
    const ratio = medianOf(
      ratiosOf(
        of((one) => one.sinceLiveMs),
        of((one) => one.bareMs),
      ),
    );
    const total = CHANNELS * EACH;
    const row = (what: string, values: readonly number[], versus: string): readonly string[] => [
      what,
      figure(medianOf(values)),
      figure((total / medianOf(values)) * 1_000),
      versus,
    ];
    const table: Table = {
      title: `${total.toLocaleString('en')} missed in ${CHANNELS} channels`,
      columns: ['until every badge is right', 'ms', 'messages/s', 'vs bare table'],
      rows: [
        row(
          'bare table, parsed and inserted',
          of((one) => one.bareMs),
          '1',
        ),
        row(
          'from the line being live',
          of((one) => one.sinceLiveMs),
          figure(ratio),
        ),
        row(
          'from the cold start of the core',
          of((one) => one.sinceStartMs),
          '',
        ),
        row(
          '… of it CPU time, all threads',
          of((one) => one.cpuMs),
          '',
        ),
      ],
      notes: [
        'TLS with a pinned key; relay and desktop on a core each.',
        `Loading the program comes before: ${figure(medianOf(of((one) => one.importMs)))} ms from the sources, as here. The app loads a bundle of them.`,
      ],
    };
    const seconds = medianOf(of((one) => one.sinceStartMs)) / 1_000;
    return {
      tables: [table],
      aims: [
        {
          id: 'C9',
          what: `seconds until the badges are right, ${total.toLocaleString('en')} missed`,
          measured: seconds,
          accept: 1,
          moonshot: 0.25,
        },
      ],
      raw: all,
      wrongs: all.flatMap(({ unread }) =>
        unread === total ? [] : [`the badges say ${unread} unread and ${total} were missed`],
      ),
    };
  },
};
