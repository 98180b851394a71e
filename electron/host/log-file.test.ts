import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogFile } from './log-file.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-log-'));
  path = join(folder, 'logs', 'landline.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const clock = { now: () => 0 };
const lines = (): unknown[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('an event is one line with its time, level, name and ids', () => {
  createLogFile({ path, clock }).warn('outbox.refused', {
    team: 't1',
    count: 3,
    isFinal: true,
    nothing: null,
  });
  expect(lines()).toEqual([
    {
      at: '1970-01-01T00:00:00.000Z',
      level: 'warn',
      event: 'outbox.refused',
      team: 't1',
      count: 3,
      isFinal: true,
      nothing: null,
    },
  ]);
});

test('of an error its name, code and places are kept, its words are not', () => {
  const cause = Object.assign(new SyntaxError('Unexpected token in "the secret text"'), {
    code: 'EBAD',
  });
  createLogFile({ path, clock }).error('bridge.failed', {
    error: new Error('the secret text', { cause }),
  });
  expect(readFileSync(path, 'utf8')).not.toContain('secret');
  expect(lines()).toEqual([
    expect.objectContaining({
      error: {
        name: 'Error',
        frames: expect.anything(),
        cause: { name: 'SyntaxError', code: 'EBAD', frames: expect.anything() },
      },
    }),
  ]);
});

test('what is nested is left out, and long text is cut', () => {
  createLogFile({ path, clock }).info('x', {
    body: { text: 'secret' },
    list: ['secret'],
    name: 'n'.repeat(1000),
  });
  expect(lines()).toEqual([
    { at: '1970-01-01T00:00:00.000Z', level: 'info', event: 'x', name: 'n'.repeat(200) },
  ]);
});

test('the file is turned over at its limit and one old one is kept', () => {
  const log = createLogFile({ path, clock, maxBytes: 1000 });
  for (let n = 0; n < 100; n += 1) log.info('line', { n });
  expect(statSync(path).size).toBeLessThanOrEqual(1000);
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(1000);
  expect(existsSync(`${path}.2`)).toBe(false);
  expect(lines().at(-1)).toMatchObject({ n: 99 });
});

test('only the owner can read it', () => {
  createLogFile({ path, clock }).info('x');
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('a log that cannot be written is silent', () => {
  writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
  expect(() => createLogFile({ path, clock }).info('x')).not.toThrow();
});
