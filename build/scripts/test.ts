/**
 * `npm test`: the steps of the table below. A step starts when the one it comes `after` has ended, so
 * several run side by side; docs/TESTING.md has the plan with times. Prints each step's output whole,
 * then the slowest files, the time of each step and, alone on the last line, `N passed, N failed`.
 * `--only types,lint` runs a part.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { findBrowser } from './find-browser.ts';
import { provideNeeds } from './needs.ts';
import { ROOT, buildWindow, runNode, toolPath, type RunOptions } from './run.ts';
import { schedule, type Ordered } from './schedule.ts';
import { playwrightTimes, slowest, vitestTimes, type FileTime } from './slowest.ts';
import { TIMED, untimed } from './system-files.ts';
import {
  NOTHING,
  addTally,
  passOrFail,
  playwrightTally,
  vitestTally,
  type Tally,
} from './tally.ts';

const REPORTS = join(ROOT, '.cache/test');

/** Per step, many times what it takes: a suite that hangs is ended and counted, and the others still tell what they know. */
const STEP_LIMIT_MS = 15 * 60_000;

/** How a step's programs are to be run. */
type Manner = Pick<RunOptions, 'hear' | 'givesWay'>;

interface Step extends Ordered {
  /** Wants more of the machine than npm brings: a browser, fonts, strace. */
  readonly isDemanding?: true;
  /** Only computes: it runs at a low priority, so that steps beside it which measure time can. */
  readonly isLowPriority?: true;
  /** What is absent of these counts as a failure each; where nothing is there, nothing is run. */
  readonly needs: readonly string[];
  readonly run: (manner: Manner) => Promise<Tally>;
  /** Where the time went, by its report. */
  readonly times?: () => readonly FileTime[];
}

const passes = async (code: Promise<number>): Promise<Tally> => passOrFail((await code) === 0);
const tool = (
  name: string,
  args: readonly string[],
  options: RunOptions,
  command = name,
): Promise<number> =>
  runNode([toolPath(name, command), ...args], { timeoutMs: STEP_LIMIT_MS, ...options });
const reportOf = (suite: string): string => join(REPORTS, `${suite}.json`);

