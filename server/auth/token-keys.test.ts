import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionId } from '../../protocol/ids.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { createRefreshTokens } from './refresh-tokens.ts';
import { SecretFileError } from './secret-file.ts';
import { hideName, loadTokenKeys, parseTokenKeys } from './token-keys.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'landline-keys-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const random = createSeededRandom('keys');
const path = (): string => join(folder, 'token-keys.json');

describe('the key file', () => {
  test('is made at first start, for the owner alone, and read again after', () => {
    const first = loadTokenKeys(path(), random);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    const again = loadTokenKeys(path(), random);
    expect(again[0].kid).toBe(first[0].kid);
    expect(again[0].access.equals(first[0].access)).toBe(true);
  });

  test.each([0o644, 0o640, 0o606, 0o660, 0o601])(
    'with mode %o is refused, with the command that helps',
    (mode) => {
      loadTokenKeys(path(), random);
      chmodSync(path(), mode);
      expect(() => loadTokenKeys(path(), random)).toThrow(SecretFileError);
      expect(() => loadTokenKeys(path(), random)).toThrow(/chmod 600/);
    },
  );

  test('that is a symbolic link or a folder is refused', () => {
    writeFileSync(join(folder, 'elsewhere'), '{}', { mode: 0o600 });
    symlinkSync(join(folder, 'elsewhere'), path());
    expect(() => loadTokenKeys(path(), random)).toThrow(/symbolic link/);
    expect(() => loadTokenKeys(folder, random)).toThrow(SecretFileError);
  });

  const b64 = (text: string): string => Buffer.from(text).toString('base64url');
  const key = (secret: string, kid = 'a'): string => JSON.stringify({ keys: [{ kid, secret }] });
  test.each([
    ['empty', ''],
    ['no JSON', 'secret'],
    ['no keys', '{"keys":[]}'],
    ['an empty secret', key('')],
    ['a default secret', key(b64('secret'))],
    ['a short secret', key(b64('0123456789abcdef0123456789abcde'))],
    ['a typed sentence', key(b64('please change me before production use'))],
    ['32 zeros', key(Buffer.alloc(32).toString('base64url'))],
    ['a repeated pattern', key(Buffer.alloc(64, 'ab\u0001').toString('base64url'))],
    ['a kid that climbs', key(Buffer.from(random.bytes(32)).toString('base64url'), '../x')],
    ['a field more', `{"keys":[],"alg":"none"}`],
  ])('with %s is refused', (_what, text) => {
    expect(() => parseTokenKeys(text, 'token-keys.json')).toThrow(SecretFileError);
  });

  test('never appears in its own error', () => {
    const text = key(b64('please change me before production use'));
    expect(() => parseTokenKeys(text, 'token-keys.json')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('please') }),
    );
  });

  test('with two keys of one name is refused', () => {
    const secret = Buffer.from(random.bytes(32)).toString('base64url');
    expect(() =>
      parseTokenKeys(
        JSON.stringify({
          keys: [
            { kid: 'a', secret },
            { kid: 'a', secret },
          ],
        }),
        'x',
      ),
    ).toThrow(/two keys/);
  });

  test('holds another key for access than for refresh', () => {
    const [{ access, refresh }] = loadTokenKeys(path(), random);
    expect(access.equals(refresh)).toBe(false);
    expect(readFileSync(path(), 'utf8')).not.toContain(access.export().toString('base64url'));
  });
});

describe('a refresh token', () => {
  const SESSION = '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b03' as SessionId;
  test('names its session and count to the relay that made it, and to no other', () => {
    const mine = createRefreshTokens(loadTokenKeys(path(), random), random);
    const theirs = createRefreshTokens(loadTokenKeys(join(folder, 'other.json'), random), random);
    const sealed = { session: SESSION, rotation: 70_000 };
    const token = mine.make(sealed);
    expect(mine.read(token)).toEqual(sealed);
    expect(theirs.read(token)).toBeUndefined();
    expect(mine.make(sealed)).not.toBe(token);
    expect(mine.hash(token)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('with any character changed, cut or added is not genuine', () => {
    const mine = createRefreshTokens(loadTokenKeys(path(), random), random);
    const token = mine.make({ session: SESSION, rotation: 1 });
    for (let at = 0; at < token.length; at++) {
      const other = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      expect(mine.read(other), `character ${at}`).toBeUndefined();
    }
    for (const other of ['', 'llr_', token.slice(1), `${token}A`, token.slice(0, -1)])
      expect(mine.read(other)).toBeUndefined();
  });
});

test('a name is hidden alike by all who share the keys, and otherwise by everybody else', () => {
  const [mine, again, theirs] = [path(), path(), join(folder, 'other.json')].map((file) =>
    loadTokenKeys(file, random),
  );
  if (!mine || !again || !theirs) throw new Error('no keys');
  const hidden = hideName(mine, 'handle ada');
  expect(hidden).toMatch(/^[\w-]{22}$/);
  expect([
    hideName(again, 'handle ada') === hidden,
    hideName(theirs, 'handle ada') === hidden,
    hideName(mine, 'handle bo') === hidden,
  ]).toEqual([true, false, false]);
});
