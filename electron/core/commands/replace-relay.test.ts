/**
 * A relay that claims a team of this computer: what it gets, and what changes, before and after a
 * person has agreed.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fail, ok } from '../../../protocol/result.ts';
import { openTestDesktop, type TestDesktop } from '../../../test/kit/desktop-kit.ts';
import { createFakeClock, type FakeClock } from '../../../test/kit/fake-clock.ts';
import { createSeededRandom } from '../../../test/kit/seeded-random.ts';
import type { CommandInput, CommandName, CommandResult } from '../../bridge/commands.ts';
import { FLUSH_MS } from '../events/outgoing.ts';
import type { RelayNet } from '../ports.ts';

const KEY = 'a1'.repeat(32);
const OTHER_KEY = 'b2'.repeat(32);
const TEAM = '01900001-0000-7000-8000-000000000001';

interface At {
  readonly address: string;
  readonly fingerprint: string | null;
}
const OWN: At = { address: 'relay.lan:7420', fingerprint: KEY };
const STRANGER: At = { address: 'evil.lan:7420', fingerprint: OTHER_KEY };

/** Every relay here claims the same team and the same member. */
const signedIn = (tokens: string) => ({
  team: { id: TEAM, name: 'Harbour', createdAt: 1, memberInviteDays: 7, memberInviteUses: 25 },
  member: {
    id: '01900001-0000-7000-8000-000000000002',
    handle: 'lin',
    name: 'Lin',
    role: 'owner',
    isActive: true,
    joinedAt: 1,
  },
  session: '01900001-0000-7000-8000-000000000003',
  tokens: {
    access: `access of ${tokens}`,
    accessExpiresInMs: 600_000,
    refresh: `refresh of ${tokens}`,
  },
});
const LIN = { name: 'Lin', handle: 'lin', password: 'correct horse battery', device: 'test' };

let clock: FakeClock;
let desktop: TestDesktop;
/** Whatever was sent, and to whom. */
let sent: string[];
beforeEach(async () => {
  clock = createFakeClock();
  sent = [];
  const net: RelayNet = {
    dial: async (target, token) => {
      sent.push(`${target.address} dial ${token}`);
      return fail({ kind: 'unreachable' });
    },
    request: async (target, { path, body }) => {
      sent.push(`${target.address} ${path} ${JSON.stringify(body)}`);
      const team = { id: TEAM, name: 'Harbour' };
      if (path === '/v1/relay')
        return ok({
          status: 200,
          body: { product: 'landline', versions: { min: 1, max: 1 }, team },
        });
      return ok({ status: 200, body: path === '/v1/sign-out' ? {} : signedIn(target.address) });
    },
    peek: async (address) => ok({ fingerprint: address === OWN.address ? KEY : OTHER_KEY }),
  };
  desktop = await openTestDesktop({
    folder: ':memory:',
    clock,
    random: createSeededRandom('replace'),
    net,
  });
});
afterEach(() => desktop.close());

/** The answer comes when the window has been told, and for that the clock has to move. */
async function call<Name extends CommandName>(
  name: Name,
  input: CommandInput<Name>,
): Promise<CommandResult<Name>> {
  const answer = desktop.session.call(name, input);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(FLUSH_MS);
  }
  return answer;
}
const join = (at: At, more: { readonly replaces?: string } = {}) =>
  call('team.join', { ...at, code: 'code', ...LIN, ...more });
const signIn = (at: At, more: { readonly replaces?: string } = {}) =>
  call('team.sign-in', { ...at, handle: 'lin', password: LIN.password, device: 'test', ...more });
const pinned = (): readonly (string | null)[] =>
  Object.values(desktop.state.teams).map(({ team }) => team.fingerprint);
const sentTo = ({ address }: At): readonly string[] =>
  sent.filter((line) => line.startsWith(address)).map((line) => line.slice(address.length + 1));

describe('a relay that claims a known team and member', () => {
  const states = {
    'that is signed out': async (): Promise<void> => {
      await call('team.sign-out', { team: desktop.state.teamOrder[0]!, forget: false });
    },
    'that waits for its relay': async (): Promise<void> => undefined,
  };

  for (const [state, bring] of Object.entries(states)) {
    test.each([
      ['joined by an invite', join],
      ['signed in to', signIn],
    ] as const)(`${state}, under another key, %s, changes nothing`, async (_how, enter) => {
      await join(OWN);
      await bring();
      sent = [];
      expect(await enter(STRANGER)).toEqual({
        ok: false,
        error: {
          kind: 'replaces-team',
          replaces: { name: 'Harbour', ...OWN, trust: `key:${KEY}` },
        },
      });
      expect(pinned()).toEqual([KEY]);
      // What a person typed for it, and the end of the session it made: nothing of the team that is
      // known.
      expect(sentTo(STRANGER).join('\n')).not.toContain('of relay.lan');
      expect(sentTo(STRANGER).at(-1)).toBe('/v1/sign-out {"refresh":"refresh of evil.lan:7420"}');
      expect(sent.join('\n')).not.toMatch(/evil\.lan:7420 dial/);
    });
  }

  test('takes the team over when a person has agreed to replace the known key', async () => {
    await join(OWN);
    const id = desktop.state.teamOrder[0]!;
    sent = [];
    expect(await signIn(STRANGER, { replaces: `key:${KEY}` })).toEqual(ok({ team: id }));
    expect(pinned()).toEqual([OTHER_KEY]);
    expect(desktop.state.teamOrder).toEqual([id]);
    // From now on it is dialed with its own token, and the old relay is not spoken to.
    expect(sentTo(STRANGER)).toContain('dial access of evil.lan:7420');
    expect(sent.join('\n')).not.toContain('of relay.lan');
    expect(sentTo(OWN)).toEqual([]);
  });

  test('is not taken for the relay that was agreed to when the key has changed since', async () => {
    await join(OWN);
    expect(await signIn(STRANGER, { replaces: `key:${'c3'.repeat(32)}` })).toMatchObject({
      error: { kind: 'replaces-team' },
    });
    expect(pinned()).toEqual([KEY]);
  });

  test.each([
    ['a public certificate in place of a key', OWN, { ...STRANGER, fingerprint: null }],
    [
      'a certificate for another name',
      { ...OWN, fingerprint: null },
      { ...STRANGER, fingerprint: null },
    ],
    ['a key in place of a public certificate', { ...OWN, fingerprint: null }, STRANGER],
  ] as const)('with %s is another relay', async (_what, first, second) => {
    await join(first);
    await call('team.sign-out', { team: desktop.state.teamOrder[0]!, forget: false });
    expect(await join(second)).toMatchObject({ ok: false, error: { kind: 'replaces-team' } });
    expect(pinned()).toEqual([first.fingerprint]);
  });

  test('at another address, with the same key, is the same relay', async () => {
    await join(OWN);
    await call('team.sign-out', { team: desktop.state.teamOrder[0]!, forget: false });
    expect(await signIn({ ...OWN, address: '10.0.0.9:7420' })).toMatchObject({ ok: true });
    expect(desktop.team.team).toMatchObject({ address: '10.0.0.9:7420', fingerprint: KEY });
  });

  test('is reported by the probe, before a password is typed', async () => {
    await join(OWN);
    expect(await call('relay.probe', { typed: STRANGER.address })).toMatchObject({
      value: { replaces: { name: 'Harbour', ...OWN, trust: `key:${KEY}` } },
    });
    expect(await call('relay.probe', { typed: OWN.address })).toMatchObject({
      value: { replaces: null },
    });
  });
});
