/** Answers the questions of a live client. Each question gets exactly one frame with its `req`: the answer, or why there is none. */
import type { Session } from '../../protocol/entities.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import { memberFeed, TEAM_FEED } from '../../protocol/ids.ts';
import type { DownFrame } from '../../protocol/frames-down.ts';
import type { Question } from '../../protocol/frames-up.ts';
import type { Limits } from '../../protocol/limits.ts';
import { assertNever, fail, ok, type Result } from '../../protocol/result.ts';
import { checkTeam } from '../domain/access.ts';
import {
  countUnread,
  readMember,
  readMissing,
  readRange,
  readRoster,
  readTeam,
} from '../domain/questions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { GatewayAuth, Principal } from './auth-port.ts';
import type { Connection } from './connection.ts';
import { pageText, placeOf } from './pages.ts';
import type { PositionProofs } from './position-proofs.ts';

export interface AnswersParts {
  readonly store: Store;
  readonly proofs: PositionProofs;
  readonly auth: GatewayAuth;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Which relay this is, and what its process has used. */
  readonly node: string;
  readonly cpuMs: () => number;
  /** The connection may stay for as long as its new access token is good. */
  readonly onRefreshed: (connection: Connection, accessUntil: number) => void;
}

/** The answer as text, or the refusal. */
export async function answer(
  parts: AnswersParts,
  connection: Connection,
  ask: Question,
): Promise<Result<string, Refusal>> {
  const { store, proofs, auth, clock, limits, node, cpuMs } = parts;
  const { req } = ask;
  const by = connection.member.id;
  const who: Principal = {
    member: by,
    session: connection.session,
    accessExpiresAt: Math.round(clock.now() + connection.accessUntil - clock.monotonic()),
  };
  switch (ask.t) {
    case 'range': {
      const page = await readRange(store, by, ask.feed, ask, limits);
      return page.ok ? ok(pageText(page.value, proofs, { req })) : page;
    }
    case 'roster': {
      const roster = await readRoster(store, by, ask.channel);
      return roster.ok
        ? told({
            t: 'roster',
            req,
            channel: roster.value.channel,
            members: [...roster.value.members],
          })
        : roster;
    }
    case 'get-team': {
      const state = await readTeam(store);
      if (!state) return fail(refuse('not-found'));
      return told({
        t: 'team-state',
        req,
        ...(await placeOf(store, proofs, TEAM_FEED, state.seq)),
        ...state,
        members: [...state.members],
        channels: [...state.channels],
      });
    }
    case 'get-member': {
      const state = await readMember(store, by);
      const where = await placeOf(store, proofs, memberFeed(by), state.seq);
      return told({ t: 'member-state', req, ...where, ...state, channels: [...state.channels] });
    }
    case 'sessions': {
      const live = new Set(connection.member.connections.map((one) => one.session));
      const sessions: Session[] = (await auth.sessions(who)).map((session) => ({
        ...session,
        isLive: live.has(session.id),
      }));
      return told({ t: 'sessions', req, sessions });
    }
    case 'end-session':
      return nothingMore(req, await auth.endSession(who, ask.session));
    case 'create-invite': {
      const made = await auth.createInvite(who, { role: ask.role, days: ask.days, uses: ask.uses });
      if (!made.ok) return made;
      return told({ t: 'invite', req, ...made.value, addresses: [...made.value.addresses] });
    }
    case 'invites': {
      const invites = await auth.invites(who);
      return invites.ok ? told({ t: 'invites', req, invites: [...invites.value] }) : invites;
    }
    case 'end-invite':
      return nothingMore(req, await auth.endInvite(who, ask.invite));
    case 'refresh': {
      const tokens = await auth.refresh(who, ask.token);
      if (!tokens.ok) return tokens;
      const { access, refresh, accessExpiresAt } = tokens.value;
      const accessExpiresInMs = Math.max(0, Math.round(accessExpiresAt - clock.now()));
      parts.onRefreshed(connection, clock.monotonic() + accessExpiresInMs);
      return told({ t: 'tokens', req, access, accessExpiresInMs, refresh });
    }
    case 'change-password':
      return nothingMore(req, await auth.changePassword(who, ask.current, ask.next));
    case 'usage': {
      const asker = await checkTeam(store, by, 'see-usage');
      return asker.ok ? told({ t: 'usage', req, node, cpuMs: cpuMs() }) : asker;
    }
    case 'missing': {
      const missing = await readMissing(store, by, ask.ops);
      return missing.ok ? told({ t: 'missing', req, ops: [...missing.value] }) : missing;
    }
    case 'count-unread': {
      const counted = await countUnread(store, by, ask.spans, limits);
      return counted.ok ? told({ t: 'unread', req, counts: [...counted.value] }) : counted;
    }
    default:
      return assertNever(ask);
  }
}

const told = (frame: DownFrame): Result<string, never> => ok(JSON.stringify(frame));

const nothingMore = (req: number, result: Result<null, Refusal>): Result<string, Refusal> =>
  result.ok ? told({ t: 'done', req }) : result;
