import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignedIn } from '../../protocol/http.ts';
import type { SessionId } from '../../protocol/ids.ts';
import { createAuthKit, FROM, PASSWORD, type AuthKit } from '../../test/kit/auth-kit.ts';
import { createSeededRandom } from '../../test/kit/seeded-random.ts';
import { setActive } from '../domain/members.ts';
import { DEFAULT_LIMITS } from '../../protocol/limits.ts';
import { parseTokenKeys } from './token-keys.ts';

let kit: AuthKit;
let ada: SignedIn;
let ended: SessionId[];
beforeEach(async () => {
  kit = createAuthKit();
  ada = await kit.found();
  ended = [];
  kit.auth.sessions.onEnded((session) => ended.push(session));
});
afterEach(() => kit.dispose());

const refresh = async (token: string): Promise<string> => {
  const result = await kit.auth.sessions.refresh(token);
  return result.ok ? result.value.tokens.refresh : `refused ${result.error.kind}`;
};
const MINUTE = 60_000;
const signInAnew = async (): Promise<string> => {
  const ask = { handle: 'ada', password: PASSWORD, device: 'laptop' };
  const done = await kit.auth.accounts.signIn(ask, FROM);
  return done.ok ? done.value.tokens.refresh : `refused ${done.error.kind}`;
};

describe('refreshing', () => {
  test('gives a new pair whose tokens both work', async () => {
    const result = await kit.auth.sessions.refresh(ada.tokens.refresh);
    if (!result.ok) throw new Error(result.error.kind);
    const { member, session, tokens, accessExpiresAt } = result.value;
    expect({ member, session }).toEqual({ member: ada.member.id, session: ada.session });
    expect(accessExpiresAt).toBe(kit.clock.now() + 10 * MINUTE);
    expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(true);
    kit.clock.advance(9 * MINUTE);
    expect(await refresh(tokens.refresh)).toMatch(/^llr_/);
  });

  test('keeps only hashes in the store', async () => {
    const row = await kit.store.session(ada.session);
    expect(row?.refreshHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(row)).not.toContain(ada.tokens.refresh);
  });

  test('with a pair that was lost on its way gives another one, however late and often', async () => {
    // Killed between the relay's rotation and the device's save: the device still holds the old token.
    for (let crash = 0; crash < 100; crash++) {
      kit.clock.advance(12 * 60 * MINUTE);
      expect(await refresh(ada.tokens.refresh)).toMatch(/^llr_/);
    }
    expect(ended).toEqual([]);
  });

  test('with a token whose successor was used ends the session for both', async () => {
    const second = await refresh(ada.tokens.refresh);
    const third = await refresh(second);
    expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
    expect(await refresh(third)).toBe('refused session-ended');
    expect(ended).toEqual([ada.session]);
    expect(
      kit.lines.some(
        (line) => line.includes('"reason":"replayed"') && line.includes('"level":"warn"'),
      ),
    ).toBe(true);
  });

  test('in two processes at once leaves either pair good', async () => {
    for (const chosen of [0, 1] as const) {
      const before = chosen === 0 ? ada.tokens.refresh : await signInAnew();
      const pairs = await Promise.all([refresh(before), refresh(before)]);
      kit.clock.advance(MINUTE);
      expect(await refresh(pairs[chosen])).toMatch(/^llr_/);
      expect(await refresh(pairs[1 - chosen] ?? '')).toMatch(/^llr_/);
    }
    expect(ended).toEqual([]);
  });

  test('against a store that went back in time goes on from the newer token', async () => {
    const old = await kit.store.session(ada.session);
    let token = ada.tokens.refresh;
    for (let n = 0; n < 5; n++) token = await refresh(token);
    await kit.store.write((tx) => tx.putSession(old!));
    const next = await refresh(token);
    expect(next).toMatch(/^llr_/);
    expect(kit.lines.some((line) => line.includes('session-newer-than-store'))).toBe(true);
    // What was used before the store went back is a copy all the same.
    expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
    expect(await refresh(next)).toBe('refused session-ended');
  });

  test('with a token of long ago ends the session', async () => {
    let token = ada.tokens.refresh;
    for (let n = 0; n < 5; n++) {
      kit.clock.advance(9 * MINUTE);
      token = await refresh(token);
    }
    expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
    expect(await refresh(token)).toBe('refused session-ended');
  });

  test.each(['', 'llr_', 'x', `llr_${'A'.repeat(91)}`, '" OR 1=1 --', 'null'])(
    'with the stranger "%s" is refused and ends nothing',
    async (token) => {
      expect(await refresh(token)).toBe('refused wrong-credentials');
      expect(ended).toEqual([]);
      expect((await kit.auth.sessions.admit(ada.tokens.access)).ok).toBe(true);
    },
  );

  test('with a stranger costs the writer nothing', async () => {
    let writes = 0;
    const write = kit.store.write.bind(kit.store);
    Object.assign(kit.store, {
      write: (work: Parameters<typeof write>[0]) => (writes++, write(work)),
    });
    await refresh(`llr_${'A'.repeat(91)}`);
    expect(writes).toBe(0);
    await refresh(ada.tokens.refresh);
    expect(writes).toBe(1);
  });

  test('with the access token is refused', async () => {
    expect(await refresh(ada.tokens.access)).toBe('refused wrong-credentials');
  });

  test('works after the token keys were lost: the device proves itself by what the store knows', async () => {
    const secret = Buffer.from(createSeededRandom('new keys').bytes(32)).toString('base64url');
    const after = kit.another({
      keys: parseTokenKeys(JSON.stringify({ keys: [{ kid: 'new', secret }] }), 'keys'),
    });
    expect((await after.sessions.admit(ada.tokens.access)).ok).toBe(false);
    const refreshed = await after.sessions.refresh(ada.tokens.refresh);
    expect(refreshed).toMatchObject({ ok: true, value: { session: ada.session } });
    expect(refreshed.ok && (await after.sessions.admit(refreshed.value.tokens.access)).ok).toBe(
      true,
    );
    after.dispose();
  });

  test('after ninety days away is refused, and the session is over', async () => {
    kit.clock.advance(90 * 24 * 60 * MINUTE);
    expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
    expect(ended).toEqual([ada.session]);
  });
});

