/**
 * Finding, making, joining and leaving teams. A password goes from here to the relay and nowhere else.
 */
import { cleanName } from '../../../protocol/names.ts';
import { HTTP, signedIn, type SignedIn } from '../../../protocol/http.ts';
import type { OperationId } from '../../../protocol/ids.ts';
import { ok, type Result } from '../../../protocol/result.ts';
import type { CommandHandlers, Problem } from '../../bridge/commands.ts';
import { background } from '../background.ts';
import { problem } from '../problems.ts';
import { askRelay, targetOf } from '../teams/http.ts';
import { cleanAddress, knownTeam, probeRelay } from '../teams/probe.ts';
import type { NewTeam } from '../teams/registry.ts';
import type { Team } from '../teams/team.ts';
import { trustOf, type Trusted } from '../teams/trust.ts';
import { withTeam, type Answer, type CommandParts } from './core.ts';

type Names =
  | 'relay.probe'
  | 'team.start'
  | 'team.setup'
  | 'team.join'
  | 'team.sign-in'
  | 'team.sign-in-again'
  | 'team.sign-out'
  | 'team.order'
  | 'team.rename'
  | 'team.member-invites'
  | 'wire.retry';

const DONE = ok(null);

export function createTeamCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  const { net, teams } = core;

  const enter = async (
    relay: Trusted,
    path: string,
    body: Readonly<Record<string, unknown>>,
  ): Answer<SignedIn> => {
    const address = cleanAddress(relay.address);
    if (address === undefined) return problem('bad-address');
    return askRelay(
      net,
      targetOf(address, relay.fingerprint),
      { method: 'POST', path, body },
      signedIn,
    );
  };

  const newTeam = (
    relay: Trusted,
    device: string,
    signedIn: SignedIn,
    isHostedHere = false,
  ): NewTeam => ({
    address: cleanAddress(relay.address) ?? relay.address,
    fingerprint: relay.fingerprint,
    device,
    isHostedHere,
    signedIn,
  });

  /**
   * A membership that is here already takes the new tokens if it has none that work. What a relay
   * claims to be proves nothing: one with another key takes it over only where a person has agreed
   * to replace exactly the key that is known.
   */
  const settle = (added: NewTeam, replaces?: string): Result<{ team: string }, Problem> => {
    const known = teams.find(added.signedIn.team.id, added.signedIn.member.id);
    if (!known) return ok({ team: teams.add(added).id });
    const trust = trustOf(known.record);
    if (trustOf(added) !== trust) {
      if (replaces !== trust) {
        endThere(added);
        return problem('replaces-team', { replaces: knownTeam(known.record) });
      }
      teams.replaceRelay(known, added);
      return ok({ team: known.id });
    }
    const isWell = known.record.standing === 'in' && known.connection.wire.state !== 'stopped';
    if (isWell) {
      endThere(added);
      return problem('already-joined');
    }
    teams.signInAgain(known, { ...added, isHostedHere: known.record.isHostedHere });
    return ok({ team: known.id });
  };

  /** The session that a refused sign-in made is of no use to anybody. */
  const endThere = ({ address, fingerprint, signedIn }: NewTeam): void =>
    background(
      signOutThere({ address, fingerprint }, signedIn.tokens.refresh),
      core.log,
      'sign-out',
    );

  const account = (input: {
    readonly name: string;
    readonly handle: string;
    readonly password: string;
    readonly device: string;
  }) => ({
    name: cleanName(input.name),
    handle: cleanName(input.handle).toLowerCase(),
    password: input.password,
    device: cleanName(input.device),
  });

  return {
    'relay.probe': ({ typed }) =>
      probeRelay(
        typed,
        net,
        teams.all.map(({ record }) => record),
      ),

    'team.start': async (input) => {
      const local = await core.localRelay.start();
      if (!local.ok) return problem('cannot-host');
      const { setupCode, ...relay } = local.value;
      if (setupCode === null) return problem('setup-done');
      const made = await enter(relay, HTTP.setup, {
        code: setupCode,
        team: cleanName(input.teamName),
        ...account(input),
      });
      if (made.ok || made.error.kind === 'setup-done') core.localRelay.wasSetUp();
      return made.ok ? settle(newTeam(relay, cleanName(input.device), made.value, true)) : made;
    },
    'team.setup': async ({ code, teamName, ...input }) => {
      const made = await enter(input, HTTP.setup, {
        code,
        team: cleanName(teamName),
        ...account(input),
      });
      return made.ok
        ? settle(newTeam(input, cleanName(input.device), made.value), input.replaces)
        : made;
    },
    'team.join': async ({ code, ...input }) => {
      const made = await enter(input, HTTP.join, { code, ...account(input) });
      return made.ok
        ? settle(newTeam(input, cleanName(input.device), made.value), input.replaces)
        : made;
    },
    'team.sign-in': async (input) => {
      const device = cleanName(input.device);
      const handle = cleanName(input.handle).toLowerCase();
      const made = await enter(input, HTTP.signIn, { handle, password: input.password, device });
      return made.ok ? settle(newTeam(input, device, made.value), input.replaces) : made;
    },
    'team.sign-in-again': ({ team: id, password }) =>
      withTeam(core, id, async (team) => {
        const { address, fingerprint, handle, device, isHostedHere, me, relayTeam } = team.record;
        const made = await enter({ address, fingerprint }, HTTP.signIn, {
          handle,
          password,
          device,
        });
        if (!made.ok) return made;
        // The team as it is now: asked for twice, or mended meanwhile, it was made anew, and an old one must not live beside it.
        const now = teams.get(id);
        const isIt =
          now !== undefined &&
          made.value.team.id === relayTeam &&
          made.value.member.id === me &&
          // Another relay may have taken the team over meanwhile.
          trustOf(now.record) === trustOf({ address, fingerprint });
        if (!isIt) return problem('not-found');
        teams.signInAgain(now, newTeam({ address, fingerprint }, device, made.value, isHostedHere));
        return DONE;
      }),
    'team.sign-out': ({ team: id, forget }) =>
      withTeam(core, id, async (team) => {
        background(tellRelay(team), core.log, 'sign-out');
        if (forget) teams.forget(team);
        else teams.signOut(team);
        return DONE;
      }),
    'team.order': async ({ order }) => {
      teams.reorder(order);
      return DONE;
    },
    'team.rename': ({ team: id, name }) =>
      withTeam(core, id, async (team) => {
        const done = await team.asks.change({
          t: 'change-team',
          op: core.newId() as OperationId,
          name: cleanName(name),
        });
        return done.ok ? DONE : done;
      }),
    'team.member-invites': ({ team: id, days, uses }) =>
      withTeam(core, id, async (team) => {
        const done = await team.asks.change({
          t: 'change-team',
          op: core.newId() as OperationId,
          memberInviteDays: days,
          memberInviteUses: uses,
        });
        return done.ok ? DONE : done;
      }),
    'wire.retry': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        team.connection.retry();
        return DONE;
      }),
  };

  /** Ends the session there too, if the relay can be reached; here it is over in any case. */
  async function tellRelay(team: Team): Promise<void> {
    const { address, fingerprint, sealedRefresh } = team.record;
    const refresh = sealedRefresh === null ? undefined : core.secrets.unseal(sealedRefresh);
    if (refresh !== undefined) await signOutThere({ address, fingerprint }, refresh);
  }

  async function signOutThere({ address, fingerprint }: Trusted, refresh: string): Promise<void> {
    await net.request(targetOf(address, fingerprint), {
      method: 'POST',
      path: HTTP.signOut,
      body: { refresh },
    });
  }
}
