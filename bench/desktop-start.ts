/**
 * Does a full cache slow the start? The desktop's core starts cold, in a process of its own and without a relay, over a million cached
 * messages and over none: until its window holds the whole state, and until the newest page of a channel is there to be read.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, Start } from './contestants/desktop.ts';
import type { CacheSeeding } from './contestants/seed-cache.ts';
import { LOAD_CORE, scratchFolder } from './kit/contest.ts';
import type { Answer, Question } from './kit/question.ts';
import { Remote } from './kit/remote.ts';
import { medianOf } from './kit/stats.ts';
import { figure, type Table } from './kit/table.ts';
import type { Usage } from './kit/usage.ts';

const CHANNELS = 200;
const contestants = join(import.meta.dirname, 'contestants');

interface Measured {
  readonly start: Start;
  readonly page: Page;
  readonly rss: number;
}

async function startOver(folder: string): Promise<Measured> {
  const desktop = new Remote({ file: join(contestants, 'desktop.ts'), core: LOAD_CORE });
  try {
    const start = await desktop.ask<Start>('start', { folder });
    const page = await desktop.ask<Page>('openChannel', { at: 17 });
    const { rss } = await desktop.ask<Usage>('usageAtRest');
    await desktop.ask('close');
    return { start, page, rss };
  } finally {
    await desktop.dispose();
  }
}

/** Over a copy: a start changes the folder. */
async function measure(seeded: string, repetition: number): Promise<Measured> {
  const copy = `${seeded}-${repetition}`;
  cpSync(seeded, copy, { recursive: true });
  try {
    return await startOver(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

export const desktopStart: Question = {
  name: 'desktop-start',
  asks: 'whether a full cache slows the start',
  async answer({ isQuick, log }): Promise<Answer> {
    const full = isQuick ? 100_000 : 1_000_000;
    const parent = scratchFolder();
    try {
      const folders = new Map(
        [0, full].map((messages) => [messages, join(parent, String(messages))]),
      );
      for (const [messages, folder] of folders) {
        log(`filling a cache with ${messages.toLocaleString('en')} messages`);
        const seeding: CacheSeeding = { folder, channels: CHANNELS, messages };
        execFileSync(
          process.execPath,
          [join(contestants, 'seed-cache.ts'), JSON.stringify(seeding)],
          { stdio: 'inherit' },
        );
      }
      const results = new Map<number, Measured[]>(
        [...folders.keys()].map((messages) => [messages, []]),
      );
      for (let repetition = 0; repetition < (isQuick ? 3 : 9); repetition++) {
        for (const [messages, folder] of folders)
          results.get(messages)?.push(await measure(folder, repetition));
      }
      const of = (messages: number, pick: (measured: Measured) => number): number =>
        medianOf((results.get(messages) ?? []).map(pick));
      const picks = [
        ({ start }: Measured) => start.importMs,
        ({ start }: Measured) => start.snapshotMs,
        ({ page }: Measured) => page.pageMs,
        ({ rss }: Measured) => rss / 2 ** 20,
      ] as const;
      const readable = ({ start, page }: Measured): number => start.snapshotMs + page.pageMs;
      const table: Table = {
        title: `The desktop's core starts, ${CHANNELS} channels`,
        columns: [
          'cached messages',
          'loading the program ms',
          'whole state ms',
          'newest page ms',
          'RSS MiB',
        ],
        rows: [...folders.keys()].map((messages) => [
          messages.toLocaleString('en'),
          ...picks.map((pick) => figure(of(messages, pick))),
        ]),
        notes: [
          'Plain Node, databases in the cache of the system, no relay in reach. Without the pixels: those are measured in the app.',
        ],
      };
      return {
        tables: [table],
        aims: [
          {
            id: 'C1',
            what: `ms to a readable newest page over ${full.toLocaleString('en')} cached, beyond an empty cache`,
            measured: of(full, readable) - of(0, readable),
            accept: 250,
            moonshot: 120,
          },
          {
            id: 'C2',
            what: 'memory with a full cache vs an empty one',
            measured: of(full, picks[3]) / of(0, picks[3]),
            accept: 1.5,
            moonshot: 1.25,
          },
        ],
        raw: Object.fromEntries(results),
        wrongs: [],
      };
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  },
};
