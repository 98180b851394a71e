/**
 * `safeStorage`: encrypts for real, with a key kept in the user-data folder of this run, so that a file copied to another profile
 * does not decode there. `STANDIN_SAFE_STORAGE` names the backend a Linux desktop would have (`basic_text` by default) or
 * `unavailable`. As in Electron, not before the app is ready.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { strict } from './strict.ts';

export interface SafeStorageParts {
  readonly env: NodeJS.ProcessEnv;
  readonly userData: () => string;
  readonly isReady: () => boolean;
}

const PREFIX = Buffer.from('v10');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

type Backend = ReturnType<Electron.SafeStorage['getSelectedStorageBackend']>;

function keyIn(folder: string): Buffer {
  const path = join(folder, 'standin-safe-storage.key');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 });
  return readFileSync(path);
}

function encrypt(key: Buffer, plainText: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(plainText, 'utf8'), cipher.final()]);
  return Buffer.concat([PREFIX, nonce, cipher.getAuthTag(), sealed]);
}

function decrypt(key: Buffer, encrypted: Buffer): string {
  const nonceEnd = PREFIX.length + NONCE_BYTES;
  const tagEnd = nonceEnd + TAG_BYTES;
  try {
    const decipher = createDecipheriv(
      'aes-256-gcm',
      key,
      encrypted.subarray(PREFIX.length, nonceEnd),
    );
    decipher.setAuthTag(encrypted.subarray(nonceEnd, tagEnd));
    return decipher.update(encrypted.subarray(tagEnd)).toString('utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new Error(
      'Error while decrypting the ciphertext provided to safeStorage.decryptString.',
      { cause },
    );
  }
}

type Shown = Exclude<keyof Electron.SafeStorage, 'setUsePlainTextEncryption'>;

export function createSafeStorage({
  env,
  userData,
  isReady,
}: SafeStorageParts): Pick<Electron.SafeStorage, Shown> {
  const setting = env['STANDIN_SAFE_STORAGE'] ?? 'basic_text';
  const isAvailable = (): boolean => isReady() && setting !== 'unavailable';
  const key = (): Buffer => {
    if (!isAvailable()) throw new Error('Encryption is not available.');
    return keyIn(userData());
  };
  return strict('safeStorage', {
    isEncryptionAvailable: isAvailable,
    isAsyncEncryptionAvailable: async () => isAvailable(),
    getSelectedStorageBackend: () => (setting === 'unavailable' ? 'unknown' : (setting as Backend)),
    encryptString: (plainText) => encrypt(key(), plainText),
    decryptString: (encrypted) => decrypt(key(), encrypted),
    encryptStringAsync: async (plainText) => encrypt(key(), plainText),
    decryptStringAsync: async (encrypted) => ({
      result: decrypt(key(), encrypted),
      shouldReEncrypt: false,
    }),
  } satisfies Pick<Electron.SafeStorage, Shown>);
}
