import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

let keyPath = '';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-secrets-'));
  keyPath = join(folder, 'secrets.key');
});
afterEach(() => rmSync(folder, { recursive: true }));

const keyring = (backend: 'gnome_libsecret' | 'basic_text', isThere = true) => ({
  isEncryptionAvailable: () => isThere,
  getSelectedStorageBackend: () => backend,
  encryptString: (plain: string) => Buffer.from(`os:${plain}`),
  decryptString(sealed: Buffer) {
    if (!sealed.toString().startsWith('os:')) throw new Error('not mine');
    return sealed.toString().slice(3);
  },
});

test('a keyring of the system protects', () => {
  const box = createSecretBox({
    safeStorage: keyring('gnome_libsecret'),
    platform: 'linux',
    keyPath,
  });
  expect(box.isProtected).toBe(true);
  expect(box.unseal(box.seal('token'))).toBe('token');
  expect(box.unseal(Buffer.from('sealed on another computer'))).toBeUndefined();
});

test("Linux's plain-text backend does not, and says so", () => {
  expect(
    createSecretBox({ safeStorage: keyring('basic_text'), platform: 'linux', keyPath }).isProtected,
  ).toBe(false);
  expect(
    createSecretBox({ safeStorage: keyring('basic_text'), platform: 'win32', keyPath }).isProtected,
  ).toBe(true);
});

test('without a keyring a key in the data folder serves, and says that it does not protect', () => {
  const box = createSecretBox({
    safeStorage: keyring('basic_text', false),
    platform: 'linux',
    keyPath,
  });
  expect(box.isProtected).toBe(false);
  expect(box.unseal(box.seal('token'))).toBe('token');
});

test('what was sealed before there was a keyring is still read', () => {
  const sealed = createSecretBox({
    safeStorage: keyring('basic_text', false),
    platform: 'linux',
    keyPath,
  }).seal('token');
  expect(
    createSecretBox({ safeStorage: keyring('gnome_libsecret'), platform: 'linux', keyPath }).unseal(
      sealed,
    ),
  ).toBe('token');
});
