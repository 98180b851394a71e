import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.ts';
import { asText, thirdParties } from './third-party.ts';

/** Licences that let an Apache-2.0 program carry the work in its bundle. */
const FINE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'OFL-1.1',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
]);

const all = thirdParties(ROOT);

test('everything the app bundles may be bundled', () => {
  expect(
    all
      .filter(({ licence }) => !FINE.has(licence))
      .map(({ name, licence }) => `${name}: ${licence}`),
  ).toEqual([]);
});

test('what the app stands on is among it, with what that stands on; what builds and tests it is not', () => {
  const names = new Set(all.map(({ name }) => name));
  for (const name of [
    'react',
    'react-dom',
    'scheduler',
    'zustand',
    'ws',
    'zod',
    'fastify',
    'find-my-way',
    'better-sqlite3',
    '@fontsource-variable/inter',
  ]) {
    expect(names).toContain(name);
  }
  for (const name of ['vite', 'vitest', 'electron', 'electron-builder', 'typescript', 'eslint'])
    expect(names).not.toContain(name);
});

test('each comes with its version and, if its authors wrote one, its text', () => {
  const withoutText = all.filter(({ text }) => text === '').map(({ name }) => name);
  expect(withoutText.length).toBeLessThan(all.length / 5);
  const text = asText(all);
  for (const { name, version } of all) expect(text).toContain(`${name} ${version} (`);
  expect(text).toMatch(/Permission is hereby granted, free of charge/);
});
