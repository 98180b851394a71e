import { expect, test } from 'vitest';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { makeCode } from '../auth/codes.ts';
import { createLog, withoutSecrets, type LogLevel } from './log.ts';

function set(level: LogLevel = 'debug') {
  const lines: string[] = [];
  const log = createLog({
    level,
    node: 'n1',
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('a line is one JSON object with time, level, node and event name', () => {
  const { log, lines, last } = set();
  log.info('signed-in', { member: 'm1', count: 2, isNew: true });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(last()).toEqual({
    level: 'info',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    node: 'n1',
    member: 'm1',
    count: 2,
    isNew: true,
    event: 'signed-in',
  });
});

test('lines below the level are not written, and silent writes none', () => {
  const { log, lines } = set('warn');
  log.info('x');
  log.debug('x');
  log.warn('y');
  expect(lines).toHaveLength(1);
  const silent = set('silent');
  silent.log.error('z', {}, new Error('boom'));
  expect(silent.lines).toEqual([]);
});

test('a line feed in a field cannot forge a second line', () => {
  const { log, lines } = set();
  log.info('x', { address: '10.0.0.1\n{"event":"forged"}' });
  expect(lines.join('').trim().split('\n')).toHaveLength(1);
});

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
const REFRESH = `llr_${'aB3-_'.repeat(17)}x`;
const CODE = makeCode(createSeededRandom('code'));
test.each([
  ['an access token', JWT],
  ['a refresh token', REFRESH],
  ['an authorization header', 'Bearer abc.def'],
  ['a password hash', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA'],
  ['a code', CODE],
  ['a code in small letters', CODE.toLowerCase()],
  ['an invite link', `landline://join?relay=a&code=${CODE}`],
  ['a private key', '-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----'],
])('%s is struck out wherever it appears', (_what, secret) => {
  const { log, lines } = set();
  log.info('x', { what: `before ${secret} after` });
  const error = new TypeError(`choked on ${secret}`);
  log.error('y', {}, error);
  expect(withoutSecrets(secret)).not.toBe(secret);
  for (const piece of [secret, 'MIGHAgEA', 'c2FsdHNhbHRzYWx0', 'abc.def', CODE])
    expect(lines.join('')).not.toContain(piece);
  expect(lines.join('')).toContain('TypeError');
});

test('a field named like a secret is never written', () => {
  const { log, last } = set();
  log.info('x', { password: 'hunter2', refreshToken: 'abc', codeHash: 'def' });
  expect(last()).toMatchObject({
    password: '[secret]',
    refreshToken: '[secret]',
    codeHash: '[secret]',
  });
});

test('long texts are cut', () => {
  const { log, last } = set();
  log.info('x', { what: 'a'.repeat(10_000) });
  expect(String(last()['what'])).toHaveLength(200);
});
