/**
 * `npm test`: everything that has to hold, from the table below. The window is built, then two lanes run side by side, a step after
 * the other in each. What only reckons gives way, so that it fills the cores without spoiling anybody's milliseconds; what is done in
 * browsers, and waits for them most of the time, follows it. While both are under way each step's output is shown whole at its end.
 * The end is the slowest files, a summary with the time of each step and, alone on the last line, `N passed, N failed` over all
 * suites. A step whose folder is absent fails: a suite that is not there has not passed. `--only types,lint` runs a part, for the
 * time of writing.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { findBrowser } from './find-browser.ts';
import { provideNeeds } from './needs.ts';
import { ROOT, buildWindow, runNode, toolPath, type RunOptions } from './run.ts';
import { playwrightTimes, slowest, vitestTimes, type FileTime } from './slowest.ts';
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

interface Step {
  readonly name: string;
  /** Wants more of the machine than npm brings: a browser, fonts, strace. */
  readonly isDemanding?: true;
  /** Before the lanes begin: others need what it makes. */
  readonly isFirst?: true;
  /** In the second lane, though it does not only reckon. */
  readonly isBeside?: true;
  /** Measures nothing and waits for nothing: it goes in the second lane and gives way to whatever runs beside it. */
  readonly onlyReckons?: true;
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

function vitest(project: string): Pick<Step, 'run' | 'times'> {
  const report = reportOf(project);
  const args = [
    'run',
    '--project',
    project,
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

const STEPS: readonly Step[] = [
  {
    name: 'window',
    isFirst: true,
    needs: ['build/electron.vite.config.ts'],
    run: (manner) => passes(buildWindow(manner)),
  },
  {
    name: 'types',
    onlyReckons: true,
    needs: [],
    run: (manner) => passes(tool('typescript', ['-b'], manner, 'tsc')),
  },
  {
    name: 'lint',
    onlyReckons: true,
    needs: [],
    run: (manner) => passes(tool('eslint', ['.', '--max-warnings=0'], manner)),
  },
  {
    name: 'format',
    onlyReckons: true,
    needs: [],
    run: (manner) => passes(tool('prettier', ['--check', '--log-level=warn', '.'], manner)),
  },
  { name: 'unit', isDemanding: true, needs: ['test/contracts', 'test/fences'], ...vitest('unit') },
  { name: 'sim', onlyReckons: true, needs: ['test/sim'], ...vitest('sim') },
  { name: 'system', isDemanding: true, needs: ['test/system'], ...vitest('system') },
  { name: 'page', isDemanding: true, isBeside: true, needs: ['test/window'], ...vitest('page') },
  {
    name: 'e2e',
    isDemanding: true,
    isBeside: true,
    needs: ['test/e2e'],
    run: playwright,
    times: () => playwrightTimes(reportOf('e2e'), 'test/e2e'),
  },
  { name: 'packaging', needs: ['test/packaging'], ...vitest('packaging') },
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
  return STEPS.filter((step) => names.includes(step.name));
}

interface Outcome extends Tally {
  readonly name: string;
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
    ...(isAccompanied && step.onlyReckons ? { givesWay: true } : {}),
  };
  const ran = hasSomething ? await step.run(manner) : NOTHING;
  if (isAccompanied) console.log(`\n== ${step.name}\n${Buffer.concat(said).toString()}`);
  if (absent.length > 0) console.error(`Not there: ${absent.join(', ')}.`);
  return {
    name: step.name,
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

async function lane(some: readonly Step[], isAccompanied: boolean): Promise<void> {
  for (const step of some) if (!isStopped) outcomes.set(step, await take(step, isAccompanied));
}

if (steps.some((step) => step.isDemanding)) await provideNeeds();
await lane(
  steps.filter((step) => step.isFirst),
  false,
);
const lanes = [false, true].map((isBeside) =>
  steps.filter(
    (step) => !step.isFirst && (step.onlyReckons ?? step.isBeside ?? false) === isBeside,
  ),
);
const isSideBySide = lanes.every((some) => some.length > 0);
await Promise.all(lanes.map((some) => lane(some, isSideBySide)));

const slow = slowest(steps.flatMap((step) => (outcomes.has(step) ? (step.times?.() ?? []) : [])));
if (slow.length > 0) console.log('\n== slowest files');
for (const { file, tookMs } of slow) console.log(`${inSeconds(tookMs)}   ${file}`);

console.log('\n== summary');
const done = steps.flatMap((step) => outcomes.get(step) ?? []);
for (const outcome of done)
  console.log(`${outcome.name.padEnd(10)} ${inSeconds(outcome.tookMs)}   ${words(outcome)}`);
const total = done.reduce<Tally>(addTally, NOTHING);
console.log(`\n${words(total)}`);
process.exitCode = isStopped || total.failed > 0 || total.passed === 0 ? 1 : 0;
