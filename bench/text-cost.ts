/**
 * What a message of 16 KiB costs the window, whatever is in it: the growth of reading it (16 KiB
 * against 8 KiB, which is 2 where time grows with the length and 4 where it grows with the square),
 * and the main thread's time until it is drawn, in Chromium.
 */
import { findMentions } from '../protocol/mentions.ts';
import { HIGHLIGHT_MS, LONGEST_CODE } from '../renderer/text/bounds.ts';
import { highlight } from '../renderer/text/highlight.ts';
import { parseMarkdown } from '../renderer/text/markdown.ts';
import { createStage } from '../test/window/kit/browser.ts';
import { buildPage } from '../test/window/kit/page-server.ts';
import type { Answer, Question } from './kit/question.ts';
import { CODE_PATTERNS, fillPattern, PATTERNS, type TextPattern } from './kit/text-patterns.ts';
import { figure, type Table } from './kit/table.ts';

const BYTES = 16 * 1024;
const known = {
  isHandle: (handle: string) => handle === 'priya',
  isChannel: (name: string) => name === 'design',
};

/**
 * CPU time of this thread for one call, from as many as make a time that the system's clock can
 * measure.
 */
function cpuMs(act: () => void, leastMs: number): number {
  act();
  let best = Infinity;
  for (let round = 0; round < 3; round++) {
    const from = process.threadCpuUsage();
    let calls = 0;
    let spentMs = 0;
    while (spentMs < leastMs) {
      act();
      calls++;
      const { user, system } = process.threadCpuUsage(from);
      spentMs = (user + system) / 1_000;
    }
    best = Math.min(best, spentMs / calls);
  }
  return best;
}

interface Cost {
  readonly what: string;
  readonly halfMs: number;
  readonly wholeMs: number;
}

function costOf(
  what: string,
  act: (text: string) => void,
  at: (share: number) => string,
  leastMs: number,
): Cost {
  const half = at(0.5);
  const whole = at(1);
  return {
    what,
    halfMs: cpuMs(() => act(half), leastMs),
    wholeMs: cpuMs(() => act(whole), leastMs),
  };
}

const nameOf = (pattern: TextPattern): string => JSON.stringify(Object.values(pattern).join(' … '));

async function mainThread(
  log: (line: string) => void,
): Promise<readonly { what: string; ms: number }[]> {
  await buildPage('production');
  const stage = await createStage();
  try {
    const { page } = await stage.open({ scene: 'read' });
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const taskMs = async (): Promise<number> => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN);
    };
    const costs: { what: string; ms: number }[] = [];
    for (const pattern of [{ part: 'hello ' }, ...PATTERNS]) {
      let ms = Infinity;
      for (let round = 0; round < 3; round++) {
        // Not the same text again: what was read once is kept.
        const text = fillPattern({ ...pattern, start: `${round}${pattern.start ?? ''}` }, BYTES);
        const before = await taskMs();
        await page.evaluate(async (words) => {
          window.demo?.bridge.say('tw', 'launch', 'ada', words);
          for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
        }, text);
        ms = Math.min(ms, (await taskMs()) - before);
      }
      costs.push({ what: nameOf(pattern), ms });
      log(`${nameOf(pattern)}: ${ms.toFixed(1)} ms`);
    }
    return costs;
  } finally {
    await stage.close();
  }
}

export const textCost: Question = {
  name: 'text-cost',
  asks: 'what a message of 16 KiB costs the window',
  async answer({ isQuick, log }): Promise<Answer> {
    const leastMs = isQuick ? 10 : 60;
    const read = PATTERNS.map((pattern) =>
      costOf(
        nameOf(pattern),
        (text) => {
          parseMarkdown(text, known);
          findMentions(text, known.isHandle);
        },
        (share) => fillPattern(pattern, BYTES * share),
        leastMs,
      ),
    );
    const coloured = CODE_PATTERNS.map(({ language, ...pattern }) =>
      costOf(
        `${language} ${nameOf(pattern).slice(0, 24)}`,
        (text) => void highlight(text, language),
        (share) => fillPattern(pattern, LONGEST_CODE * share),
        leastMs,
      ),
    );
    const drawn = await mainThread(log);
    // Below a tenth of a millisecond there is nothing that could grow.
    const growth = ({ halfMs, wholeMs }: Cost): number => wholeMs / Math.max(halfMs, 0.1);
    const worst = (costs: readonly Cost[]): number => Math.max(...costs.map(growth));
    const table = (title: string, costs: readonly Cost[]): Table => ({
      title,
      columns: ['text', 'half, ms', 'whole, ms', 'growth'],
      rows: costs.map((cost) => [
        cost.what,
        figure(cost.halfMs),
        figure(cost.wholeMs),
        figure(growth(cost)),
      ]),
      notes: [],
    });
    return {
      tables: [
        table('Reading 16 KiB', read),
        table(
          'Colouring 12,000 characters, in the worker, which is ended after a second',
          coloured,
        ),
        {
          title: 'Main thread until 16 KiB are drawn',
          columns: ['text', 'ms'],
          rows: drawn.map(({ what, ms }) => [what, figure(ms)]),
          notes: [],
        },
      ],
      aims: [
        {
          id: 'W1',
          what: 'reading 16 KiB of any known pattern, against 8 KiB',
          measured: worst(read),
          accept: 2.5,
          moonshot: 2.1,
        },
        {
          id: 'W2',
          what: 'colouring 12,000 characters of any known pattern, in the worker, ms',
          measured: Math.max(...coloured.map(({ wholeMs }) => wholeMs)),
          accept: HIGHLIGHT_MS,
          moonshot: HIGHLIGHT_MS / 4,
        },
        {
          id: 'W3',
          what: "the main thread's time for any message of 16 KiB, ms",
          measured: Math.max(...drawn.map(({ ms }) => ms)),
          accept: 50,
          moonshot: 25,
        },
      ],
      raw: { read, coloured, drawn },
      wrongs: [],
    };
  },
};
