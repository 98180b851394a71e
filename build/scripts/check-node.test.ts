/** The guard in front of every program: a wrong Node gets one sentence and exit 1. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const GUARD = join(import.meta.dirname, 'check-node.cjs');

const startOn = (version: string): { readonly code: number | null; readonly said: string } => {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const answer = spawnSync(
    process.execPath,
    ['-e', `${pretend} require(${JSON.stringify(GUARD)})`],
    { encoding: 'utf8' },
  );
  return { code: answer.status, said: answer.stderr };
};

test.each(['20.20.2', '22.23.3', '24.6.0'])('Node %s is refused in one sentence', (version) => {
  const { code, said } = startOn(version);
  expect(code).toBe(1);
  expect(said).toMatch(/^Landline needs Node 24\.7 or newer [^\n]*\.\n$/);
});

test.each(['24.7.0', '24.21.0', '26.0.0'])('Node %s may go on', (version) => {
  expect(startOn(version)).toEqual({ code: 0, said: '' });
});
