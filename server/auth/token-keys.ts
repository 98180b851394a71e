/**
 * The keys that sign access tokens and seal refresh tokens. A file of its own in the data folder, made at first start from the
 * system's random numbers, 0600. Several keys may stand in it: the first signs, all verify, which is how one is exchanged. The relay
 * refuses to start on a key that is short, guessable, or readable by others; there is no default and no key from the environment.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Random } from '../ports/clock.ts';
import { readSecretFile, SecretFileError, writeSecretFile } from './secret-file.ts';

export interface TokenKey {
  readonly kid: string;
  /** HMAC-SHA-256 over access tokens. */
  readonly access: KeyObject;
  /** HMAC-SHA-256 over refresh tokens: another key, derived, so that neither kind can pass for the other. */
  readonly refresh: KeyObject;
  /** HMAC-SHA-256 over names that other servers are not to read. */
  readonly names: KeyObject;
}

/** The first signs; the others are still believed. Never empty. */
export type TokenKeys = readonly [TokenKey, ...TokenKey[]];

const KEY_BYTES = 32;
/** A random key of 32 bytes has some 30 different ones; fewer than 16 happens once in 10^13. */
const LEAST_DIFFERENT_BYTES = 16;

/** 132 bits: no two names of a team meet. */
const HIDDEN_LENGTH = 22;

const keyFile = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        kid: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/),
        secret: z.string().regex(/^[A-Za-z0-9_-]{1,512}$/),
      }),
    )
    .min(1)
    .max(8),
});

export function loadTokenKeys(path: string, random: Random): TokenKeys {
  const text = readSecretFile(path);
  if (text !== undefined) return parseTokenKeys(text, path);
  const secret = Buffer.from(random.bytes(KEY_BYTES)).toString('base64url');
  const kid = Buffer.from(random.bytes(6)).toString('base64url');
  const fresh = `${JSON.stringify({ keys: [{ kid, secret }] }, null, 2)}\n`;
  writeSecretFile(path, fresh);
  return parseTokenKeys(fresh, path);
}

/** @throws SecretFileError naming what is wrong, never the key */
export function parseTokenKeys(text: string, path: string): TokenKeys {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new SecretFileError(
      `${path} is not a key file. Restore it from the backup; a new one signs everybody out.`,
    );
  }
  const parsed = keyFile.safeParse(raw);
  if (!parsed.success)
    throw new SecretFileError(
      `${path} is not a key file (${parsed.error.issues[0]?.path.join('.') ?? ''}).`,
    );
  const kids = new Set(parsed.data.keys.map(({ kid }) => kid));
  if (kids.size !== parsed.data.keys.length)
    throw new SecretFileError(`${path} names two keys alike.`);
  const [first, ...rest] = parsed.data.keys.map(({ kid, secret }) =>
    tokenKey(kid, Buffer.from(secret, 'base64url'), path),
  );
  if (!first) throw new SecretFileError(`${path} holds no key.`);
  return [first, ...rest];
}

/** What stands for a name where it may be read: the same on every relay with these keys, and in no other team. */
export function hideName([{ names }]: TokenKeys, name: string): string {
  return createHmac('sha256', names).update(name).digest('base64url').slice(0, HIDDEN_LENGTH);
}

/** @throws SecretFileError when it is too short or was not made by chance */
export function checkSecret(kid: string, secret: Buffer, path: string): void {
  if (secret.length < KEY_BYTES)
    throw new SecretFileError(
      `${path}: the key ${kid} is too short; it needs ${KEY_BYTES} random bytes.`,
    );
  if (new Set(secret).size < LEAST_DIFFERENT_BYTES || isReadable(secret)) {
    throw new SecretFileError(
      `${path}: the key ${kid} is not random. Remove the file; the next start makes a good one.`,
    );
  }
}

function tokenKey(kid: string, secret: Buffer, path: string): TokenKey {
  checkSecret(kid, secret, path);
  const derive = (purpose: string): KeyObject =>
    createSecretKey(
      Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `landline ${purpose}`, KEY_BYTES)),
    );
  return { kid, access: derive('access'), refresh: derive('refresh'), names: derive('names') };
}

/** A sentence somebody typed instead of random bytes. Of 32 random bytes all are printable once in 10^13. */
const isReadable = (secret: Buffer): boolean => secret.every((byte) => byte >= 0x20 && byte < 0x7f);