describe('while the clock is not plausible', () => {
  const DAY = 24 * 60 * MINUTE;

  test('no session runs out, and each goes on once the clock is right', async () => {
    let isPlausible = true;
    const { sessions } = kit.another({ isClockPlausible: () => isPlausible });
    kit.clock.advance(91 * DAY);
    isPlausible = false;
    const unavailable = { ok: false, error: { kind: 'unavailable', retryable: true } };
    expect(await sessions.refresh(ada.tokens.refresh)).toMatchObject(unavailable);
    expect(await sessions.tidy()).toBe(0);
    kit.clock.setWall(kit.clock.now() - 91 * DAY);
    isPlausible = true;
    expect(await sessions.refresh(ada.tokens.refresh)).toMatchObject({ ok: true });
    expect(ended).toEqual([]);
    sessions.dispose();
  });

  test('a device with a good access token is asked to come back, and is not signed out', async () => {
    const { sessions, gateway } = kit.another({ isClockPlausible: () => false });
    const row = await kit.store.session(ada.session);
    await kit.store.write((tx) => tx.putSession({ ...row!, refreshExpiresAt: 1 }));
    const headers = { authorization: `Bearer ${ada.tokens.access}` };
    expect(await gateway.verifyUpgrade({ headers })).toEqual({ ok: false, error: { status: 503 } });
    expect(await sessions.isStanding(ada.session, ada.member.id)).toBe(true);
    sessions.dispose();
  });

  test('an invite that may have run out is refused as retryable, and kept', async () => {
    const { invites } = kit.another({ isClockPlausible: () => false });
    const ask = { role: 'member' as const, days: 1, uses: 1, createdBy: null };
    const { code } = await invites.create(ask);
    kit.clock.advance(2 * DAY);
    expect(await invites.find(kit.store, code)).toMatchObject({ error: { kind: 'unavailable' } });
    await invites.create(ask);
    kit.clock.setWall(kit.clock.now() - 2 * DAY);
    expect(await invites.find(kit.store, code)).toMatchObject({ ok: true });
  });
});

