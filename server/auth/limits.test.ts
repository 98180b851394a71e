/** The limits of accounts, tokens and invites, each at its edge. */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { MemberId, SessionId, TeamId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createAuthKit, FROM, PASSWORD, type AuthKit } from '../../test/kit/auth-kit.ts';
import { createFakeClock } from '../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { createLocalBudgets } from '../adapters/budgets-local.ts';
import { createAccessTokens } from './access-tokens.ts';
import { COST_FLOOR, createPasswords } from './passwords.ts';
import { createThrottle } from './throttle.ts';
import { parseTokenKeys } from './token-keys.ts';

let kit: AuthKit | undefined;
afterEach(async () => {
  await kit?.dispose();
  kit = undefined;
});
const DAY_MS = 24 * 60 * 60_000;
const begin = (limits: Partial<Limits> = {}): AuthKit => (kit = createAuthKit(limits));

describe('an access token', () => {
  const TEAM = '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b01' as TeamId;
  const who = [
    '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b02' as MemberId,
    '3f1c1f8e-6c1a-4a3f-9a53-0d5a3d2f7b03' as SessionId,
  ] as const;
  const keys = parseTokenKeys(
    JSON.stringify({ keys: [{ kid: 'k1', secret: randomBytes(32).toString('base64url') }] }),
    'keys',
  );
  const make = (limits: Partial<Limits>, clock = createFakeClock()) =>
    createAccessTokens({
      keys,
      team: TEAM,
      clock,
      random: createSeededRandom('tokens'),
      limits: { ...DEFAULT_LIMITS, ...limits },
    });

  test('may have accessTokenBytes, and is not looked at with one more', async () => {
    const { access } = await make({}).issue(...who);
    expect(access.length).toBeLessThanOrEqual(DEFAULT_LIMITS.accessTokenBytes);
    expect(make({ accessTokenBytes: access.length }).verify(access).ok).toBe(true);
    expect(make({ accessTokenBytes: access.length - 1 }).verify(access)).toEqual({
      ok: false,
      error: 'too-long',
    });
  });

  test('is good for accessTokenMs, and not a millisecond longer', async () => {
    const clock = createFakeClock();
    const tokens = make({}, clock);
    const { access, accessExpiresInMs } = await tokens.issue(...who);
    expect(accessExpiresInMs).toBe(DEFAULT_LIMITS.accessTokenMs);
    clock.advance(DEFAULT_LIMITS.accessTokenMs - 1);
    expect(tokens.verify(access).ok).toBe(true);
    clock.advance(1);
    expect(tokens.verify(access)).toEqual({ ok: false, error: 'expired' });
  });

  test('of a relay that lets them live longer is refused by one whose accessTokenMs is shorter', async () => {
    const { access } = await make({ accessTokenMs: 600_000 }).issue(...who);
    expect(make({ accessTokenMs: 599_000 }).verify(access).ok).toBe(false);
  });
});

describe('a session', () => {
  test('stands for refreshDays without a sign of life', async () => {
    const { auth, clock, found } = begin({ refreshDays: 3 });
    const { tokens } = await found();
    clock.advance(3 * DAY_MS - 1);
    const refreshed = await auth.sessions.refresh(tokens.refresh);
    expect(refreshed.ok).toBe(true);
    clock.advance(3 * DAY_MS);
    expect(refreshed.ok && (await auth.sessions.refresh(refreshed.value.tokens.refresh)).ok).toBe(
      false,
    );
  });
});

describe('an invite', () => {
  test('to set the team up is good for inviteDays', async () => {
    const { auth, clock, store } = begin({ inviteDays: 2 });
    const { code } = await auth.invites.createSetup();
    clock.advance(2 * DAY_MS - 1);
    expect((await auth.invites.find(store, code)).ok).toBe(true);
    clock.advance(1);
    expect((await auth.invites.find(store, code)).ok).toBe(false);
  });
});

