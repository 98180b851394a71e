/**
 * Counting what the suites report. A suite that ends badly without naming a failed test (a file that does not load, a crashed
 * worker, a report that is missing) counts as one failure, so a broken run can never add up to a good one.
 */
import { existsSync, readFileSync } from 'node:fs';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };

export const addTally = (a: Tally, b: Tally): Tally => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

export const passOrFail = (isGood: boolean): Tally => ({
  ...NOTHING,
  passed: isGood ? 1 : 0,
  failed: isGood ? 0 : 1,
});

/** @param exitCode  of the runner; when it is bad, so is the tally, whatever the report says */
function honest(tally: Tally, exitCode: number): Tally {
  const isUnexplained = tally.failed === 0 && (exitCode !== 0 || tally.passed === 0);
  return isUnexplained ? { ...tally, failed: 1 } : tally;
}

const readReport = (path: string): unknown =>
  existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};

interface VitestReport {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
}

export function vitestTally(reportPath: string, exitCode: number): Tally {
  const report = readReport(reportPath) as VitestReport;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  return honest(
    { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 0, skipped },
    exitCode,
  );
}

interface PlaywrightReport {
  readonly stats?: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
}

/** A flaky spec passed only when tried again: that is a failure here. */
export function playwrightTally(reportPath: string, exitCode: number): Tally {
  const { stats } = readReport(reportPath) as PlaywrightReport;
  const tally =
    stats === undefined
      ? NOTHING
      : { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
  return honest(tally, exitCode);
}
