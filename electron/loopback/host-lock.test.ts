import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeStartFault } from '../host/start-fault.ts';
import { HostIsSilent, lockHost, type LockEntry } from './host-lock.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-lock-'));
  path = join(folder, 'data', 'host.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (n: number): LockEntry => ({
  pid: n,
  host: `127.0.0.1:${5_000 + n}`,
  key: `key-of-a-host-${n}-xxxxxx`,
});
const take = (
  n: number,
  answers: Awaited<ReturnType<Parameters<typeof lockHost>[0]['answers']>>[],
) =>
  lockHost({
    path,
    entry: entry(n),
    answers: async () => answers.shift() ?? expect.fail('asked once too often'),
  });

test('the first holds it, the second finds the first, and after it was let go the next one holds it', async () => {
  const first = await take(1, []);
  expect(await take(2, ['yes'])).toEqual({ kind: 'taken', by: entry(1) });
  if (first.kind === 'held') first.release();
  expect(existsSync(path)).toBe(false);
  expect(await take(3, [])).toMatchObject({ kind: 'held' });
});

test('a lock of nobody is taken over, and so is one that nobody can read', async () => {
  await take(1, []);
  expect(await take(2, ['no'])).toMatchObject({ kind: 'held' });
  writeFileSync(path, 'no lock');
  expect(await take(3, [])).toMatchObject({ kind: 'held' });
  expect(await take(4, ['yes'])).toEqual({ kind: 'taken', by: entry(3) });
});

test('a host that is slow to open its data is waited for, not pushed aside', async () => {
  await take(1, []);
  expect(await take(2, ['silent', 'silent', 'yes'])).toEqual({ kind: 'taken', by: entry(1) });
});

test('one that stays silent keeps its data, and the person is told', async () => {
  await take(1, []);
  const fault: unknown = await take(2, Array<'silent'>(15).fill('silent')).catch(
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(HostIsSilent);
  expect(describeStartFault(fault, { folder, locale: 'en' }).text).toContain(
    'Another program has its data open',
  );
  expect(await take(3, ['yes'])).toEqual({ kind: 'taken', by: entry(1) });
});
