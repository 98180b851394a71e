/**
 * Secrets sealed with a key that lies beside them: for hosts and systems that offer nothing better. It keeps tokens out of
 * backups and greps of single files, not from anyone who can read the data folder, and says so (`isProtected: false`).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  mkdirSync,
  openSync,
  closeSync,
  fsyncSync,
  readFileSync,
  writeSync,
  chmodSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SecretBox } from '../core/ports.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Marks what this box sealed, so that another box can tell it from its own. */
const MARK = Buffer.from('LLK1');

export const isKeyFileSealed = (sealed: Uint8Array): boolean =>
  MARK.equals(sealed.subarray(0, MARK.length));

/** @param path  of the key; made, readable by its owner only, when it is not there */
export function openKeyFileBox(path: string): SecretBox {
  const key = readKey(path) ?? makeKey(path);
  return {
    isProtected: false,
    seal(plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return new Uint8Array(Buffer.concat([MARK, nonce, cipher.getAuthTag(), body]));
    },
    unseal(sealed) {
      if (!isKeyFileSealed(sealed)) return undefined;
      const rest = Buffer.from(sealed.subarray(MARK.length));
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, rest.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAuthTag(rest.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([
          decipher.update(rest.subarray(NONCE_BYTES + TAG_BYTES)),
          decipher.final(),
        ]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

function readKey(path: string): Buffer | undefined {
  try {
    const key = readFileSync(path);
    if (key.length !== KEY_BYTES) return undefined;
    chmodSync(path, 0o600);
    return key;
  } catch {
    return undefined;
  }
}

/** On the disk before anything is sealed with it. A damaged key is replaced: what it sealed is lost either way. */
function makeKey(path: string): Buffer {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  const file = openSync(path, 'w', 0o600);
  try {
    writeSync(file, key);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, 0o600);
  return key;
}
