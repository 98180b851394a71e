import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Member } from '../../protocol/entities.ts';
import { memberFeed, TEAM_FEED, type MemberId, type SessionId } from '../../protocol/ids.ts';
import { DEFAULT_LIMITS, type Limits } from '../../protocol/limits.ts';
import { createAuthKit, FROM, PASSWORD, type AuthKit } from '../../test/kit/auth-kit.ts';
import type { GatewayAuth } from '../gateway/auth-port.ts';
import { COST_FLOOR } from './passwords.ts';

let kit: AuthKit;
beforeEach(() => void (kit = createAuthKit()));
afterEach(() => kit.dispose());

const ADA = {
  team: 'Night shift',
  name: 'Ada Okafor',
  handle: 'ada',
  password: PASSWORD,
  device: 'desk',
};
const LIN = {
  name: '林佳穎',
  handle: '林佳穎',
  password: 'the lift is out again',
  device: 'phone',
};
const signInAda = { handle: 'ada', password: PASSWORD, device: 'laptop' };
const kinds = async (feed: string): Promise<readonly string[]> => {
  const { events } = await kit.store.page(
    feed as typeof TEAM_FEED,
    { from: 1, to: 100 },
    { events: 100, bytes: 1e6 },
  );
  return events.map(({ json }) => (JSON.parse(json) as { kind: string }).kind);
};

describe('setting the team up', () => {
  test('makes team, owner, first channel and session together', async () => {
    const { team, member, session, tokens } = await kit.found();
    expect(team).toMatchObject({ id: kit.store.teamId, name: 'Night shift' });
    expect(member).toMatchObject({ handle: 'ada', role: 'owner', isActive: true });
    expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(true);
    expect(await kit.store.memberChannels(member.id)).toMatchObject([
      { channel: { name: 'general', kind: 'public' } },
    ]);
    expect(await kinds(memberFeed(member.id))).toContain('session-started');
    expect((await kit.store.session(session))?.device).toBe('desk');
  });

  test('is done once, also when two race with the same code', async () => {
    const { code } = await kit.auth.invites.createSetup();
    const both = await Promise.all([
      kit.auth.accounts.setup({ code, ...ADA }, FROM),
      kit.auth.accounts.setup({ code, ...ADA, handle: 'eve', name: 'Eve' }, FROM),
    ]);
    expect(both.filter((one) => one.ok)).toHaveLength(1);
    expect(await kit.store.members()).toHaveLength(1);
    expect(await kit.auth.accounts.setup({ code, ...ADA }, FROM)).toMatchObject({
      error: { kind: 'setup-done' },
    });
  });

  test('takes only the newest setup code', async () => {
    const old = await kit.auth.invites.createSetup();
    const fresh = await kit.auth.invites.createSetup();
    expect(await kit.auth.accounts.setup({ code: old.code, ...ADA }, FROM)).toMatchObject({
      error: { kind: 'wrong-credentials' },
    });
    expect(
      await kit.auth.accounts.setup(
        { code: fresh.code.toLowerCase().replaceAll('-', ''), ...ADA },
        FROM,
      ),
    ).toMatchObject({ ok: true });
  });

  test('with a weak password changes nothing and leaves the code good', async () => {
    const { code } = await kit.auth.invites.createSetup();
    expect(await kit.auth.accounts.setup({ code, ...ADA, password: 'short' }, FROM)).toMatchObject({
      error: { kind: 'weak-password' },
    });
    expect(await kit.store.team()).toBeUndefined();
    expect((await kit.auth.accounts.setup({ code, ...ADA }, FROM)).ok).toBe(true);
  });
});

