import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openKeyFileBox } from './key-file-box.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-box-'));
  path = join(folder, 'secrets.key');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was sealed is unsealed by the next start', () => {
  const sealed = openKeyFileBox(path).seal('a token 令牌');
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('token');
  expect(openKeyFileBox(path).unseal(sealed)).toBe('a token 令牌');
});

test('the same secret is never sealed the same way twice', () => {
  const box = openKeyFileBox(path);
  expect(box.seal('x')).not.toEqual(box.seal('x'));
});

test('the key is readable by its owner only', () => {
  openKeyFileBox(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path)).toHaveLength(32);
});

test('it does not claim to protect', () => expect(openKeyFileBox(path).isProtected).toBe(false));

test('anything changed, cut short or from elsewhere does not unseal', () => {
  const box = openKeyFileBox(path);
  const sealed = box.seal('a token');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
    expect(box.unseal(changed)).toBeUndefined();
    expect(box.unseal(sealed.subarray(0, at))).toBeUndefined();
  }
  expect(openKeyFileBox(join(folder, 'other.key')).unseal(sealed)).toBeUndefined();
});

test('a damaged key is replaced by a good one', () => {
  writeFileSync(path, 'short');
  const sealed = openKeyFileBox(path).seal('x');
  expect(openKeyFileBox(path).unseal(sealed)).toBe('x');
});
