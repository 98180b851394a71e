/** Counting must be able to fail: each way a run can go wrong shows in the tally. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addTally, playwrightTally, vitestTally } from './tally.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const reportOf = (content: object): string => {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
};

describe('a Vitest report', () => {
  const good = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };

  test('is counted as it stands', () => {
    expect(vitestTally(reportOf(good), 0)).toEqual({ passed: 7, failed: 0, skipped: 2 });
    expect(vitestTally(reportOf({ ...good, numFailedTests: 2 }), 1)).toEqual({
      passed: 7,
      failed: 2,
      skipped: 2,
    });
  });

  test('without a failed test but with a bad exit code counts one failure', () => {
    expect(vitestTally(reportOf(good), 1)).toEqual({ passed: 7, failed: 1, skipped: 2 });
  });

  test('that is missing or empty counts one failure', () => {
    expect(vitestTally(join(folder, 'none.json'), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    expect(vitestTally(reportOf({}), 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('a Playwright report', () => {
  test('counts a flaky spec as failed', () => {
    const stats = { expected: 5, unexpected: 1, flaky: 2, skipped: 3 };
    expect(playwrightTally(reportOf({ stats }), 1)).toEqual({ passed: 5, failed: 3, skipped: 3 });
  });

  test('that is missing counts one failure', () => {
    expect(playwrightTally(join(folder, 'none.json'), 0)).toEqual({
      passed: 0,
      failed: 1,
      skipped: 0,
    });
  });
});

test('tallies add up', () => {
  expect(
    addTally({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 }),
  ).toEqual({
    passed: 11,
    failed: 22,
    skipped: 33,
  });
});
