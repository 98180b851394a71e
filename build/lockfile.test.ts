/**
 * What `npm ci` needs of the lockfile on machines other than the one that wrote it. Both faults are silent where they are made
 * and stop the install elsewhere.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './scripts/run.ts';

interface Locked {
  readonly gypfile?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
};

// The driver brings its binaries. npm 10 sees binding.gyp and no word against it in the lockfile, and asks for Python, a
// compiler and Node's headers to build nothing. `npm install` drops the word: put "gypfile": false back into the entry.
test('npm is told not to build the database driver', () => {
  expect(packages['node_modules/better-sqlite3']?.gypfile).toBe(false);
});

test('every platform has its optional packages locked', () => {
  const names = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  expect(names.length).toBeGreaterThan(10);
  const locked = Object.keys(packages);
  expect(
    names.filter((name) => !locked.some((path) => path.endsWith(`node_modules/${name}`))),
  ).toEqual([]);
});
