/**
 * Refresh tokens: opaque to the desktop, 256 random bits under a seal of the relay. The store keeps
 * only their SHA-256. The seal covers the session and a rotation count: each token counts one more
 * than the token it was given for. So the relay can order two tokens of a session, also when its
 * store is older than either. Only a relay with the key can make a token.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionId } from '../../protocol/ids.ts';
import type { Random } from '../ports/clock.ts';
import type { TokenKey, TokenKeys } from './token-keys.ts';

/** What the seal of a token vouches for. */
export interface SealedToken {
  readonly session: SessionId;
  /** 1 for the token of the sign-in. */
  readonly rotation: number;
}

export interface RefreshTokens {
  make(token: SealedToken): string;
  /** What the store keeps, and looks for. */
  hash(token: string): string;
  /** Reads a token that this relay made at some time; undefined for anything else. */
  read(token: string): SealedToken | undefined;
}

const PREFIX = 'llr_';
const SESSION_BYTES = 16;
const ROTATION_BYTES = 4;
const RANDOM_BYTES = 32;
const SEAL_BYTES = 16;
const ROTATION_AT = SESSION_BYTES;
const BODY_BYTES = SESSION_BYTES + ROTATION_BYTES + RANDOM_BYTES;
const SHAPE = /^llr_[A-Za-z0-9_-]{91}$/;

export function createRefreshTokens(keys: TokenKeys, random: Random): RefreshTokens {
  return {
    make({ session, rotation }) {
      const count = Buffer.alloc(ROTATION_BYTES);
      count.writeUInt32BE(rotation);
      const body = Buffer.concat([
        Buffer.from(session.replaceAll('-', ''), 'hex'),
        count,
        random.bytes(RANDOM_BYTES),
      ]);
      if (body.length !== BODY_BYTES) throw new RangeError('a session id is a UUID');
      return PREFIX + Buffer.concat([body, seal(keys[0], body)]).toString('base64url');
    },
    hash: (token) => createHash('sha256').update(token).digest('hex'),
    read(token) {
      if (!SHAPE.test(token)) return undefined;
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
      // 91 characters hold two bits more than 68 bytes: only the canonical spelling was given out.
      if (PREFIX + bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, BODY_BYTES);
      const sealed = bytes.subarray(BODY_BYTES);
      if (!keys.some((key) => timingSafeEqual(seal(key, body), sealed))) return undefined;
      const hex = body.subarray(0, SESSION_BYTES).toString('hex');
      const session = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      return { session: session as SessionId, rotation: body.readUInt32BE(ROTATION_AT) };
    },
  };
}

const seal = ({ refresh }: TokenKey, body: Uint8Array): Buffer =>
  createHmac('sha256', refresh).update(body).digest().subarray(0, SEAL_BYTES);
