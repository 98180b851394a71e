/**
 * The fake bridge's half of coming in and bringing in: probing, founding, joining, invites. What is typed decides:
 * `relay.local` must be compared, an invite brings its key, `nobody` is unreachable, `changed`
 * answers with another key than the invite names, `moved` with another than the team here has.
 */
import type { CommandHandlers, InviteView, RelayFound } from '../../electron/bridge/commands.ts';
import { demoQr } from './demo-qr.ts';
import { KEY, OTHER_KEY } from './demo-keys.ts';
import { emptyTeam } from './demo-world.ts';
import { fail, ok, type FakeCore } from './fake-core.ts';

const PROBE_MS = 700;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export function createEntrance(core: FakeCore): Partial<CommandHandlers> {
  const { emit, now } = core;
  let invites: readonly InviteView[] = [
    {
      id: 'i1',
      role: 'member',
      createdBy: 'priya',
      expiresAt: now() + 5 * 86_400_000,
      usesLeft: 4,
    },
    { id: 'i2', role: 'guest', createdBy: 'mateo', expiresAt: now() + 86_400_000, usesLeft: 1 },
  ];

  const enter = (
    name: string,
  ): { readonly ok: true; readonly value: { readonly team: string } } => {
    const id = core.nextId();
    emit(
      { kind: 'team-state', team: id, state: emptyTeam(id, name) },
      { kind: 'team-order', order: [...core.state().teamOrder, id] },
    );
    return ok({ team: id });
  };

  return {
    'relay.probe': async ({ typed }) => {
      await wait(PROBE_MS);
      const found: RelayFound = {
        address: 'relay.local:7420',
        teamName: 'Tidewater Works',
        fingerprint: KEY,
        isPinnedByInvite: false,
        needsSetup: false,
        invite: null,
        replaces: null,
      };
      if (typed.includes('nobody')) return fail('unreachable');
      if (typed.includes('changed'))
        return { ok: false, error: { kind: 'key-mismatch', expectedKey: KEY, seenKey: OTHER_KEY } };
      if (typed.includes('moved'))
        return ok({
          ...found,
          fingerprint: OTHER_KEY,
          replaces: {
            name: 'Tidewater Works',
            address: 'relay.local:7420',
            fingerprint: KEY,
            trust: `key:${KEY}`,
          },
        });
      if (typed.includes('used-up')) return fail('bad-invite');
      if (typed.startsWith('landline://setup'))
        return ok({ ...found, teamName: null, isPinnedByInvite: true, needsSetup: true });
      if (typed.startsWith('landline://join'))
        return ok({
          ...found,
          isPinnedByInvite: true,
          invite: { code: 'CODE', invitedBy: 'Mateo Ruiz' },
        });
      if (typed.includes('relay')) return ok(found);
      return fail('bad-address');
    },
    'team.start': async ({ teamName }) => {
      await wait(PROBE_MS);
      return enter(teamName);
    },
    'team.setup': async ({ teamName }) => enter(teamName),
    'team.join': async ({ handle }) =>
      handle === 'taken'
        ? { ok: false, error: { kind: 'taken', field: 'handle' } }
        : enter('Tidewater Works'),
    'team.sign-in': async ({ password }) =>
      password === 'wrong'
        ? fail('wrong-credentials')
        : password === 'crowded'
          ? fail('too-many-sessions')
          : enter('Tidewater Works'),
    'team.sign-in-again': async ({ team, password }) => {
      if (password === 'wrong') return fail('wrong-credentials');
      const { team: view } = core.team(team);
      emit({
        kind: 'team',
        team,
        view: {
          ...view,
          wire: { state: 'live', rttMs: 4, node: 'one', isCatchingUp: false, door: 'socket' },
        },
      });
      return ok(null);
    },
    'team.sign-out': async ({ team, forget }) => {
      if (forget) emit({ kind: 'team-gone', team });
      else
        emit({
          kind: 'team',
          team,
          view: { ...core.team(team).team, wire: { state: 'stopped', why: 'signed-out' } },
        });
      return ok(null);
    },
    'team.order': async ({ order }) => {
      emit({ kind: 'team-order', order });
      return ok(null);
    },
    'team.rename': async ({ team, name }) => {
      emit({ kind: 'team', team, view: { ...core.team(team).team, name } });
      return ok(null);
    },
    'team.member-invites': async ({ team, days, uses }) => {
      const view = core.team(team).team;
      emit({ kind: 'team', team, view: { ...view, memberInvites: { days, uses } } });
      return ok(null);
    },
    'invite.create': async ({ team, role, days, uses }) => {
      const invite = {
        id: core.nextId(),
        role,
        createdBy: core.team(team).team.me,
        expiresAt: now() + days * 86_400_000,
        usesLeft: uses,
      };
      invites = [invite, ...invites];
      const link = `landline://join?relay=192.168.1.20%3A7420,relay.local%3A7420&code=K7WQ-2M9X&key=${KEY}`;
      return ok({ ...invite, link, qr: demoQr(link) });
    },
    'invite.list': async ({ team }) => {
      const { role, me } = core.team(team).team;
      const seen = role === 'member' ? invites.filter((one) => one.createdBy === me) : invites;
      return ok({ invites: seen });
    },
    'invite.end': async ({ invite }) => {
      invites = invites.filter((one) => one.id !== invite);
      return ok(null);
    },
  };
}