/** @param more  options and files; all files of the project where none is named */
function vitest(
  project: string,
  step = project,
  more: readonly string[] = [],
): Pick<Step, 'run' | 'times'> {
  const report = reportOf(step);
  const args = [
    'run',
    '--project',
    project,
    ...more,
    '--reporter=minimal',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  return {
    run: async (manner) => vitestTally(report, await tool('vitest', args, manner)),
    times: () => vitestTimes(report, ROOT),
  };
}

async function playwright(manner: Manner): Promise<Tally> {
  const browser = findBrowser();
  if (browser === undefined) {
    console.error(
      'The end-to-end specs need Chromium, Chrome or Edge: install one, or name it in LANDLINE_BROWSER.',
    );
    return passOrFail(false);
  }
  const report = reportOf('e2e');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  return playwrightTally(
    report,
    await tool(
      '@playwright/test',
      ['test', '--reporter=dot,json'],
      { ...manner, env },
      'playwright',
    ),
  );
}

/** Runs whenever one of the chosen steps is demanding; while it downloads, others compute. */
const PROGRAMS: Step = {
  name: 'programs',
  needs: [],
  run: async () => {
    await provideNeeds();
    return NOTHING;
  },
};

const STEPS: readonly Step[] = [
  PROGRAMS,
  {
    name: 'window',
    needs: ['build/electron.vite.config.ts'],
    run: (manner) => passes(buildWindow(manner)),
  },
  {
    name: 'timed',
    after: ['window', 'programs'],
    isDemanding: true,
    needs: TIMED,
    ...vitest('system', 'timed', TIMED),
  },
  {
    name: 'unit',
    after: ['timed'],
    isDemanding: true,
    needs: ['test/contracts', 'test/fences'],
    ...vitest('unit'),
  },
  {
    name: 'system',
    after: ['timed'],
    isDemanding: true,
    needs: ['test/system', 'test/electron-standin'],
    ...vitest('system', 'system', ['--fileParallelism', ...untimed(ROOT)]),
  },
  {
    name: 'types',
    after: ['window'],
    isLowPriority: true,
    needs: [],
    run: (manner) => passes(tool('typescript', ['-b'], manner, 'tsc')),
  },
  {
    name: 'lint',
    after: ['types'],
    isLowPriority: true,
    needs: [],
    run: (manner) => passes(tool('eslint', ['.', '--max-warnings=0'], manner)),
  },
  {
    name: 'format',
    after: ['lint'],
    isLowPriority: true,
    needs: [],
    run: (manner) => passes(tool('prettier', ['--check', '--log-level=warn', '.'], manner)),
  },
  { name: 'sim', after: ['format'], isLowPriority: true, needs: ['test/sim'], ...vitest('sim') },
  {
    name: 'page',
    after: ['sim', 'programs'],
    isDemanding: true,
    needs: ['test/window'],
    ...vitest('page'),
  },
  {
    name: 'e2e',
    after: ['page'],
    isDemanding: true,
    needs: ['test/e2e'],
    run: playwright,
    times: () => playwrightTimes(reportOf('e2e'), 'test/e2e'),
  },
  { name: 'packaging', after: ['sim'], needs: ['test/packaging'], ...vitest('packaging') },
];

function chosenSteps(): readonly Step[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only === undefined) return STEPS;
  const names = values.only.split(',');
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no step ${unknown.join(', ')}. The steps are: ${STEPS.map((step) => step.name).join(', ')}.`,
    );
    process.exit(1);
  }
  const isNamed = ({ name }: Step): boolean => names.includes(name);
  const isDemanding = STEPS.some((step) => isNamed(step) && step.isDemanding);
  return STEPS.filter((step) => isNamed(step) || (step === PROGRAMS && isDemanding));
}

interface Outcome extends Tally {
  readonly name: string;
  readonly startedAt: number;
  readonly tookMs: number;
}

async function take(step: Step, isAccompanied: boolean): Promise<Outcome> {
  console.log(isAccompanied ? `-- ${step.name} begins` : `\n== ${step.name}`);
  const said: Buffer[] = [];
  const startedAt = performance.now();
  const absent = step.needs.filter((path) => !existsSync(join(ROOT, path)));
  const hasSomething = absent.length < step.needs.length || step.needs.length === 0;
  const manner: Manner = {
    ...(isAccompanied ? { hear: (chunk: Buffer) => void said.push(chunk) } : {}),
    ...(isAccompanied && step.isLowPriority ? { givesWay: true } : {}),
  };
  const ran = hasSomething ? await step.run(manner) : NOTHING;
  if (isAccompanied) console.log(`\n== ${step.name}\n${Buffer.concat(said).toString()}`);
  if (absent.length > 0) console.error(`Not there: ${absent.join(', ')}.`);
  return {
    name: step.name,
    startedAt,
    tookMs: performance.now() - startedAt,
    ...addTally(ran, { ...NOTHING, failed: absent.length }),
  };
}

const words = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

const steps = chosenSteps();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true));
const outcomes = new Map<Step, Outcome>();

const plan = schedule(STEPS, steps, async (step) => {
  if (!isStopped) outcomes.set(step, await take(step, plan.isSideBySide));
});

const beganAt = performance.now();
await plan.run();

const slow = slowest(steps.flatMap((step) => (outcomes.has(step) ? (step.times?.() ?? []) : [])));
if (slow.length > 0) console.log('\n== slowest files');
for (const { file, tookMs } of slow) console.log(`${inSeconds(tookMs)}   ${file}`);

console.log('\n== summary');
const done = steps.flatMap((step) => outcomes.get(step) ?? []);
for (const outcome of done) {
  const began = `from ${inSeconds(outcome.startedAt - beganAt)}`;
  console.log(
    `${outcome.name.padEnd(10)} ${began}  took ${inSeconds(outcome.tookMs)}   ${words(outcome)}`,
  );
}
const total = done.reduce<Tally>(addTally, NOTHING);
console.log(`\n${words(total)}`);
process.exitCode = isStopped || total.failed > 0 || total.passed === 0 ? 1 : 0;
