import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { base64url, EncryptJWT, jwtVerify, SignJWT } from 'jose';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import type { MemberId, SessionId, TeamId } from '../../protocol/ids.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createRefreshTokens } from './refresh-tokens.ts';
import { parseTokenKeys, type TokenKeys } from './token-keys.ts';

const TEAM = '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b01' as TeamId;
const MEMBER = '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b02' as MemberId;
const SESSION = '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b03' as SessionId;
const keysOf = (...kids: readonly string[]): TokenKeys =>
  parseTokenKeys(
    JSON.stringify({
      keys: kids.map((kid) => ({ kid, secret: randomBytes(32).toString('base64url') })),
    }),
    'keys.json',
  );

function set() {
  const clock = createFakeClock();
  const random = createSeededRandom('tokens');
  const keys = keysOf('k1');
  const tokens = createAccessTokens({ keys, team: TEAM, clock, random, limits: DEFAULT_LIMITS });
  const nowS = Math.floor(clock.now() / 1000);
  const claims = {
    iss: TEAM,
    aud: 'landline-relay',
    sub: MEMBER,
    sid: SESSION,
    iat: nowS,
    exp: nowS + 600,
    jti: 'A'.repeat(22),
  };
  return { clock, random, keys, tokens, claims, nowS };
}

const part = (value: unknown): string =>
  base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
