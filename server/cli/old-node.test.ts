/** The relay's command line under a Node.js that is too old: one sentence and exit 1, never a crash and never half a data folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');
const PRETEND = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process, 'version', { value: 'v22.23.3' })")}`;
const SENTENCE = 'Node.js v22.23.3 is too old. Run the relay with Node.js 24.7 or later.';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'landline-old-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...args: readonly string[]) => {
  const data = join(folder, 'data');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', PRETEND, MAIN, ...args, '--data', data],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr, isDataMade: existsSync(data) };
};

test.each([
  ['serve'],
  ['member', 'list'],
  ['invite'],
  ['backup', 'to.sqlite'],
  ['restore', 'from.sqlite'],
])('%s %s', (...args) => {
  expect(run(...args.filter((one) => one !== undefined))).toEqual({
    status: 1,
    stdout: '',
    stderr: `landline-relay: ${SENTENCE}\n`,
    isDataMade: false,
  });
});

test('a program that starts the relay is told the same', () => {
  expect(run('serve', '--json').stdout).toBe(
    `${JSON.stringify({ event: 'failed', kind: 'old-node', message: SENTENCE })}\n`,
  );
});

test('the doctor goes on and names it', () => {
  const { status, stdout } = run('doctor');
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^PROBLEM {2}Node\.js +v22\.23\.3 is too old\n +-> Run the relay with Node\.js 24\.7 or later\./,
  );
});
