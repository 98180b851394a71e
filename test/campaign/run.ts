/**
 * `npm run campaign`: the whole of what `npm test` runs in a short form. See docs/TESTING.md.
 *   npm run campaign -- [--only simulation,kills] [--scale 0.1] [--seed 1] [--fresh] [--list]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { provideNeeds } from '../../build/scripts/needs.ts';
import { ROOT, buildWindow, runNode } from '../../build/scripts/run.ts';
import { runCampaign } from './campaign.ts';
import { openRecord } from './record.ts';
import { PARTS } from './units.ts';

const RECORD = join(ROOT, '.cache/campaign/passed.json');
/** Many times what a unit takes: one that hangs is ended, and the others still run. */
const UNIT_LIMIT_MS = 60 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    fresh: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const names = values.only?.split(',') ?? PARTS.map(({ name }) => name);
const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0)
  fail(
    `There is no part ${unknown.join(', ')}. The parts are: ${PARTS.map(({ name }) => name).join(', ')}.`,
  );
const size = { scale: Number(values.scale), firstSeed: Number(values.seed) };
if (!(size.scale > 0)) fail('--scale is a number above 0: 1 is the whole campaign.');
if (!Number.isSafeInteger(size.firstSeed) || size.firstSeed < 1)
  fail('--seed is a whole number from 1.');
const parts = PARTS.filter(({ name }) => names.includes(name));

if (values.list) {
  for (const part of parts) {
    const units = part.units(size);
    console.log(`${part.name}: ${part.what} (${units.length} units)`);
    for (const { name, replay } of units) console.log(`  ${name.padEnd(32)} ${replay}`);
  }
} else process.exitCode = await lead();

async function lead(): Promise<number> {
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isStopped = true));
  await provideNeeds({ withCeph: names.includes('ceph') || names.includes('system') });
  // The system tests start the app.
  if (names.includes('system') && (await buildWindow()) !== 0) return 1;
  const result = await runCampaign({
    parts,
    size,
    record: openRecord(RECORD, values.fresh),
    commit: commitOf(),
    run: ({ args, env }) => runNode(args, { env, timeoutMs: UNIT_LIMIT_MS }),
    log: (text) => console.log(text),
    isStopped: () => isStopped,
    now: () => Date.now(),
  });
  return result.failed.length > 0 || result.isStopped ? 1 : 0;
}

/** Of the code that runs; `+` says that it has changes which are in no commit. */
function commitOf(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], { cwd: ROOT, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

function fail(words: string): never {
  console.error(words);
  process.exit(1);
}
