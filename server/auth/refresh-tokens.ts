/**
 * Refresh tokens: opaque to the desktop, 256 random bits under a seal of the relay. The store keeps only their SHA-256. The seal
 * names the session, so that a token that was rotated away long ago is still recognised as one of ours: its return means that two
 * hold it. Nobody else can make such a token, so nobody else can end a session with it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionId } from '../../protocol/ids.ts';
import type { Random } from '../ports/clock.ts';
import type { TokenKey, TokenKeys } from './token-keys.ts';

export interface RefreshTokens {
  make(session: SessionId): string;
  /** What the store keeps, and looks for. */
  hash(token: string): string;
  /** The session of a token that this relay made at some time; nothing for anything else. */
  genuineSession(token: string): SessionId | undefined;
}

const PREFIX = 'llr_';
const SESSION_BYTES = 16;
const RANDOM_BYTES = 32;
const SEAL_BYTES = 16;
const BODY_BYTES = SESSION_BYTES + RANDOM_BYTES;
const SHAPE = /^llr_[A-Za-z0-9_-]{86}$/;

export function createRefreshTokens(keys: TokenKeys, random: Random): RefreshTokens {
  return {
    make(session) {
      const body = Buffer.concat([
        Buffer.from(session.replaceAll('-', ''), 'hex'),
        random.bytes(RANDOM_BYTES),
      ]);
      if (body.length !== BODY_BYTES) throw new RangeError('a session id is a UUID');
      return PREFIX + Buffer.concat([body, seal(keys[0], body)]).toString('base64url');
    },
    hash: (token) => createHash('sha256').update(token).digest('hex'),
    genuineSession(token) {
      if (!SHAPE.test(token)) return undefined;
      const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url');
      // 86 characters hold four bits more than 64 bytes: only the canonical spelling was ever given out.
      if (PREFIX + bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, BODY_BYTES);
      const sealed = bytes.subarray(BODY_BYTES);
      if (!keys.some((key) => timingSafeEqual(seal(key, body), sealed))) return undefined;
      const hex = body.subarray(0, SESSION_BYTES).toString('hex');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') as SessionId;
    },
  };
}

const seal = ({ refresh }: TokenKey, body: Uint8Array): Buffer =>
  createHmac('sha256', refresh).update(body).digest().subarray(0, SEAL_BYTES);