describe('an invite', () => {
  const invite = async (uses = 1, role: 'admin' | 'member' | 'guest' = 'member') => {
    const { member } = await kit.found();
    return kit.auth.invites.create({ role, days: 7, uses, createdBy: member.id });
  };

  test('tells who invites to what, and takes a person in with its role', async () => {
    const { code, invite: row } = await invite(1, 'admin');
    expect(await kit.auth.accounts.lookAtInvite(code, FROM)).toMatchObject({
      value: {
        team: { name: 'Night shift' },
        role: 'admin',
        invitedBy: 'Ada Okafor',
        expiresAt: row.expiresAt,
      },
    });
    const joined = await kit.auth.accounts.join({ code, ...LIN }, FROM);
    expect(joined).toMatchObject({
      ok: true,
      value: { member: { handle: '林佳穎', role: 'admin' } },
    });
    expect(await kinds(TEAM_FEED)).toContain('member-joined');
  });

  test('for one use lets one of two racing people in', async () => {
    const { code } = await invite();
    const both = await Promise.all([
      kit.auth.accounts.join({ code, ...LIN }, FROM),
      kit.auth.accounts.join({ code, ...LIN, handle: 'sam', name: 'Sam' }, FROM),
    ]);
    expect(both.filter((one) => one.ok)).toHaveLength(1);
    expect(both.find((one) => !one.ok)).toMatchObject({ error: { kind: 'wrong-credentials' } });
    expect(await kit.store.members()).toHaveLength(2);
    expect(await kit.auth.invites.list()).toEqual([]);
  });

  test('for two uses is good twice', async () => {
    const { code } = await invite(2);
    expect((await kit.auth.accounts.join({ code, ...LIN }, FROM)).ok).toBe(true);
    expect(await kit.auth.invites.list()).toMatchObject([{ usesLeft: 1 }]);
    expect((await kit.auth.accounts.join({ code, ...LIN, handle: 'sam' }, FROM)).ok).toBe(true);
    expect((await kit.auth.accounts.join({ code, ...LIN, handle: 'kim' }, FROM)).ok).toBe(false);
  });

  test('is not used up by a handle that is taken or a weak password', async () => {
    const { code } = await invite();
    expect(await kit.auth.accounts.join({ code, ...LIN, handle: 'ada' }, FROM)).toMatchObject({
      error: { kind: 'taken', field: 'handle' },
    });
    expect(
      await kit.auth.accounts.join({ code, ...LIN, password: 'aaaaaaaaaaaaa' }, FROM),
    ).toMatchObject({
      error: { kind: 'weak-password' },
    });
    expect((await kit.auth.accounts.join({ code, ...LIN }, FROM)).ok).toBe(true);
  });

  test('says the same when unknown, expired, ended, or made by somebody who was shut out', async () => {
    const { code, invite: row } = await invite(5);
    const refused = {
      ok: false,
      error: { kind: 'wrong-credentials', retryable: false, field: 'code' },
    };
    expect(await kit.auth.accounts.lookAtInvite('00000-00000-00000-00000-00000-0', FROM)).toEqual(
      refused,
    );
    const maker = (await kit.store.member(row.createdBy!))!;
    await kit.store.write((tx) => tx.putMember({ ...maker, isActive: false }));
    expect(await kit.auth.accounts.lookAtInvite(code, FROM)).toEqual(refused);
    await kit.store.write((tx) => tx.putMember(maker));
    expect((await kit.auth.accounts.lookAtInvite(code, FROM)).ok).toBe(true);
    kit.clock.advance(7 * 86_400_000);
    expect(await kit.auth.accounts.join({ code, ...LIN }, FROM)).toEqual(refused);
    kit.clock.setWall(row.createdAt);
    expect(await kit.auth.invites.end(row.id)).toBe(true);
    expect(await kit.auth.invites.end(row.id)).toBe(false);
    expect(await kit.auth.accounts.join({ code, ...LIN }, FROM)).toEqual(refused);
  });

  test('code for setup is none for joining', async () => {
    const { code } = await kit.auth.invites.createSetup();
    expect((await kit.auth.accounts.lookAtInvite(code, FROM)).ok).toBe(false);
    expect((await kit.auth.accounts.join({ code, ...LIN }, FROM)).ok).toBe(false);
    expect(await kit.auth.invites.list()).toEqual([]);
  });
});

