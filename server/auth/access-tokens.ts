/**
 * Access tokens: JWTs of one form only, which this relay alone makes and reads. The header is compared byte for byte with the
 * headers of the relay's own keys before anything is parsed, so that `alg`, `kid`, `jwk`, `jku`, `crit` of a stranger are never
 * looked at; what is left of verifying a JWT is one HMAC and the claims. Guarantees that an accepted token was issued here, for this
 * team, for no longer than an access token lives, and is not over. Whether its session still stands is `sessions.ts`' to say.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SignJWT } from 'jose';
import { z } from 'zod';
import {
  memberId,
  sessionId,
  type MemberId,
  type SessionId,
  type TeamId,
} from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { TokenKey, TokenKeys } from './token-keys.ts';

const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';
export const AUDIENCE = 'landline-relay';
/** A wall clock that was set back a little must not make fresh tokens look forged; `exp` has no such tolerance. */
const ISSUED_AHEAD_S = 60;

export interface AccessClaims {
  readonly member: MemberId;
  readonly session: SessionId;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** For the log; the wire says one thing for all. */
export type TokenFault = 'too-long' | 'malformed' | 'expired' | 'untrusted';

export interface AccessTokens {
  issue(
    member: MemberId,
    session: SessionId,
  ): Promise<{ readonly access: string; readonly accessExpiresInMs: number }>;
  verify(token: string): Result<AccessClaims, TokenFault>;
}

export interface AccessTokensParts {
  readonly keys: TokenKeys;
  readonly team: TeamId;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<Limits, 'accessTokenMs' | 'accessTokenBytes'>;
}

const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;
const seconds = z.number().int().min(0).max(8.64e12);
const claims = z.strictObject({
  iss: z.string(),
  aud: z.literal(AUDIENCE),
  sub: memberId,
  sid: sessionId,
  iat: seconds,
  exp: seconds,
  jti: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
});

export function createAccessTokens({
  keys,
  team,
  clock,
  random,
  limits,
}: AccessTokensParts): AccessTokens {
  const byHeader = new Map(keys.map((key) => [encodedHeader(key), key]));
  const lifeS = Math.floor(limits.accessTokenMs / 1000);
  return {
    async issue(member, session) {
      const [{ kid, access }] = keys;
      const iat = Math.floor(clock.now() / 1000);
      const token = await new SignJWT({ sid: session })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(team)
        .setAudience(AUDIENCE)
        .setSubject(member)
        .setIssuedAt(iat)
        .setExpirationTime(iat + lifeS)
        .setJti(Buffer.from(random.bytes(16)).toString('base64url'))
        .sign(access);
      return { access: token, accessExpiresInMs: (iat + lifeS) * 1000 - clock.now() };
    },
    verify(token) {
      if (token.length > limits.accessTokenBytes) return fail('too-long');
      const [, header = '', payload = '', signature = ''] = SHAPE.exec(token) ?? [];
      const key = byHeader.get(header);
      if (!key) return fail(header === '' ? 'malformed' : 'untrusted');
      // 43 characters hold two bits more than 32 bytes: of four spellings of one signature only the canonical one is good.
      if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
        return fail('malformed');
      if (!isSigned(`${header}.${payload}`, signature, key)) return fail('untrusted');
      const parsed = claims.safeParse(decoded(payload));
      if (!parsed.success || parsed.data.iss !== team) return fail('untrusted');
      const { iat, exp, sub, sid } = parsed.data;
      const nowMs = clock.now();
      if (exp <= iat || exp - iat > lifeS || iat > nowMs / 1000 + ISSUED_AHEAD_S)
        return fail('untrusted');
      if (exp * 1000 <= nowMs) return fail('expired');
      return ok({ member: sub, session: sid, expiresAt: exp * 1000 });
    },
  };
}

/** Exactly what `SignJWT` writes for this key; a test holds the two together. */
const encodedHeader = ({ kid }: TokenKey): string =>
  Buffer.from(JSON.stringify({ alg: ALGORITHM, typ: TYPE, kid })).toString('base64url');

function isSigned(text: string, signature: string, { access }: TokenKey): boolean {
  return timingSafeEqual(
    createHmac('sha256', access).update(text).digest(),
    Buffer.from(signature, 'base64url'),
  );
}

/** We signed it, and so we wrote it; that it is JSON is asked all the same. */
function decoded(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString());
  } catch {
    return undefined;
  }
}
