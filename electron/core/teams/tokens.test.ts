import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/kit/fake-clock.ts';
import { refuse } from '../../../protocol/errors.ts';
import { fail, ok, type Result } from '../../../protocol/result.ts';
import type { TeamRecord } from '../cache/ledger-rows.ts';
import type { DialFault, HttpAnswer, RelayNet, SecretBox } from '../ports.ts';
import { createTokens, sealPair, type Tokens } from './tokens.ts';

const pair = (n: number, expiresInMs = 600_000) => ({
  access: `access-${n}`,
  refresh: `refresh-${n}`,
  accessExpiresInMs: expiresInMs,
});
const refreshed = (n: number): Result<HttpAnswer, DialFault> =>
  ok({
    status: 200,
    body: {
      member: '00000000-0000-4000-8000-000000000001',
      session: '00000000-0000-4000-8000-000000000002',
      tokens: pair(n),
    },
  });

interface Rig {
  readonly tokens: Tokens;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** What happened, in order. */
  readonly story: string[];
  answers: Result<HttpAnswer, DialFault>[];
  /** The answer comes only when this is resolved. */
  hold: Promise<void>;
  record: TeamRecord;
}

function rig(): Rig {
  const clock = createFakeClock(1_000_000);
  const secrets: SecretBox = {
    seal: (plain) => new TextEncoder().encode(`sealed ${plain}`),
    unseal: (sealed) => /^sealed (.*)$/.exec(new TextDecoder().decode(sealed))?.[1],
    isProtected: true,
  };
  const self = {
    clock,
    story: [] as string[],
    answers: [] as Rig['answers'],
    hold: Promise.resolve(),
  } as unknown as Rig;
  const net: Pick<RelayNet, 'request'> = {
    request: async (target, { path, body }) => {
      self.story.push(`${path} ${JSON.stringify(body)} to ${target.fingerprint}`);
      await self.hold;
      return self.answers.shift() ?? fail({ kind: 'unreachable' });
    },
  };
  self.record = {
    address: 'relay:7420',
    fingerprint: 'pin',
    ...sealPair(pair(1), secrets, clock),
  } as TeamRecord;
  const tokens = createTokens({
    clock,
    net: net as RelayNet,
    secrets,
    record: () => self.record,
    save: (change) => {
      self.story.push(
        `saved ${new TextDecoder().decode(change.sealedRefresh ?? new Uint8Array())}`,
      );
      self.record = { ...self.record, ...change };
    },
  });
  return Object.assign(self, { tokens });
}

test('a token that is good is used as it is', async () => {
  const one = rig();
  expect(await one.tokens.access()).toEqual(ok('access-1'));
  expect(one.story).toEqual([]);
});

test('a token that is about to end is renewed over the pinned line, and the pair is saved before it is used', async () => {
  const one = rig();
  one.answers = [refreshed(2)];
  one.clock.advance(590_000);
  const access = one.tokens
    .access()
    .then((result) => one.story.push(`used ${JSON.stringify(result)}`));
  await access;
  expect(one.story).toEqual([
    '/v1/refresh {"refresh":"refresh-1"} to pin',
    'saved sealed refresh-2',
    'used {"ok":true,"value":"access-2"}',
  ]);
  expect(await one.tokens.access()).toEqual(ok('access-2'));
});

test('two who need one at the same time share one refresh', async () => {
  const one = rig();
  one.answers = [refreshed(2)];
  const gate = Promise.withResolvers<undefined>();
  one.hold = gate.promise;
  const both = Promise.all([one.tokens.renew(), one.tokens.renew()]);
  gate.resolve(undefined);
  expect(await both).toEqual([ok('access-2'), ok('access-2')]);
  expect(one.story.filter((line) => line.startsWith('/v1'))).toHaveLength(1);
  one.answers = [refreshed(3)];
  expect(await one.tokens.renew()).toEqual(ok('access-3'));
});

describe('a refresh that does not succeed', () => {
  const refusal = (
    status: number,
    kind: Parameters<typeof refuse>[0],
    retryAfterMs?: number,
  ): Result<HttpAnswer, DialFault> =>
    ok({
      status,
      body: { refusal: refuse(kind, retryAfterMs === undefined ? {} : { retryAfterMs }) },
    });

  test.each([
    ['the session is over', refusal(401, 'session-ended'), { kind: 'ended' }],
    ['the token is not ours', refusal(401, 'wrong-credentials'), { kind: 'ended' }],
    [
      'too many',
      refusal(429, 'rate-limited', 4_000),
      { kind: 'refused', status: 503, retryAfterMs: 4_000 },
    ],
    [
      'the store is full',
      refusal(503, 'unavailable'),
      { kind: 'refused', status: 503, retryAfterMs: null },
    ],
    ['nobody answers', fail({ kind: 'unreachable' }), { kind: 'unreachable' }],
    [
      'another key',
      fail({ kind: 'key-mismatch', expected: 'pin', seen: 'other' }),
      { kind: 'key-mismatch', expected: 'pin', seen: 'other' },
    ],
    ['a portal', ok({ status: 200, body: { hello: 'guest' } }), { kind: 'not-a-relay' }],
  ] as const)('because %s keeps the pair and says why', async (_why, answer, fault) => {
    const one = rig();
    one.answers = [answer as Result<HttpAnswer, DialFault>];
    expect(await one.tokens.renew()).toEqual(fail(fault));
    expect(one.story.filter((line) => line.startsWith('saved'))).toEqual([]);
    expect(one.tokens.refreshToken()).toBe('refresh-1');
  });

  test('because it was sealed on another computer is the end of the session, and nothing is asked', async () => {
    const one = rig();
    one.record = {
      ...one.record,
      sealedAccess: new Uint8Array([1]),
      sealedRefresh: new Uint8Array([1]),
    };
    expect(await one.tokens.access()).toEqual(fail({ kind: 'ended' }));
    expect(one.story).toEqual([]);
  });
});

test('a pair that arrives after the person signed out is not kept', async () => {
  const one = rig();
  one.answers = [refreshed(2)];
  const gate = Promise.withResolvers<undefined>();
  one.hold = gate.promise;
  const renewed = one.tokens.renew();
  one.record = { ...one.record, sealedAccess: null, sealedRefresh: null };
  gate.resolve(undefined);
  expect(await renewed).toEqual(fail({ kind: 'ended' }));
  expect(one.record).toMatchObject({ sealedAccess: null, sealedRefresh: null });
});
