import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../adapters/system-clock.ts';
import { loadPositionKey } from './position-key.ts';
import { SecretFileError } from './secret-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-key-'));
  path = join(folder, 'position-key.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a key is made once, for its own account alone, and is the same at the next start', () => {
  const made = loadPositionKey(path, systemRandom);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const text = readFileSync(path, 'utf8');
  expect(loadPositionKey(path, systemRandom).equals(made)).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test('two teams have two keys', () => {
  const other = loadPositionKey(join(folder, 'other.json'), systemRandom);
  expect(loadPositionKey(path, systemRandom).equals(other)).toBe(false);
});

test('a key that other accounts can read is refused', () => {
  loadPositionKey(path, systemRandom);
  chmodSync(path, 0o640);
  expect(() => loadPositionKey(path, systemRandom)).toThrow(/chmod 600/);
});

test.each([
  ['no JSON', 'secret'],
  ['another file', '{"keys":[]}'],
  ['a short key', JSON.stringify({ secret: Buffer.alloc(16, 7).toString('base64url') })],
  ['a typed key', JSON.stringify({ secret: Buffer.from('x'.repeat(40)).toString('base64url') })],
])('%s is refused, and not named in the message', (_what, text) => {
  writeFileSync(path, text, { mode: 0o600 });
  expect(() => loadPositionKey(path, systemRandom)).toThrow(SecretFileError);
});