describe('signing in', () => {
  test('finds the member however the handle was typed', async () => {
    await kit.found();
    for (const handle of ['ada', ' @Ada ', 'ADA'])
      expect((await kit.auth.accounts.signIn({ ...signInAda, handle }, FROM)).ok).toBe(true);
  });

  test('costs and says the same for a wrong password, an unknown, impossible or deactivated member', async () => {
    const { member } = await kit.found();
    const { code } = await kit.auth.invites.create({
      role: 'member',
      days: 1,
      uses: 1,
      createdBy: member.id,
    });
    const lin = await kit.auth.accounts.join({ code, ...LIN }, FROM);
    if (!lin.ok) throw new Error(lin.error.kind);
    await kit.store.write((tx) => tx.putMember({ ...lin.value.member, isActive: false }));
    for (const ask of [
      { ...signInAda, password: 'not my password' },
      { ...signInAda, handle: 'nobody' },
      { ...signInAda, handle: '../../etc' },
      { ...signInAda, handle: LIN.handle, password: LIN.password },
    ]) {
      const begun = kit.auth.passwords.hashesBegun;
      expect(await kit.auth.accounts.signIn(ask, FROM)).toEqual({
        ok: false,
        error: { kind: 'wrong-credentials', retryable: false },
      });
      expect(kit.auth.passwords.hashesBegun).toBe(begun + 1);
    }
  });

  test('replaces a stored hash that is weaker than the present cost', async () => {
    const { member } = await kit.found();
    const dearer = kit.another({ passwordCost: { ...COST_FLOOR, passes: 3 } });
    expect((await dearer.accounts.signIn(signInAda, FROM)).ok).toBe(true);
    expect((await kit.store.credential(member.id))?.hash).toContain('t=3');
    expect((await dearer.accounts.signIn(signInAda, FROM)).ok).toBe(true);
    dearer.dispose();
  });

  test('is slowed by address, and an honest person elsewhere is not', async () => {
    await kit.found();
    const wrong = { ...signInAda, password: 'guess after guess' };
    for (let n = 0; n < 20; n++)
      await kit.auth.accounts.signIn({ ...wrong, handle: `h${n}` }, { address: '203.0.113.9' });
    const begun = kit.auth.passwords.hashesBegun;
    const slowed = await kit.auth.accounts.signIn(wrong, { address: '203.0.113.9' });
    expect(slowed).toMatchObject({ error: { kind: 'rate-limited', retryable: true } });
    expect(kit.auth.passwords.hashesBegun).toBe(begun);
    expect((await kit.auth.accounts.signIn(signInAda, { address: '203.0.113.10' })).ok).toBe(true);
  });
});

