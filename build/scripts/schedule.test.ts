import { expect, test } from 'vitest';
import { schedule, type Ordered } from './schedule.ts';

const ALL: readonly Ordered[] = [
  { name: 'programs' },
  { name: 'window' },
  { name: 'timed', after: ['window', 'programs'] },
  { name: 'unit', after: ['timed'] },
  { name: 'types', after: ['window'] },
  { name: 'lint', after: ['types'] },
];

/** Runs the named steps, each for one turn. @returns each turn's steps */
async function turns(...names: readonly string[]): Promise<string[][]> {
  const chosen = ALL.filter(({ name }) => names.includes(name));
  const running = new Map<string, () => void>();
  const isOver = schedule(
    ALL,
    chosen,
    ({ name }) => new Promise((resolve) => running.set(name, resolve)),
  ).run();
  const seen: string[][] = [];
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (running.size === 0) break;
    seen.push([...running.keys()]);
    for (const end of running.values()) end();
    running.clear();
  }
  await isOver;
  return seen;
}

test('each step runs after those that it names, beside those of other rows', async () => {
  expect(await turns('programs', 'window', 'timed', 'unit', 'types', 'lint')).toEqual([
    ['programs', 'window'],
    ['timed', 'types'],
    ['unit', 'lint'],
  ]);
});

test('where a step is left out its followers run after those before it', async () => {
  expect(await turns('window', 'unit', 'lint')).toEqual([['window'], ['unit', 'lint']]);
  expect(await turns('programs', 'window', 'unit')).toEqual([['programs', 'window'], ['unit']]);
  expect(await turns('lint', 'unit')).toEqual([['unit', 'lint']]);
});

test('a schedule knows whether steps may run side by side', () => {
  const isSideBySide = (...names: readonly string[]): boolean =>
    schedule(
      ALL,
      ALL.filter(({ name }) => names.includes(name)),
      () => Promise.resolve(),
    ).isSideBySide;
  expect([
    isSideBySide('window', 'types', 'lint'),
    isSideBySide('unit'),
    isSideBySide('types', 'unit'),
  ]).toEqual([false, false, true]);
});

test('a step that throws ends the run with its error', async () => {
  const failing = schedule(ALL, ALL.slice(0, 1), () => Promise.reject(new Error('broken')));
  await expect(failing.run()).rejects.toThrow('broken');
});
