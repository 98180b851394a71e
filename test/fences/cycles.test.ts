/** No import cycles in the house, and the search for them finds the planted ones. */
import { globSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { findCycles } from '../../build/lint/cycles.ts';
import { ROOT } from '../../build/scripts/run.ts';

const planted = (folder: string): readonly string[] =>
  globSync(join(import.meta.dirname, 'planted/cycles', folder, '*.ts')).sort();
const ringsIn = (folder: string): readonly string[] =>
  findCycles(planted(folder)).map((ring) => ring.map((path) => basename(path, '.ts')).join(' → '));

test('a ring is found, the import at its end being dynamic', () => {
  expect(ringsIn('ring')).toEqual(['a → b → c → a']);
});

test('a ring of types is a ring', () => {
  expect(ringsIn('types')).toEqual(['a → b → a']);
});

test('two ways to the same file are no ring', () => {
  expect(ringsIn('tree')).toEqual([]);
});

test('no file of the house is part of a ring', () => {
  const sources = globSync(
    '{protocol,doctor,electron,renderer,server,build,bench,test}/**/*.{ts,tsx}',
    { cwd: ROOT },
  )
    .filter((path) => !path.includes('fences/planted'))
    .map((path) => join(ROOT, path));
  expect(sources.length).toBeGreaterThan(20);
  expect(
    findCycles(sources).map((ring) => ring.map((path) => relative(ROOT, path)).join(' → ')),
  ).toEqual([]);
});