describe('with the right password', () => {
  const DAY_MS = 86_400_000;
  // Few, since each costs a hash.
  const most = 4;
  const crowded = async (change: Partial<Limits> = {}) => {
    await kit.dispose();
    kit = createAuthKit({ sessionsPerMember: most, signInSuccessesPerHour: 1_000, ...change });
    return kit.found();
  };
  const signIn = (device: string, address = '10.0.0.7') =>
    kit.auth.accounts.signIn({ ...signInAda, device }, { address });
  const devices = async (member: MemberId) =>
    (await kit.auth.sessions.list(member)).map(({ device }) => device);

  test('a member signs in signInSuccessesPerHour times, and not a hash is computed for more', async () => {
    const { member } = await crowded({ signInSuccessesPerHour: most });
    const answers = [];
    for (let n = 0; n < most + 2; n++) {
      answers.push(await signIn(`device ${n}`, `203.0.113.${n}`));
      // None of them is in the way of the next.
      await kit.store.write((tx) => kit.auth.sessions.endAll(tx, member.id));
    }
    expect(answers.filter(({ ok }) => ok)).toHaveLength(most);
    const begun = kit.auth.passwords.hashesBegun;
    expect(await signIn('one more', '203.0.113.200')).toMatchObject({
      error: { kind: 'rate-limited', retryable: true, retryAfterMs: expect.any(Number) },
    });
    expect(kit.auth.passwords.hashesBegun).toBe(begun);
    kit.clock.advance(3_600_000 / most);
    expect((await signIn('one more')).ok).toBe(true);
  });

  test('a flood leaves the budget for guesses as it was, and guesses that of successes', async () => {
    await crowded({ sessionsPerMember: 20, signInSuccessesPerHour: 4 });
    for (let n = 0; n < 2; n++) expect((await signIn(`device ${n}`)).ok).toBe(true);
    for (let n = 0; n < 5; n++)
      expect(
        await kit.auth.accounts.signIn({ ...signInAda, password: 'not my password' }, FROM),
      ).toMatchObject({ error: { kind: 'wrong-credentials' } });
    expect((await signIn('device 2')).ok).toBe(true);
  });

  test('of sessionsPerMember devices the one unused longest is signed out for a new one', async () => {
    const { sessionsPerMember, sessionUnusedDays } = DEFAULT_LIMITS;
    expect([sessionsPerMember, sessionUnusedDays]).toEqual([20, 7]);
    const { member, session, tokens } = await crowded();
    kit.clock.advance(1_000);
    for (let n = 1; n < most; n++) expect((await signIn(`device ${n}`)).ok).toBe(true);
    kit.clock.advance(1_000);
    // The first one, from the founding, has been used since.
    expect((await kit.auth.sessions.refresh(tokens.refresh)).ok).toBe(true);
    kit.clock.advance(sessionUnusedDays * DAY_MS - 1_000);
    const ended: SessionId[] = [];
    kit.auth.sessions.onEnded((one) => ended.push(one));
    expect((await signIn('new')).ok).toBe(true);
    const left = await devices(member.id);
    expect([left.length, left.includes('desk'), left.includes('new')]).toEqual([most, true, true]);
    expect(ended).toHaveLength(1);
    expect(ended).not.toContain(session);
    expect(kit.lines.join('')).toContain('"reason":"unused"');
  });

  test('where all were used within sessionUnusedDays the sign-in is refused, and says why', async () => {
    const { sessionUnusedDays } = DEFAULT_LIMITS;
    const { member, session } = await crowded();
    for (let n = 1; n < most; n++) expect((await signIn(`device ${n}`)).ok).toBe(true);
    kit.clock.advance(sessionUnusedDays * DAY_MS - 1);
    const before = await devices(member.id);
    // Any number of times: it is no guess.
    for (let n = 0; n < 12; n++)
      expect(await signIn('new')).toEqual({
        ok: false,
        error: { kind: 'too-many-sessions', retryable: false },
      });
    expect(await devices(member.id)).toEqual(before);
    expect(
      await kit.auth.accounts.signIn({ ...signInAda, password: 'wrong one' }, FROM),
    ).toMatchObject({
      error: { kind: 'wrong-credentials' },
    });
    // One of them is signed out on another one.
    await kit.auth.sessions.end(session, member.id, 'revoked');
    expect((await signIn('new')).ok).toBe(true);
  });

  test('while the clock is doubtful no device is signed out for a new one', async () => {
    const { sessionUnusedDays } = DEFAULT_LIMITS;
    const { member } = await crowded();
    for (let n = 1; n < most; n++) await signIn(`device ${n}`);
    kit.clock.advance(sessionUnusedDays * DAY_MS);
    const doubtful = kit.another({ isClockPlausible: () => false });
    expect(await doubtful.accounts.signIn(signInAda, FROM)).toMatchObject({
      error: { kind: 'unavailable', retryable: true },
    });
    expect(await devices(member.id)).toHaveLength(most);
    doubtful.dispose();
  });

  test('a session that has run out holds no place', async () => {
    const { member } = await crowded({ refreshDays: 3 });
    for (let n = 1; n < most; n++) await signIn(`device ${n}`);
    kit.clock.advance(3 * DAY_MS);
    for (let n = 0; n < most; n++) expect((await signIn(`again ${n}`)).ok).toBe(true);
    expect((await signIn('one more')).ok).toBe(false);
    expect(await devices(member.id)).toContain('again 0');
  });

  test('the password is changed no more often than one may sign in', async () => {
    const { member, session } = await crowded({ signInSuccessesPerHour: most });
    const who = { member: member.id, session };
    let [current, changes] = [PASSWORD, 0];
    for (let n = 0; n < most + 2; n++) {
      const next = `another fine password ${n}`;
      const changed = await kit.auth.accounts.changePassword(who, current, next);
      if (!changed.ok) {
        expect(changed.error.kind).toBe('rate-limited');
        continue;
      }
      [current, changes] = [next, changes + 1];
    }
    expect(changes).toBe(most);
  });

  test('an invite has no more passwords hashed than joinsPerMinutePerInvite, whatever becomes of them', async () => {
    const { member } = await crowded({ joinsPerMinutePerInvite: 6 });
    const { code } = await kit.auth.invites.create({
      role: 'member',
      days: 1,
      uses: 1_000,
      createdBy: member.id,
    });
    const begun = kit.auth.passwords.hashesBegun;
    const answers = [];
    // All at once and of one handle: one use is spent.
    for (let n = 0; n < 4; n++)
      answers.push(
        ...(await Promise.all(
          Array.from({ length: 3 }, (_, at) =>
            kit.auth.accounts.join(
              { code, ...LIN, handle: `lin${n}` },
              { address: `203.0.${n}.${at}` },
            ),
          ),
        )),
      );
    expect(answers.filter(({ ok }) => ok).length).toBeGreaterThan(1);
    expect(kit.auth.passwords.hashesBegun - begun).toBe(6);
    expect(answers.at(-1)).toMatchObject({
      error: { kind: 'rate-limited', retryAfterMs: expect.any(Number) },
    });
  });
});