describe('an ended session', () => {
  test('is refused at handshake, hello and refresh, and told once it is durable', async () => {
    const order: string[] = [];
    kit.store.onCommitted(() => order.push('committed'));
    kit.auth.sessions.onEnded(() => order.push('told'));
    expect(await kit.auth.sessions.end(ada.session, ada.member.id, 'revoked')).toBe(true);
    expect(order.sort()).toEqual(['committed', 'told']);
    expect((await kit.store.session(ada.session))?.endedAt).toBe(kit.clock.now());
    expect((await kit.auth.sessions.admit(ada.tokens.access)).ok).toBe(false);
    expect(await kit.auth.sessions.isStanding(ada.session, ada.member.id)).toBe(false);
    expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
  });

  test('ends once, however often it is asked', async () => {
    await kit.auth.sessions.end(ada.session, ada.member.id, 'signed-out');
    await kit.auth.sessions.end(ada.session, ada.member.id, 'signed-out');
    expect(await kit.auth.sessions.endByRefresh(ada.tokens.refresh)).toBe(true);
    expect(ended).toEqual([ada.session]);
  });

  test('can be ended by its refresh token, not by a made-up one', async () => {
    expect(await kit.auth.sessions.endByRefresh(`llr_${'A'.repeat(91)}`)).toBe(false);
    expect(ended).toEqual([]);
    expect(await kit.auth.sessions.endByRefresh(ada.tokens.refresh)).toBe(true);
    expect(ended).toEqual([ada.session]);
  });

  test('is told no more to a listener that left', async () => {
    const heard: SessionId[] = [];
    kit.auth.sessions.onEnded((session) => heard.push(session))();
    await kit.auth.sessions.end(ada.session, ada.member.id, 'revoked');
    expect(heard).toEqual([]);
  });
});

test('a session is forgotten when it has been over for as long as a refresh token lives, and one that stands is not', async () => {
  const DAYS = DEFAULT_LIMITS.refreshDays * 24 * 60 * MINUTE;
  const second = await kit.auth.accounts.signIn(
    { handle: 'ada', password: PASSWORD, device: 'phone' },
    FROM,
  );
  if (!second.ok) throw new Error(second.error.kind);
  await kit.auth.sessions.end(ada.session, ada.member.id, 'signed-out');
  kit.clock.advance(DAYS - 1);
  const kept = await refresh(second.value.tokens.refresh);
  expect(await kit.auth.sessions.tidy()).toBe(0);
  // A token of it that comes back now is still known for what it is.
  expect(await refresh(ada.tokens.refresh)).toBe('refused session-ended');
  kit.clock.advance(2);
  expect(await kit.auth.sessions.tidy()).toBe(1);
  expect([
    await kit.store.session(ada.session),
    (await kit.store.session(second.value.session))?.id,
  ]).toEqual([undefined, second.value.session]);
  expect(await refresh(ada.tokens.refresh)).toBe('refused wrong-credentials');
  expect(await refresh(kept)).toMatch(/^llr_/);
  // One that nobody signed out and nobody came back to.
  kit.clock.advance(2 * DAYS + 1);
  expect(await kit.auth.sessions.tidy()).toBe(1);
  expect(await kit.auth.sessions.list(ada.member.id)).toEqual([]);
});

test('deactivating a member ends their sessions for good, also when they come back', async () => {
  const owner = {
    tx: undefined as never,
    by: ada.member.id,
    limits: DEFAULT_LIMITS,
    now: kit.clock.now(),
  };
  const { code } = await kit.auth.invites.create({
    role: 'member',
    days: 1,
    uses: 1,
    createdBy: owner.by,
  });
  const lin = await kit.auth.accounts.join(
    { code, name: 'Lin', handle: 'lin', password: PASSWORD, device: 'phone' },
    FROM,
  );
  if (!lin.ok) throw new Error(lin.error.kind);
  const { member, session, tokens } = lin.value;
  const set = (isActive: boolean, n: number) => {
    const op = `0192f0a0-0000-7000-8000-00000000000${n}` as never;
    return kit.store.write((tx) =>
      setActive({ ...owner, tx }, { t: 'set-active', op, member: member.id, isActive }),
    );
  };
  expect((await set(false, 1)).ok).toBe(true);
  expect(ended).toEqual([session]);
  expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(false);
  expect((await set(true, 2)).ok).toBe(true);
  expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(false);
  expect(await refresh(tokens.refresh)).toBe('refused session-ended');
});
