/** No limit without a test that names it: whoever adds one to the table shows where it holds. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';

/** Those of the names that stand as a whole word in none of the texts. Comments do not count: a limit is not tested by talk of it. */
function unnamed(names: readonly string[], texts: readonly string[]): readonly string[] {
  const code = texts.map((text) => text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, ''));
  return names.filter((name) => !code.some((text) => new RegExp(`\\b${name}\\b`).test(text)));
}

test('a limit that no test names is found, also when a longer word or a comment holds its name', () => {
  const planted = readFileSync(
    join(import.meta.dirname, 'planted/limits/only-the-first.ts'),
    'utf8',
  );
  expect(unnamed(['frameBytes', 'pageEvents'], [planted])).toEqual(['pageEvents']);
});

test('every limit of the table is named by a test', () => {
  const paths = globSync('{protocol,doctor,electron,renderer,server,test}/**/*.test.{ts,tsx}', {
    cwd: ROOT,
  }).filter((path) => !path.includes('fences'));
  expect(paths.length).toBeGreaterThan(50);
  expect(
    unnamed(
      Object.keys(DEFAULT_LIMITS),
      paths.map((path) => readFileSync(join(ROOT, path), 'utf8')),
    ),
  ).toEqual([]);
});