describe('ten thousand guesses a minute', () => {
  const guess = (handle: string, address: string) =>
    kit.auth.accounts.signIn({ handle, password: 'guess after guess', device: 'x' }, { address });
  const home = { address: '10.0.0.7' };
  const stranger = (n: number): string => `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  /** Ada has signed in at home before; since then her handle has a place. */
  const atHome = async () => {
    await kit.found();
    expect((await kit.auth.accounts.signIn(signInAda, home)).ok).toBe(true);
    return kit.auth.passwords.hashesBegun;
  };
  const kindsOf = (
    answers: readonly { readonly ok: boolean; readonly error?: { readonly kind: string } }[],
  ): Record<string, number> => {
    const counted: Record<string, number> = {};
    for (const { error } of answers)
      counted[error?.kind ?? 'ok'] = (counted[error?.kind ?? 'ok'] ?? 0) + 1;
    return counted;
  };

  test('at one account from a thousand addresses cost ten hashes, and its owner comes in from home as before', async () => {
    const before = await atHome();
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => guess('ada', stranger(n % 1_000))),
    );
    expect(kindsOf(answers)).toEqual({ 'wrong-credentials': 10, 'rate-limited': 9_990 });
    expect(kit.auth.passwords.hashesBegun - before).toBe(10);
    expect((await kit.auth.accounts.signIn(signInAda, { address: '10.9.9.9' })).ok).toBe(false);
    expect((await kit.auth.accounts.signIn(signInAda, home)).ok).toBe(true);
  });

  test('over a thousand accounts from one address cost twenty hashes, and nobody elsewhere is slowed', async () => {
    const before = await atHome();
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => guess(`h${n % 1_000}`, '203.0.113.9')),
    );
    expect(kindsOf(answers)).toEqual({ 'wrong-credentials': 20, 'rate-limited': 9_980 });
    expect(kit.auth.passwords.hashesBegun - before).toBe(20);
    expect((await kit.auth.accounts.signIn(signInAda, { address: '10.9.9.9' })).ok).toBe(true);
  });

  test('over a thousand accounts from ten thousand addresses fill the line of strangers, past which the known go', async () => {
    const before = await atHome();
    const { passwordHashesAtOnce: atOnce, passwordHashesWaiting: waiting } = DEFAULT_LIMITS;
    let isIn = false;
    let after = 0;
    const count = (answer: Awaited<ReturnType<typeof guess>>) => {
      if (isIn && !answer.ok && answer.error.kind === 'wrong-credentials') after += 1;
      return answer;
    };
    const flood = Array.from({ length: 10_000 }, (_, n) =>
      guess(`h${n % 1_000}`, stranger(n)).then(count),
    );
    // The same turn: all of them stand before her.
    const ada = kit.auth.accounts.signIn(signInAda, home).then((answer) => {
      isIn = true;
      return answer;
    });
    expect((await ada).ok).toBe(true);
    expect(kindsOf(await Promise.all(flood))).toEqual({
      'wrong-credentials': atOnce + waiting,
      'rate-limited': 10_000 - atOnce - waiting,
    });
    expect(kit.auth.passwords.hashesBegun - before).toBe(atOnce + waiting + 1);
    // Only those who were being served when she came went before her.
    expect(after).toBeGreaterThan(waiting / 2);
  });

  test('do not touch a device that is signed in', async () => {
    const { tokens, session, member } = await kit.found();
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => guess('ada', stranger(n))));
    expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(true);
    expect((await kit.auth.sessions.refresh(tokens.refresh)).ok).toBe(true);
    const who = { member: member.id, session };
    expect(await kit.auth.accounts.changePassword(who, PASSWORD, 'another fine password')).toEqual({
      ok: true,
      value: null,
    });
  });
});

describe('changing the password', () => {
  test('ends every other session and keeps the one that asks', async () => {
    const first = await kit.found();
    const second = await kit.auth.accounts.signIn(signInAda, FROM);
    if (!second.ok) throw new Error(second.error.kind);
    const heard: SessionId[] = [];
    kit.auth.sessions.onEnded((session) => heard.push(session));
    const who = { member: first.member.id, session: first.session };
    expect(await kit.auth.accounts.changePassword(who, PASSWORD, 'another fine password')).toEqual({
      ok: true,
      value: null,
    });
    expect(heard).toEqual([second.value.session]);
    expect((await kit.auth.sessions.admit(second.value.tokens.access)).ok).toBe(false);
    expect((await kit.auth.sessions.refresh(second.value.tokens.refresh)).ok).toBe(false);
    expect((await kit.auth.sessions.admit(first.tokens.access)).ok).toBe(true);
    expect((await kit.auth.accounts.signIn(signInAda, FROM)).ok).toBe(false);
    expect(
      (await kit.auth.accounts.signIn({ ...signInAda, password: 'another fine password' }, FROM))
        .ok,
    ).toBe(true);
  });

  test('needs the current one, and a strong next one', async () => {
    const { member, session } = await kit.found();
    const who = { member: member.id, session };
    expect(
      await kit.auth.accounts.changePassword(who, 'wrong one here', 'another fine password'),
    ).toMatchObject({
      error: { kind: 'wrong-credentials', field: 'current' },
    });
    expect(await kit.auth.accounts.changePassword(who, PASSWORD, 'short')).toMatchObject({
      error: { kind: 'weak-password', field: 'next' },
    });
  });

  test('is not slowed by strangers, whatever they type as a handle', async () => {
    const { member, session } = await kit.found();
    for (let n = 0; n < 20; n++) {
      const handle = n % 2 === 0 ? `member ${member.id}` : `MEMBER ${member.id}`;
      await kit.auth.accounts.signIn(
        { handle, password: 'guess after guess', device: 'x' },
        { address: `203.0.113.${n}` },
      );
    }
    const changed = await kit.auth.accounts.changePassword(
      { member: member.id, session },
      PASSWORD,
      'another fine password',
    );
    expect(changed).toEqual({ ok: true, value: null });
  });

  test('by the operator ends all sessions and gives a password that works', async () => {
    const { member, tokens } = await kit.found();
    const reset = await kit.auth.accounts.resetPassword(member.id);
    if (!reset.ok) throw new Error(reset.error.kind);
    expect((await kit.auth.sessions.admit(tokens.access)).ok).toBe(false);
    expect((await kit.auth.accounts.signIn({ ...signInAda, password: reset.value }, FROM)).ok).toBe(
      true,
    );
    expect(
      await kit.auth.accounts.resetPassword('00000000-0000-4000-8000-000000000009' as MemberId),
    ).toMatchObject({
      error: { kind: 'not-found' },
    });
  });
});

describe('the gateway', () => {
  const asked = async () => {
    const first = await kit.found();
    const gateway: GatewayAuth = kit.auth.gateway;
    const who = {
      member: first.member.id,
      session: first.session,
      accessExpiresAt: kit.clock.now() + 600_000,
    };
    return { first, gateway, who };
  };

  test('learns who is behind an upgrade, or that nobody is', async () => {
    const { first, gateway, who } = await asked();
    const upgrade = (authorization: string | undefined) =>
      gateway.verifyUpgrade({ headers: { authorization } });
    expect(await upgrade(`Bearer ${first.tokens.access}`)).toEqual({ ok: true, value: who });
    for (const bad of [
      undefined,
      '',
      'Bearer',
      `Basic ${first.tokens.access}`,
      first.tokens.access,
      `Bearer ${first.tokens.refresh}`,
    ]) {
      expect(await upgrade(bad)).toEqual({ ok: false, error: { status: 401 } });
    }
    await gateway.endSession(who, first.session);
    expect(await upgrade(`Bearer ${first.tokens.access}`)).toEqual({
      ok: false,
      error: { status: 401 },
    });
  });

  test('refreshes with the token of its own session only', async () => {
    const { first, gateway, who } = await asked();
    const second = await kit.auth.accounts.signIn(signInAda, FROM);
    if (!second.ok) throw new Error(second.error.kind);
    expect(await gateway.refresh(who, second.value.tokens.refresh)).toMatchObject({
      error: { kind: 'wrong-credentials' },
    });
    expect((await kit.auth.sessions.admit(second.value.tokens.access)).ok).toBe(true);
    expect(await gateway.refresh(who, first.tokens.refresh)).toMatchObject({
      ok: true,
      value: { accessExpiresAt: kit.clock.now() + 600_000 },
    });
  });

  test('lists and ends the own sessions, never those of others', async () => {
    const { gateway, who } = await asked();
    const { invite, code } = (
      (await gateway.createInvite(who, { role: 'member', days: 7, uses: 1 })) as {
        value: { invite: { id: string }; code: string };
      }
    ).value;
    const lin = await kit.auth.accounts.join({ code, ...LIN }, FROM);
    if (!lin.ok) throw new Error(lin.error.kind);
    expect(await gateway.sessions(who)).toMatchObject([{ id: who.session, device: 'desk' }]);
    expect(await gateway.endSession(who, lin.value.session)).toMatchObject({
      error: { kind: 'not-found' },
    });
    expect(await gateway.endInvite(who, invite.id)).toMatchObject({ error: { kind: 'not-found' } });
    const asLin = { member: lin.value.member.id, session: lin.value.session, accessExpiresAt: 0 };
    expect(await gateway.invites(asLin)).toEqual({ ok: true, value: [] });
  });

  describe('gives members invites within limits:', () => {
    const NO = (field: string) => ({
      ok: false,
      error: { kind: 'not-allowed', retryable: false, field },
    });
    const WITHIN = { role: 'member', days: 7, uses: 25 } as const;
    const joined = async () => {
      const { gateway, who } = await asked();
      const { code } = await kit.auth.invites.create({ ...WITHIN, createdBy: who.member });
      const lin = await kit.auth.accounts.join({ code, ...LIN }, FROM);
      if (!lin.ok) throw new Error(lin.error.kind);
      const { member, session } = lin.value;
      return {
        gateway,
        who,
        lin: member,
        asLin: { member: member.id, session, accessExpiresAt: 0 },
      };
    };
    const put = (member: Member, change: Partial<Member>): Promise<void> =>
      kit.store.write((tx) => tx.putMember({ ...member, ...change }));

    test('what is beyond them is refused, and says which', async () => {
      const { gateway, who, asLin, lin } = await joined();
      expect(await gateway.createInvite(asLin, { ...WITHIN, days: 8 })).toEqual(NO('days'));
      expect(await gateway.createInvite(asLin, { ...WITHIN, uses: 26 })).toEqual(NO('uses'));
      expect(await gateway.createInvite(asLin, { ...WITHIN, role: 'admin' })).toEqual(NO('role'));
      expect(await gateway.createInvite(asLin, WITHIN)).toMatchObject({ ok: true });
      const most = { ...WITHIN, days: 365, uses: 1_000 };
      expect(await gateway.createInvite(who, most)).toMatchObject({ ok: true });
      await put(lin, { role: 'guest' });
      expect(await gateway.createInvite(asLin, { ...WITHIN, uses: 1 })).toMatchObject({
        error: { kind: 'not-allowed' },
      });
    });

    test('members see and end their own invites, and no others', async () => {
      const { gateway, who, asLin } = await joined();
      const made = await gateway.createInvite(asLin, WITHIN);
      if (!made.ok) throw new Error(made.error.kind);
      const all = await gateway.invites(who);
      if (!all.ok) throw new Error(all.error.kind);
      expect(all.value).toHaveLength(2);
      expect(await gateway.invites(asLin)).toEqual({ ok: true, value: [made.value.invite] });
      const others = all.value.find(({ id }) => id !== made.value.invite.id)!;
      expect(await gateway.endInvite(asLin, others.id)).toMatchObject({
        error: { kind: 'not-found' },
      });
      expect(await gateway.endInvite(asLin, made.value.invite.id)).toMatchObject({ ok: true });
    });

    test('an invite is worth what its maker may give now', async () => {
      const { gateway, asLin, lin } = await joined();
      const isGood = async (code: string): Promise<boolean> =>
        (await kit.auth.accounts.lookAtInvite(code, FROM)).ok;
      await put(lin, { role: 'admin' });
      const [long, short] = [
        await gateway.createInvite(asLin, { ...WITHIN, days: 365 }),
        await gateway.createInvite(asLin, WITHIN),
      ];
      if (!long.ok || !short.ok) throw new Error('an admin may give both');
      await put(lin, { role: 'member' });
      expect([await isGood(long.value.code), await isGood(short.value.code)]).toEqual([
        false,
        true,
      ]);
      const team = (await kit.store.team())!;
      await kit.store.write((tx) => tx.putTeam({ ...team, memberInviteUses: 24 }));
      expect(await isGood(short.value.code)).toBe(false);
      await kit.store.write((tx) => tx.putTeam(team));
      expect(await isGood(short.value.code)).toBe(true);
    });
  });

  test('makes invites that carry addresses and fingerprint, and lists and ends them', async () => {
    const { gateway, who } = await asked();
    const made = await gateway.createInvite(who, { role: 'guest', days: 7, uses: 3 });
    expect(made).toMatchObject({
      value: {
        invite: { role: 'guest', usesLeft: 3, createdBy: who.member },
        code: expect.stringMatching(/^[0-9A-Z-]{31}$/),
        addresses: ['10.0.0.5:7420'],
        fingerprint: 'ab'.repeat(32),
      },
    });
    const listed = await gateway.invites(who);
    expect(listed).toMatchObject({ value: [{ role: 'guest' }] });
    if (!listed.ok) return;
    expect(await gateway.endInvite(who, listed.value[0]!.id)).toEqual({ ok: true, value: null });
    expect(await gateway.invites(who)).toEqual({ ok: true, value: [] });
  });
});

test('no flow leaves a password, token, code or name in the log', async () => {
  const { member, tokens, session } = await kit.found();
  const { code } = await kit.auth.invites.create({
    role: 'member',
    days: 7,
    uses: 1,
    createdBy: member.id,
  });
  await kit.auth.accounts.lookAtInvite(code, FROM);
  const lin = await kit.auth.accounts.join({ code, ...LIN }, FROM);
  await kit.auth.accounts.signIn({ ...signInAda, password: 'canary-wrong-password' }, FROM);
  const refreshed = await kit.auth.sessions.refresh(tokens.refresh);
  await kit.auth.accounts.changePassword(
    { member: member.id, session },
    PASSWORD,
    'canary-next-password',
  );
  const reset = await kit.auth.accounts.resetPassword(member.id);
  if (!lin.ok || !refreshed.ok || !reset.ok) throw new Error('a flow failed');
  const log = kit.lines.join('');
  expect(log).toContain('password-changed');
  const secrets = [
    PASSWORD,
    LIN.password,
    'canary',
    code,
    tokens.access,
    tokens.refresh,
    refreshed.value.tokens.refresh,
    reset.value,
    'Okafor',
    '林',
  ];
  for (const secret of secrets) expect(log).not.toContain(secret);
});
