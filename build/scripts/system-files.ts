/**
 * The files of the system tests in two groups. Files in `TIMED` assert what happens within a few
 * seconds, or run a whole cluster while parts of it are killed: they run one at a time, and only
 * low-priority steps run beside them. All others mostly wait for processes: two run at a time.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['test/system', 'test/electron-standin'] as const;

/** A bound of five seconds or less on the wall clock belongs here; ten and more do not. */
export const TIMED: readonly string[] = [
  'test/system/cluster.test.ts',
  'test/system/failover.test.ts',
  'test/system/hostile-token.test.ts',
  'test/system/line.test.ts',
  'test/system/relays-over-redis.test.ts',
];

export const untimed = (root: string): readonly string[] =>
  FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `${folder}/${file}`),
  ).filter((file) => !TIMED.includes(file));