/** Signs anything at all with the relay's true key: what is refused then is refused for its form. */
function sign(header: unknown, payload: unknown, keys: TokenKeys): string {
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${createHmac('sha256', keys[0].access).update(text).digest('base64url')}`;
}
const HEADER = { alg: 'HS256', typ: 'at+jwt', kid: 'k1' };

describe('an access token', () => {
  test('is accepted by the relay that made it, until the moment it is over', async () => {
    const { tokens, clock } = set();
    const { access, accessExpiresInMs } = await tokens.issue(MEMBER, SESSION);
    expect(accessExpiresInMs).toBe(600_000);
    expect(tokens.verify(access)).toEqual({
      ok: true,
      value: { member: MEMBER, session: SESSION, expiresAt: clock.now() + 600_000 },
    });
    clock.advance(599_999);
    expect(tokens.verify(access).ok).toBe(true);
    clock.advance(1);
    expect(tokens.verify(access)).toEqual({ ok: false, error: 'expired' });
  });

  test('carries exactly the claims of the contract', async () => {
    const { tokens, nowS } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    const [header, payload] = access
      .split('.')
      .map((text) => Buffer.from(text, 'base64url').toString());
    expect(JSON.parse(header!)).toEqual(HEADER);
    expect(JSON.parse(payload!)).toEqual({
      iss: TEAM,
      aud: 'landline-relay',
      sub: MEMBER,
      sid: SESSION,
      iat: nowS,
      exp: nowS + 600,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  test('is one for jose too, and whatever jose refuses is refused here', async () => {
    const { tokens, keys } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    const isGoodForJose = (token: string): Promise<boolean> =>
      jwtVerify(token, keys[0].access, {
        algorithms: ['HS256'],
        typ: 'at+jwt',
        audience: 'landline-relay',
        currentDate: new Date(0),
      }).then(
        () => true,
        () => false,
      );
    expect(await isGoodForJose(access)).toBe(true);
    const changed = fc
      .tuple(fc.nat({ max: access.length - 1 }), fc.constantFrom(...'ABCxyz019-_.'))
      .map(([at, other]) => {
        return access.slice(0, at) + other + access.slice(at + 1);
      });
    await fc.assert(
      fc.asyncProperty(
        changed,
        async (token) => (await isGoodForJose(token)) || !tokens.verify(token).ok,
      ),
      { numRuns: 500 },
    );
  });

  test('signed by the former key is still believed, the new key signs', async () => {
    const { clock, random } = set();
    const old = keysOf('old');
    const next: TokenKeys = [keysOf('new')[0], old[0]];
    const before = createAccessTokens({
      keys: old,
      team: TEAM,
      clock,
      random,
      limits: DEFAULT_LIMITS,
    });
    const after = createAccessTokens({
      keys: next,
      team: TEAM,
      clock,
      random,
      limits: DEFAULT_LIMITS,
    });
    const { access } = await before.issue(MEMBER, SESSION);
    expect(after.verify(access).ok).toBe(true);
    expect(before.verify((await after.issue(MEMBER, SESSION)).access).ok).toBe(false);
  });

  test('stays good when the wall clock is set back by seconds', async () => {
    const { tokens, clock } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    clock.setWall(clock.now() - 30_000);
    expect(tokens.verify(access).ok).toBe(true);
  });
});

describe('a token is refused', () => {
  const { keys, claims, nowS } = set();
  const headers: readonly (readonly [string, unknown])[] = [
    ...['none', 'None', 'NONE', 'nOnE', 'none ', ''].map(
      (alg) => [`alg "${alg}"`, { ...HEADER, alg }] as const,
    ),
    ['without alg', { typ: 'at+jwt', kid: 'k1' }],
    ['alg HS512', { ...HEADER, alg: 'HS512' }],
    ['alg EdDSA', { ...HEADER, alg: 'EdDSA' }],
    ['alg as an array', { ...HEADER, alg: ['HS256'] }],
    ['typ JWT', { ...HEADER, typ: 'JWT' }],
    ['without typ', { alg: 'HS256', kid: 'k1' }],
    ['without kid', { alg: 'HS256', typ: 'at+jwt' }],
    ['unknown kid', { ...HEADER, kid: 'k2' }],
    ['kid that climbs', { ...HEADER, kid: '../../dev/null' }],
    ['kid with SQL', { ...HEADER, kid: "k1' UNION SELECT 'x" }],
    ['kid __proto__', { ...HEADER, kid: '__proto__' }],
    ['embedded jwk', { ...HEADER, jwk: { kty: 'oct', k: 'AAAA' } }],
    ['jku', { ...HEADER, jku: 'https://evil.test/keys' }],
    ['x5u', { ...HEADER, x5u: 'https://evil.test/cert' }],
    ['x5c', { ...HEADER, x5c: ['AAAA'] }],
    ['unknown crit', { ...HEADER, crit: ['evil'], evil: 1 }],
    ['b64 false', { ...HEADER, crit: ['b64'], b64: false }],
    ['zip', { ...HEADER, zip: 'DEF' }],
    ['nested', { ...HEADER, cty: 'JWT' }],
    ['header fields in another order', { kid: 'k1', typ: 'at+jwt', alg: 'HS256' }],
    ['header that is no object', 'null'],
  ];
  test.each(headers)('header: %s', async (_what, header) => {
    const own = createAccessTokens({
      keys,
      team: TEAM,
      clock: createFakeClock(),
      random: createSeededRandom(1),
      limits: DEFAULT_LIMITS,
    });
    expect(own.verify(sign(HEADER, claims, keys)).ok).toBe(true);
    expect(own.verify(sign(header, claims, keys)).ok).toBe(false);
  });

  const { exp: _exp, ...withoutExp } = claims;
  const { iat: _iat, ...withoutIat } = claims;
  const { jti: _jti, ...withoutJti } = claims;
  const payloads: readonly (readonly [string, unknown])[] = [
    ['no exp', withoutExp],
    ['exp as text', { ...claims, exp: String(nowS + 600) }],
    [
      'exp 1e308',
      `{"iss":"${TEAM}","aud":"landline-relay","sub":"${MEMBER}","sid":"${SESSION}","iat":${nowS},"exp":1e308,"jti":"${claims.jti}"}`,
    ],
    [
      'exp 1e400',
      `{"iss":"${TEAM}","aud":"landline-relay","sub":"${MEMBER}","sid":"${SESSION}","iat":${nowS},"exp":1e400,"jti":"${claims.jti}"}`,
    ],
    ['exp negative', { ...claims, exp: -1 }],
    ['exp fractional', { ...claims, exp: nowS + 600.5 }],
    ['exp null', { ...claims, exp: null }],
    ['exp beyond the life of a token', { ...claims, exp: nowS + 601 }],
    ['exp before iat', { ...claims, iat: nowS + 30, exp: nowS + 20 }],
    ['exp 31 s ago', { ...claims, iat: nowS - 600, exp: nowS - 31 }],
    ['exp 20 s ago', { ...claims, iat: nowS - 600, exp: nowS - 20 }],
    ['no iat', withoutIat],
    ['iat tomorrow', { ...claims, iat: nowS + 86_400, exp: nowS + 87_000 }],
    ['nbf tomorrow', { ...claims, nbf: nowS + 86_400 }],
    ['no jti', withoutJti],
    ['iss of another team', { ...claims, iss: '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7bff' }],
    ['iss as an array', { ...claims, iss: [TEAM] }],
    ['aud of somebody else', { ...claims, aud: 'other' }],
    ['aud as an array', { ...claims, aud: ['landline-relay', 'other'] }],
    ['sub that is no id', { ...claims, sub: '../admin' }],
    ['sid missing', { ...claims, sid: undefined }],
    ['a claim more', { ...claims, role: 'owner' }],
    [
      '__proto__',
      `{"__proto__":{"exp":${nowS + 600}},"iss":"${TEAM}","aud":"landline-relay","sub":"${MEMBER}","sid":"${SESSION}","iat":${nowS},"jti":"${claims.jti}"}`,
    ],
    ['no JSON', 'hello'],
    ['null', 'null'],
  ];
  test.each(payloads)('claims: %s', async (_what, payload) => {
    const own = createAccessTokens({
      keys,
      team: TEAM,
      clock: createFakeClock(),
      random: createSeededRandom(1),
      limits: DEFAULT_LIMITS,
    });
    expect(own.verify(sign(HEADER, payload, keys)).ok).toBe(false);
  });

  test('that was encrypted, nested, or written as JSON', async () => {
    const { tokens, keys: own } = set();
    const good = sign(HEADER, claims, own);
    const secret = randomBytes(32);
    const jwe = await new EncryptJWT({ ...claims })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(secret);
    const nested = sign(HEADER, JSON.stringify(good), own);
    const [header, payload, signature] = good.split('.');
    for (const token of [
      jwe,
      nested,
      JSON.stringify({ protected: header, payload, signature }),
      `${good}.`,
      `.${good}`,
      `${good}.x.y`,
    ]) {
      expect(tokens.verify(token).ok).toBe(false);
    }
    expect(tokens.verify(good).ok).toBe(true);
  });

  test('that was signed with a public key in the shapes of key confusion, or with an empty one', async () => {
    const { tokens } = set();
    const { publicKey } = generateKeyPairSync('ed25519');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const raw = publicKey.export({ type: 'spki', format: 'der' });
    const text = `${part(HEADER)}.${part(claims)}`;
    for (const secret of [raw, pem, ` ${pem}`, `${pem}\n`, '', 'secret', 'changeme']) {
      expect(
        tokens.verify(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`),
      ).toEqual({
        ok: false,
        error: 'untrusted',
      });
    }
  });

  /**
   * The shapes of Wycheproof's vectors for an HMAC key (github.com/C2SP/wycheproof, json_web_signature_test: the groups "hs256" and
   * "base64"), each made anew with a key, a header and claims that would be accepted: what is refused here is refused for its shape. Those
   * that tamper after signing keep the old signature; those that are malformed throughout are signed as they stand.
   */
  const SHAPES: readonly (readonly [
    string,
    (good: readonly [string, string, string], mac: (text: string) => string) => string,
  ])[] = [
    [
      'a signature changed in its first character',
      ([h, p, s]) => `${h}.${p}.${s.startsWith('X') ? 'Y' : 'X'}${s.slice(1)}`,
    ],
    ['no signature', ([h, p]) => `${h}.${p}.`],
    ['no signature, nor the point before it', ([h, p]) => `${h}.${p}`],
    ['a changed payload', ([h, p, s]) => `${h}.${p.slice(0, -4)}AAAA.${s}`],
    ['no payload', ([h, , s]) => `${h}..${s}`],
    ['an empty payload, signed', ([h], mac) => `${h}..${mac(`${h}.`)}`],
    ['no payload, nor its point', ([h, , s]) => `${h}.${s}`],
    ['a header with another kid', ([, p, s]) => `${part({ ...HEADER, kid: 'X1' })}.${p}.${s}`],
    ['no header', ([, p, s]) => `.${p}.${s}`],
    ['an empty header, signed', ([, p], mac) => `.${p}.${mac(`.${p}`)}`],
    ['no header, nor its point', ([, p, s]) => `${p}.${s}`],
    ['neither header nor signature', ([, p]) => `.${p}.`],
    ['a payload alone', ([, p]) => p],
    ['nothing', () => ''],
    ['two points', () => '..'],
    ['an empty part more', ([h, p, s]) => `${h}.${p}.${s}.`],
    ['a part more', ([h, p, s]) => `${h}.${p}.${s}.foo`],
    ['alg none and no signature', ([, p]) => `${part({ alg: 'none', kid: 'k1' })}.${p}.`],
    [
      'alg none, our type, and no signature',
      ([, p]) => `${part({ ...HEADER, alg: 'none' })}.${p}.`,
    ],
    [
      'JSON serialisation with an unprotected header',
      ([h, p, s]) =>
        JSON.stringify({
          payload: p,
          signatures: [{ protected: h, header: { unknown: 'untrustworthy' }, signature: s }],
        }),
    ],
    ['spaces before the signature', ([h, p, s]) => `${h}.${p}.    ${s}`],
    ['a stray character before the signature', ([h, p, s]) => `${h}.${p}.?${s}`],
    ['a stray character after the signature', ([h, p, s]) => `${h}.${p}.${s}?`],
    ['a stray character in place of the first', ([h, p, s]) => `${h}.${p}.?${s.slice(1)}`],
    ['stray characters in place of the first four', ([h, p, s]) => `${h}.${p}.????${s.slice(4)}`],
    ['spaces after the header, signed', ([h, p], mac) => `${h}    .${p}.${mac(`${h}    .${p}`)}`],
    [
      'stray characters after the header, signed',
      ([h, p], mac) => `${h}####.${p}.${mac(`${h}####.${p}`)}`,
    ],
    ['a padded header, signed', ([h, p], mac) => `${h}==.${p}.${mac(`${h}==.${p}`)}`],
    [
      'a stray character in the header',
      ([h, p, s]) => `${h.slice(0, -1)}?${h.slice(-1)}.${p}.${s}`,
    ],
    ['spaces before the payload, signed', ([h, p], mac) => `${h}.    ${p}.${mac(`${h}.    ${p}`)}`],
    [
      'stray characters before the payload, signed',
      ([h, p], mac) => `${h}.####${p}.${mac(`${h}.####${p}`)}`,
    ],
    [
      'a stray character before the payload, signed',
      ([h, p], mac) => `${h}.?${p}.${mac(`${h}.?${p}`)}`,
    ],
    ['a padded payload, signed', ([h, p], mac) => `${h}.${p}=.${mac(`${h}.${p}=`)}`],
    ['a stray character after the payload', ([h, p, s]) => `${h}.${p}?.${s}`],
    [
      'a payload in the plain alphabet, signed',
      ([h, p], mac) => `${h}.+/${p}.${mac(`${h}.+/${p}`)}`,
    ],
    ['a payload that is no text, signed', ([h], mac) => `${h}.AB.${mac(`${h}.AB`)}`],
    [
      'white space within the header, signed',
      ([, p], mac) =>
        ((h) => `${h}.${p}.${mac(`${h}.${p}`)}`)(
          part('{ "alg": "HS256", "typ": "at+jwt", "kid": "k1" }'),
        ),
    ],
    [
      'a line within the header, signed',
      ([, p], mac) =>
        ((h) => `${h}.${p}.${mac(`${h}.${p}`)}`)(
          part('{"alg":"HS256",\n\t"typ":"at+jwt","kid":"k1"}'),
        ),
    ],
    [
      'a signature cut to 16 bytes',
      ([h, p, s]) =>
        `${h}.${p}.${Buffer.from(s, 'base64url').subarray(0, 16).toString('base64url')}`,
    ],
    [
      'a signature of 33 bytes',
      ([h, p, s]) =>
        `${h}.${p}.${Buffer.concat([Buffer.from(s, 'base64url'), Buffer.of(0)]).toString('base64url')}`,
    ],
    [
      'a signature by HMAC-SHA-512, cut to 32 bytes',
      ([h, p]) =>
        `${h}.${p}.${createHmac('sha512', keys[0].access).update(`${h}.${p}`).digest().subarray(0, 32).toString('base64url')}`,
    ],
  ];
  test.each(SHAPES)('shape: %s', (_what, shape) => {
    const { tokens, keys: own, claims: good } = set();
    const text = `${part(HEADER)}.${part(good)}`;
    const mac = (over: string): string =>
      createHmac('sha256', own[0].access).update(over).digest('base64url');
    expect(tokens.verify(`${text}.${mac(text)}`).ok).toBe(true);
    expect(tokens.verify(shape([part(HEADER), part(good), mac(text)], mac)).ok).toBe(false);
  });

  test('never for how its signature happens to begin: with zeros, ones, or any byte', () => {
    const { tokens, keys: own, claims: good } = set();
    const begun = new Set<number>();
    for (let n = 0; begun.size < 256 && n < 20_000; n++) {
      const jti = Buffer.from(String(n).padStart(16, '0')).toString('base64url');
      const token = sign(HEADER, { ...good, jti }, own);
      const first = Buffer.from(token.split('.')[2] ?? '', 'base64url')[0] ?? -1;
      if (begun.has(first)) continue;
      begun.add(first);
      expect(tokens.verify(token).ok, `first byte ${first}`).toBe(true);
    }
    expect(begun.size).toBe(256);
  });

  test('whose signature is spelt in a way that decodes alike', async () => {
    const { tokens } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const last of alphabet) {
      const other = access.slice(0, -1) + last;
      expect(tokens.verify(other).ok).toBe(other === access);
    }
    for (const other of [
      `${access}=`,
      `${access} `,
      ` ${access}`,
      `${access}\n`,
      access.replace('-', '+').replace('_', '/') + '',
    ]) {
      if (other !== access) expect(tokens.verify(other).ok).toBe(false);
    }
  });

  test('when any one of its characters is changed', async () => {
    const { tokens } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    for (let at = 0; at < access.length; at++) {
      const other = access.slice(0, at) + (access[at] === 'A' ? 'B' : 'A') + access.slice(at + 1);
      expect(tokens.verify(other).ok, `character ${at}`).toBe(false);
    }
  });

  test('when it was mutated in any of five thousand ways', async () => {
    const { tokens } = set();
    const { access } = await tokens.issue(MEMBER, SESSION);
    const { access: other } = await tokens.issue(
      MEMBER,
      '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b04' as SessionId,
    );
    const place = fc.nat({ max: access.length });
    const mutant = fc.oneof(
      fc
        .tuple(place, place, fc.string({ maxLength: 8 }))
        .map(
          ([from, to, text]) =>
            access.slice(0, Math.min(from, to)) + text + access.slice(Math.max(from, to)),
        ),
      fc.tuple(place, place).map(([from, to]) => access.slice(0, from) + other.slice(to)),
      fc
        .tuple(fc.json(), fc.json())
        .map(([header, payload]) => `${part(header)}.${part(payload)}.${access.split('.')[2]}`),
      fc.constantFrom(...[0, 1, 2]).map((at) =>
        access
          .split('.')
          .map((text, n) => (n === at ? other.split('.')[n] : text))
          .join('.'),
      ),
    );
    fc.assert(
      fc.property(
        mutant,
        (token) => (token === access || token === other) === tokens.verify(token).ok,
      ),
      { numRuns: 5_000, seed: 20_261_128 },
    );
  });

  test('of a megabyte, before anything of it is parsed', async () => {
    const { tokens, keys: own } = set();
    expect(tokens.verify('A'.repeat(1_000_000))).toEqual({ ok: false, error: 'too-long' });
    expect(tokens.verify(sign({ ...HEADER, kid: 'x'.repeat(10_240) }, claims, own))).toEqual({
      ok: false,
      error: 'too-long',
    });
  });

  test('that is a refresh token, or was signed with the key of refresh tokens', async () => {
    const { tokens, keys: own, random } = set();
    expect(
      tokens.verify(createRefreshTokens(own, random).make({ session: SESSION, rotation: 1 })).ok,
    ).toBe(false);
    const crossed = await new SignJWT({ sid: SESSION })
      .setProtectedHeader(HEADER)
      .setIssuer(TEAM)
      .setAudience('landline-relay')
      .setSubject(MEMBER)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + 600)
      .setJti('A'.repeat(22))
      .sign(own[0].refresh);
    expect(tokens.verify(crossed)).toEqual({ ok: false, error: 'untrusted' });
  });

  test('of another relay', async () => {
    const { claims: theirs } = set();
    expect(set().tokens.verify(sign(HEADER, theirs, keysOf('k1'))).ok).toBe(false);
  });
});