describe('a password', () => {
  const rules = (more: Partial<Limits> = {}) =>
    createPasswords({
      random: createSeededRandom('limits'),
      rules: { ...DEFAULT_LIMITS, ...more },
      cost: COST_FLOOR,
    });
  const mixed = (length: number): string => 'aber'.repeat(length).slice(0, length);

  test('has passwordMinLength code points at least', () => {
    const { passwordMinLength } = DEFAULT_LIMITS;
    expect(rules().check(mixed(passwordMinLength), [])).toBeUndefined();
    expect(rules().check(mixed(passwordMinLength - 1), [])).toMatchObject({
      kind: 'weak-password',
    });
  });

  test('has passwordMaxBytes at most, counted as they are written and as they are hashed', async () => {
    const { passwordMaxBytes } = DEFAULT_LIMITS;
    const passwords = rules();
    expect(passwords.check(mixed(passwordMaxBytes), [])).toBeUndefined();
    expect(passwords.check(mixed(passwordMaxBytes + 1), [])).toMatchObject({
      kind: 'too-large',
      field: 'password',
    });
    // One character of three bytes that the normal form writes as two of three.
    expect(passwords.check(`${mixed(passwordMaxBytes - 3)}\u0958`, [])).toMatchObject({
      kind: 'too-large',
    });
    expect((await passwords.hash(mixed(passwordMaxBytes + 1))).ok).toBe(false);
    expect(passwords.hashesBegun).toBe(0);
  });

  test('waits for its turn behind passwordHashesAtOnce with passwordHashesWaiting, and is turned away beyond', async () => {
    const [atOnce, waiting] = [2, 3];
    const passwords = rules({ passwordHashesAtOnce: atOnce, passwordHashesWaiting: waiting });
    const asked = Array.from({ length: atOnce + waiting + 1 }, () => passwords.hash(PASSWORD));
    await Promise.resolve();
    expect(passwords.hashesBegun).toBe(atOnce);
    const kinds = (await Promise.all(asked)).map((one) => (one.ok ? 'hashed' : one.error.kind));
    expect(kinds).toEqual([...Array<string>(atOnce + waiting).fill('hashed'), 'rate-limited']);
  });
});

describe('guessing', () => {
  const admitted = async (
    attempts: readonly { address: string; handle: string }[],
  ): Promise<number> => {
    const budgets = createLocalBudgets({ clock: createFakeClock() });
    const throttle = createThrottle({ budgets, limits: DEFAULT_LIMITS });
    const verdicts = await Promise.all(attempts.map((attempt) => throttle.admit(attempt)));
    return verdicts.filter(({ isAdmitted }) => isAdmitted).length;
  };
  const { signInsPerMinutePerAddress, signInsPerMinutePerHandle } = DEFAULT_LIMITS;

  test('from one address goes signInsPerMinutePerAddress times', async () => {
    expect(
      await admitted(
        Array.from({ length: 50 }, (_, n) => ({ address: '10.0.0.7', handle: `h${n}` })),
      ),
    ).toBe(signInsPerMinutePerAddress);
  });

  test('at one handle goes signInsPerMinutePerHandle times', async () => {
    expect(
      await admitted(
        Array.from({ length: 50 }, (_, n) => ({ address: `10.0.0.${n}`, handle: 'ada' })),
      ),
    ).toBe(signInsPerMinutePerHandle);
  });

  test('beyond that is refused in words, with a time to wait, before a hash is computed', async () => {
    const { auth, found } = begin({ signInsPerMinutePerHandle: 2 });
    await found();
    const guess = () =>
      auth.accounts.signIn({ handle: 'ada', password: 'not the password', device: 'x' }, FROM);
    expect([await guess(), await guess()]).toMatchObject([
      { error: { kind: 'wrong-credentials' } },
      { error: { kind: 'wrong-credentials' } },
    ]);
    const begun = auth.passwords.hashesBegun;
    expect(await guess()).toMatchObject({
      error: { kind: 'rate-limited', retryable: true, retryAfterMs: expect.any(Number) },
    });
    expect(auth.passwords.hashesBegun).toBe(begun);
  });
});
