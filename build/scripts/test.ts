/**
 * `npm test`: everything that has to hold, in order, from the table below. Each step's output is shown as it comes; the end is
 * a summary with the time of each step and, alone on the last line, `N passed, N failed` over all suites. A step whose folder
 * is absent fails: a suite that is not there has not passed. `--only types,lint` runs a part, for the time of writing.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { findBrowser } from './find-browser.ts';
import { provideNeeds } from './needs.ts';
import { ROOT, buildWindow, runNode, toolPath } from './run.ts';
import { NOTHING, addTally, passOrFail, playwrightTally, vitestTally, type Tally } from './tally.ts';

const REPORTS = join(ROOT, '.cache/test');

/** Per step, many times what it takes: a suite that hangs is ended and counted, and the others still tell what they know. */
const STEP_LIMIT_MS = 15 * 60_000;

interface Step {
  readonly name: string;
  /** Wants more of the machine than npm brings: a browser, fonts, strace. */
  readonly isDemanding?: true;
  /** What is absent of these counts as a failure each; where nothing is there, nothing is run. */
  readonly needs: readonly string[];
  readonly run: () => Promise<Tally>;
}

const tool = (name: string, args: readonly string[], command = name): Promise<number> =>
  runNode([toolPath(name, command), ...args], { timeoutMs: STEP_LIMIT_MS });
const check = async (code: Promise<number>): Promise<Tally> => passOrFail((await code) === 0);

async function vitest(project: string): Promise<Tally> {
  const report = join(REPORTS, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=minimal', '--reporter=json', `--outputFile.json=${report}`];
  const code = await tool('vitest', args);
  return vitestTally(report, code);
}

async function playwright(): Promise<Tally> {
  const browser = findBrowser();
  if (browser === undefined) {
    console.error('The end-to-end specs need Chromium, Chrome or Edge: install one, or name it in LANDLINE_BROWSER.');
    return passOrFail(false);
  }
  const report = join(REPORTS, 'e2e.json');
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const code = await runNode([toolPath('@playwright/test', 'playwright'), 'test', '--reporter=dot,json'], {
    env,
    timeoutMs: STEP_LIMIT_MS,
  });
  return playwrightTally(report, code);
}

const STEPS: readonly Step[] = [
  { name: 'window', needs: ['build/electron.vite.config.ts'], run: () => check(buildWindow()) },
  { name: 'types', needs: [], run: () => check(tool('typescript', ['-b'], 'tsc')) },
  { name: 'lint', needs: [], run: () => check(tool('eslint', ['.', '--max-warnings=0'])) },
  { name: 'format', needs: [], run: () => check(tool('prettier', ['--check', '--log-level=warn', '.'])) },
  { name: 'unit', isDemanding: true, needs: ['test/contracts', 'test/fences'], run: () => vitest('unit') },
  { name: 'sim', needs: ['test/sim'], run: () => vitest('sim') },
  { name: 'system', isDemanding: true, needs: ['test/system'], run: () => vitest('system') },
  { name: 'page', isDemanding: true, needs: ['test/window'], run: () => vitest('page') },
  { name: 'e2e', isDemanding: true, needs: ['test/e2e'], run: playwright },
  { name: 'packaging', needs: ['test/packaging'], run: () => vitest('packaging') },
];

function chosenSteps(): readonly Step[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  if (values.only === undefined) return STEPS;
  const names = values.only.split(',');
  const unknown = names.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`There is no step ${unknown.join(', ')}. The steps are: ${STEPS.map((step) => step.name).join(', ')}.`);
    process.exit(1);
  }
  return STEPS.filter((step) => names.includes(step.name));
}

interface Outcome extends Tally {
  readonly name: string;
  readonly tookMs: number;
}

async function take(step: Step): Promise<Outcome> {
  console.log(`\n== ${step.name}`);
  const startedAt = performance.now();
  const absent = step.needs.filter((path) => !existsSync(join(ROOT, path)));
  if (absent.length > 0) console.error(`Not there: ${absent.join(', ')}.`);
  const hasSomething = absent.length < step.needs.length || step.needs.length === 0;
  const ran = hasSomething ? await step.run() : NOTHING;
  return { name: step.name, tookMs: performance.now() - startedAt, ...addTally(ran, { ...NOTHING, failed: absent.length }) };
}

const words = ({ passed, failed, skipped }: Tally): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

const steps = chosenSteps();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

if (steps.some((step) => step.isDemanding)) await provideNeeds();
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true));
const outcomes: Outcome[] = [];
for (const step of steps) if (!isStopped) outcomes.push(await take(step));

console.log('\n== summary');
for (const outcome of outcomes) {
  console.log(`${outcome.name.padEnd(10)} ${(outcome.tookMs / 1000).toFixed(1).padStart(6)} s   ${words(outcome)}`);
}
const total = outcomes.reduce<Tally>(addTally, NOTHING);
console.log(`\n${words(total)}`);
process.exitCode = isStopped || total.failed > 0 || total.passed === 0 ? 1 : 0;
