/**
 * The key under which a relay proves positions (`gateway/position-proofs.ts`). It lies beside the
 * token keys, outside the store, 0600, and is the same for all relays of a team. It is made once; a
 * lost one is made anew and costs nobody a message. Others must not be able to read it.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Random } from '../ports/clock.ts';
import { readSecretFile, SecretFileError, writeSecretFile } from './secret-file.ts';
import { checkSecret } from './token-keys.ts';

const KEY_BYTES = 32;

const keyFile = z.strictObject({ secret: z.string().regex(/^[A-Za-z0-9_-]{1,512}$/) });

/** @throws SecretFileError naming what is wrong, never the key */
export function loadPositionKey(path: string, random: Random): KeyObject {
  const text = readSecretFile(path);
  if (text !== undefined) return parsePositionKey(text, path);
  const secret = Buffer.from(random.bytes(KEY_BYTES)).toString('base64url');
  const fresh = `${JSON.stringify({ secret }, null, 2)}\n`;
  writeSecretFile(path, fresh);
  return parsePositionKey(fresh, path);
}

function parsePositionKey(text: string, path: string): KeyObject {
  const parsed = keyFile.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new SecretFileError(
      `${path} is not a key file. Put back a copy, or remove it: the next start makes a new one.`,
    );
  const secret = Buffer.from(parsed.data.secret, 'base64url');
  checkSecret('position', secret, path);
  return createSecretKey(secret);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
