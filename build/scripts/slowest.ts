/** Where a run's time went: the slowest test files, read from the reports of the suites. A report that is missing tells nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface FileTime {
  /** From the root. */
  readonly file: string;
  readonly tookMs: number;
}

const MOST = 10;

const read = (path: string): unknown =>
  existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};

interface VitestReport {
  readonly testResults?: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

export function vitestTimes(reportPath: string, root: string): readonly FileTime[] {
  const { testResults = [] } = read(reportPath) as VitestReport;
  return testResults.map(({ name, startTime, endTime }) => ({
    file: relative(root, name),
    tookMs: endTime - startTime,
  }));
}

interface PlaywrightSuite {
  readonly file: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly tests: readonly { readonly results: readonly { readonly duration: number }[] }[];
  }[];
}
interface PlaywrightReport {
  readonly suites?: readonly PlaywrightSuite[];
}

const durationsOf = (suite: PlaywrightSuite): readonly number[] => [
  ...(suite.specs ?? []).flatMap(({ tests }) =>
    tests.flatMap(({ results }) => results.map(({ duration }) => duration)),
  ),
  ...(suite.suites ?? []).flatMap(durationsOf),
];

/** @param folder  of the specs, from the root; a file that runs on several hosts counts once, with all of them */
export function playwrightTimes(reportPath: string, folder: string): readonly FileTime[] {
  const { suites = [] } = read(reportPath) as PlaywrightReport;
  const byFile = new Map<string, number>();
  for (const suite of suites) {
    const tookMs = durationsOf(suite).reduce((sum, ms) => sum + ms, 0);
    byFile.set(suite.file, (byFile.get(suite.file) ?? 0) + tookMs);
  }
  return [...byFile].map(([file, tookMs]) => ({ file: join(folder, file), tookMs }));
}

/** The slowest ten, the slowest first. */
export const slowest = (times: readonly FileTime[]): readonly FileTime[] =>
  times.toSorted((a, b) => b.tookMs - a.tookMs).slice(0, MOST);
