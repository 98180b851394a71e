/**
 * Counts the fsyncs of a child process with strace: the pragma alone proves nothing (it misreports until the first write), and the
 * driver's default would be NORMAL. The control run shows that the count can tell the two apart.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const COMMITS = 40;
const hasStrace = spawnSync('strace', ['-V']).status === 0;
if (!hasStrace) {
  const words =
    'NOT PROVED HERE: strace is missing, so nobody counts the fsyncs of the store (apt-get install strace).';
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(words);
  console.warn(words);
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-fsync-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** fsync and fdatasync calls of a process that opens a store, makes so many commits of `together` messages, and is killed. */
function fsyncs(commits: number, together: number, mode: 'FULL' | 'NORMAL'): number {
  const program = `
    import { openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
    import { systemClock as clock, systemRandom as random } from ${JSON.stringify(join(import.meta.dirname, '../system-clock.ts'))};
    const onWriter = (db) => ${JSON.stringify(mode)} === 'NORMAL' && db.pragma('synchronous = NORMAL');
    const store = openSqliteStore({ path: ${JSON.stringify(join(folder, `${mode}-${commits}-${together}.sqlite`))}, clock, random, onWriter });
    const by = '00000000-0000-4000-8000-000000000001';
    for (let i = 0; i < ${commits}; i++) {
      await Promise.all(Array.from({ length: ${together} }, () => store.write((tx) => tx.append('team', { by, kind: 'x', op: null, body: {} }))));
    }
    process.kill(process.pid, 'SIGKILL');`;
  const args = [
    '-f',
    '-qq',
    '-e',
    'trace=fsync,fdatasync',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ];
  const { stderr } = spawnSync('strace', args, { encoding: 'utf8', timeout: 60_000 });
  return stderr.split('\n').filter((line) => /\bf(?:data)?sync\(/.test(line)).length;
}

describe.skipIf(!hasStrace)('durability, counted', () => {
  test('each commit is synced before it is acknowledged', () => {
    const opening = fsyncs(0, 1, 'FULL');
    expect(fsyncs(COMMITS, 1, 'FULL') - opening).toBeGreaterThanOrEqual(COMMITS);
  });

  test('with NORMAL it would not be: the count can tell', () => {
    const opening = fsyncs(0, 1, 'NORMAL');
    expect(fsyncs(COMMITS, 1, 'NORMAL') - opening).toBeLessThan(COMMITS / 2);
  });

  test('messages of one turn share one sync', () => {
    const opening = fsyncs(0, 1, 'FULL');
    expect(fsyncs(5, 100, 'FULL') - opening).toBeLessThanOrEqual(2 * 5 + 2);
  });
});
