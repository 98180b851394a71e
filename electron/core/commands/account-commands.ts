/**
 * One's own sessions and password, and the invites of a team. Answered by the relay while one waits.
 */
import { renderQr } from './qr.ts';
import type { Invite } from '../../../protocol/frames-down.ts';
import type { SessionId } from '../../../protocol/ids.ts';
import { formatInviteLink } from '../../../protocol/invite-link.ts';
import { ok } from '../../../protocol/result.ts';
import type { CommandHandlers, InviteView } from '../../bridge/commands.ts';
import { withTeam, type CommandParts } from './core.ts';

type Names =
  | 'password.change'
  | 'session.list'
  | 'session.end'
  | 'invite.create'
  | 'invite.list'
  | 'invite.end';

const DONE = ok(null);

export function createAccountCommands({ core }: CommandParts): Pick<CommandHandlers, Names> {
  return {
    'password.change': ({ team: id, current, next }) =>
      withTeam(core, id, async (team) => {
        const done = await team.asks.ask({ t: 'change-password', current, next });
        return done.ok ? DONE : done;
      }),
    'session.list': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        const answer = await team.asks.ask({ t: 'sessions' });
        if (!answer.ok) return answer;
        return ok({
          sessions: answer.value.sessions.map((session) => ({
            ...session,
            isThisOne: session.id === team.record.session,
          })),
        });
      }),
    'session.end': ({ team: id, session }) =>
      withTeam(core, id, async (team) => {
        const done = await team.asks.ask({ t: 'end-session', session: session as SessionId });
        return done.ok ? DONE : done;
      }),
    'invite.create': ({ team: id, role, days, uses }) =>
      withTeam(core, id, async (team) => {
        const answer = await team.asks.ask({ t: 'create-invite', role, days, uses });
        if (!answer.ok) return answer;
        const { invite, code, addresses, fingerprint } = answer.value;
        // The address this desktop is known to reach it by comes along, unless it means "this computer".
        const relays =
          addresses.length > 0 ? addresses : [team.record.address.replace(/^\w+:\/\//, '')];
        const link = formatInviteLink({
          purpose: 'join',
          relays,
          code,
          fingerprint: fingerprint ?? team.record.fingerprint,
        });
        return ok({ ...viewOf(invite), link, qr: renderQr(link) });
      }),
    'invite.list': ({ team: id }) =>
      withTeam(core, id, async (team) => {
        const answer = await team.asks.ask({ t: 'invites' });
        return answer.ok ? ok({ invites: answer.value.invites.map(viewOf) }) : answer;
      }),
    'invite.end': ({ team: id, invite }) =>
      withTeam(core, id, async (team) => {
        const done = await team.asks.ask({ t: 'end-invite', invite });
        return done.ok ? DONE : done;
      }),
  };
}

const viewOf = ({ id, role, createdBy, expiresAt, usesLeft }: Invite): InviteView => ({
  id,
  role,
  createdBy,
  expiresAt,
  usesLeft,
});
