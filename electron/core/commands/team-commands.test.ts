import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fail, ok } from '../../../protocol/result.ts';
import { openTestDesktop, type TestDesktop } from '../../../test/kit/desktop-kit.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import { FLUSH_MS } from '../events/outgoing.ts';
import type { HttpAnswer, RelayNet } from '../ports.ts';

const FORM = {
  teamName: 'Harbour',
  name: 'Lin',
  handle: 'lin',
  password: 'correct horse battery',
  device: 'test',
};
const SIGNED_IN: HttpAnswer = {
  status: 200,
  body: {
    team: {
      id: '01900001-0000-7000-8000-000000000001',
      name: 'Harbour',
      createdAt: 1,
      memberInviteDays: 7,
      memberInviteUses: 25,
    },
    member: {
      id: '01900001-0000-7000-8000-000000000002',
      handle: 'lin',
      name: 'Lin',
      role: 'owner',
      isActive: true,
      joinedAt: 1,
    },
    session: '01900001-0000-7000-8000-000000000003',
    tokens: { access: 'access', accessExpiresInMs: 600_000, refresh: 'refresh' },
  },
};
const refusing = (status: number, kind: string): HttpAnswer => ({
  status,
  body: { refusal: { kind, retryable: false } },
});

describe('a team started on this computer', () => {
  let desktop: TestDesktop;
  let answer: HttpAnswer;
  let wasSetUp: number;
  let clock: FakeClock;

  beforeEach(async () => {
    wasSetUp = 0;
    clock = createFakeClock();
    const net: RelayNet = {
      dial: async () => fail({ kind: 'unreachable' }),
      request: async () => ok(answer),
      peek: async () => fail({ kind: 'unreachable' }),
    };
    const ready = { address: '127.0.0.1:7420', fingerprint: 'f'.repeat(64), setupCode: 'code' };
    const localRelay = {
      isAvailable: true,
      start: async () => ok(ready),
      wasSetUp: () => void wasSetUp++,
    };
    desktop = await openTestDesktop({
      folder: ':memory:',
      clock,
      random: createSeededRandom('start'),
      net,
      localRelay,
    });
  });
  afterEach(() => desktop.close());

  test('uses its setup code up', async () => {
    answer = SIGNED_IN;
    const started = desktop.session.call('team.start', FORM);
    // The answer comes when the window has been told of the new team, and for that the clock has to move.
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(FLUSH_MS);
    expect(await started).toMatchObject({ ok: true });
    expect(wasSetUp).toBe(1);
  });

  test('has none when the relay says that there is a team already', async () => {
    answer = refusing(409, 'setup-done');
    expect(await desktop.refused('team.start', FORM)).toEqual({ kind: 'setup-done' });
    expect(wasSetUp).toBe(1);
  });

  test('a sign-in on one device too many says so', async () => {
    answer = refusing(409, 'too-many-sessions');
    const { handle, password, device } = FORM;
    const at = { address: '127.0.0.1:7420', fingerprint: 'f'.repeat(64) };
    expect(await desktop.refused('team.sign-in', { ...at, handle, password, device })).toEqual({
      kind: 'too-many-sessions',
    });
  });

  test('keeps it when the relay refuses for another reason', async () => {
    answer = refusing(429, 'rate-limited');
    expect(await desktop.refused('team.start', FORM)).toMatchObject({ kind: 'rate-limited' });
    expect(wasSetUp).toBe(0);
  });
});
