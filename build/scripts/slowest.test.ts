/** The slowest files, as the suites' own reports tell them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { playwrightTimes, slowest, vitestTimes } from './slowest.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slowest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const reportOf = (content: object): string => {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};

test('a Vitest report tells the time of each file, by its place in the house', () => {
  const name = join(folder, 'server', 'relay.test.ts');
  expect(
    vitestTimes(reportOf({ testResults: [{ name, startTime: 1_000, endTime: 5_300 }] }), folder),
  ).toEqual([{ file: join('server', 'relay.test.ts'), tookMs: 4_300 }]);
});

test('a Playwright report tells the time of each file over all hosts, with what lies deeper in it', () => {
  const took = (duration: number) => ({ tests: [{ results: [{ duration }] }] });
  const suites = [
    {
      file: 'story.spec.ts',
      specs: [took(30)],
      suites: [{ file: 'story.spec.ts', specs: [took(4)] }],
    },
    { file: 'story.spec.ts', specs: [took(100)] },
  ];
  expect(playwrightTimes(reportOf({ suites }), 'specs')).toEqual([
    { file: join('specs', 'story.spec.ts'), tookMs: 134 },
  ]);
});

test('a report that is missing or says nothing tells nothing', () => {
  expect(vitestTimes(join(folder, 'absent.json'), folder)).toEqual([]);
  expect(playwrightTimes(reportOf({}), 'specs')).toEqual([]);
});

test('ten are told, the slowest first', () => {
  const times = Array.from({ length: 12 }, (_, n) => ({ file: `${n}`, tookMs: n }));
  expect(slowest(times).map(({ tookMs }) => tookMs)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
});
