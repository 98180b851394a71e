import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCampaign, type CampaignResult } from './campaign.ts';
import { openRecord } from './record.ts';
import { PARTS, SEEDS, type Part, type Unit } from './units.ts';

let folder: string;
let path: string;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-campaign-'));
  path = join(folder, 'state', 'passed.json');
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const unit = (name: string): Unit => ({ name, args: [name], env: {}, replay: `replay ${name}` });
const PART: Part = { name: 'part', what: 'units', units: () => ['a', 'b', 'c'].map(unit) };

/** Runs PART with these exit codes; all others are 0. @returns which units ran, and the result */
async function campaign(
  codes: Readonly<Record<string, number>> = {},
  {
    commit = 'one',
    isFresh = false,
    stopsIn = '',
  }: { readonly commit?: string; readonly isFresh?: boolean; readonly stopsIn?: string } = {},
): Promise<{ readonly ran: readonly string[]; readonly result: CampaignResult }> {
  const ran: string[] = [];
  let isStopped = false;
  const result = await runCampaign({
    parts: [PART],
    size: { firstSeed: 7, scale: 1 },
    record: openRecord(path, isFresh),
    commit,
    run: ({ name }) => {
      ran.push(name);
      if (name === stopsIn) isStopped = true;
      return Promise.resolve(codes[name] ?? 0);
    },
    log: (text) => lines.push(text),
    isStopped: () => isStopped,
    now: () => 0,
  });
  return { ran, result };
}

test('a campaign goes on after a failure, and prints the command that replays it', async () => {
  const { ran, result } = await campaign({ b: 1 });
  expect(ran).toEqual(['a', 'b', 'c']);
  expect(result).toMatchObject({ passed: 2, skipped: 0, failed: [{ name: 'b' }] });
  expect(lines.join('\n')).toContain('FAILED b\n   replay: replay b');
  expect(lines.at(-1)).toBe('2 passed, 0 passed before, 1 failed');
});

test('a campaign prints the seed that it begins with', async () => {
  await campaign();
  expect(lines[0]).toContain('from seed 7');
});

test('what passed is not run again, what failed is, and all of it is with --fresh', async () => {
  await campaign({ b: 1 });
  const second = await campaign();
  expect(second.ran).toEqual(['b']);
  expect(second.result).toMatchObject({ passed: 1, skipped: 2, failed: [] });
  expect((await campaign({}, { isFresh: true })).ran).toEqual(['a', 'b', 'c']);
});

test('a campaign that is stopped goes on where it was, and a unit cut short has not failed', async () => {
  const first = await campaign({ b: 1 }, { stopsIn: 'b' });
  expect(first.ran).toEqual(['a', 'b']);
  expect(first.result).toEqual({ passed: 1, skipped: 0, failed: [], isStopped: true });
  expect((await campaign()).ran).toEqual(['b', 'c']);
});

test('passes of several commits are named in the summary', async () => {
  await campaign({ b: 1 });
  await campaign({}, { commit: 'two' });
  expect(lines).toContain('These passes are of several commits: one, two.');
});

test('a damaged record is an error that names the way out', async () => {
  await campaign();
  writeFileSync(path, '{"a":');
  expect(() => openRecord(path)).toThrow('start over with --fresh');
  expect((await campaign({}, { isFresh: true })).ran).toEqual(['a', 'b', 'c']);
});

const WHOLE = { firstSeed: 1, scale: 1 };
const unitsOf = (part: string, size = WHOLE): readonly Unit[] =>
  PARTS.find(({ name }) => name === part)?.units(size) ?? [];

test('the simulation has every seed once', () => {
  const seeds = unitsOf('simulation').flatMap(({ args }) => {
    const [, , count, , from] = args;
    return Array.from({ length: Number(count) }, (_, index) => Number(from) + index);
  });
  expect(seeds).toEqual(Array.from({ length: SEEDS }, (_, index) => index + 1));
});

test('the scale changes how many seeds, rounds and schedules there are, and never to none', () => {
  const size = { firstSeed: 41, scale: 0.001 };
  expect(unitsOf('simulation', size).map(({ replay }) => replay)).toEqual([
    'npx node test/sim/run.ts --seeds 20 --from 41',
  ]);
  expect(unitsOf('kills', size)).toHaveLength(1);
  expect(unitsOf('chaos', size)).toHaveLength(4);
});

test('no two units have one name, and every unit refuses to go without a program it needs', () => {
  const units = PARTS.flatMap((part) => part.units(WHOLE));
  expect(new Set(units.map(({ name }) => name)).size).toBe(units.length);
  expect(units.filter(({ env }) => env['REQUIRE_SERVICES'] !== '1')).toEqual([]);
});
