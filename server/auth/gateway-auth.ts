/**
 * Authentication as the gateway asks for it (`server/gateway/auth-port.ts`): who is behind an upgrade, and the questions about
 * sessions, tokens, invites and passwords that arrive on a live socket. Holds no state; every answer is read from the store.
 */
import type { Member } from '../../protocol/entities.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import type { Invite } from '../../protocol/frames-down.ts';
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { checkTeam } from '../domain/access.ts';
import { inviteFault, mayInTeam } from '../domain/policy.ts';
import type { Log } from '../ports/log.ts';
import type { InviteRow, SessionRow, Store } from '../ports/store.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Accounts } from './accounts.ts';
import type { Invites } from './invites.ts';
import type { Admitted, Sessions } from './sessions.ts';

/** Where the relay can be reached, for the invites it makes. */
export interface RelayIdentity {
  addresses(): readonly string[];
  /** Null for a relay behind a public certificate. */
  readonly fingerprint: string | null;
}

export interface GatewayAuthParts {
  readonly store: Store;
  readonly log: Log;
  readonly access: Pick<AccessTokens, 'verify'>;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly invites: Invites;
  readonly identity: RelayIdentity;
}

export interface WireInvite {
  readonly invite: Invite;
  readonly code: string;
  readonly addresses: readonly string[];
  readonly fingerprint: string | null;
}

export interface SocketAuth {
  verifyUpgrade(request: {
    readonly headers: { readonly authorization?: string | undefined };
  }): Promise<Result<Admitted, { readonly status: number }>>;
  sessionOf(request: {
    readonly headers: { readonly authorization?: string | undefined };
  }): SessionId | undefined;
  refresh(
    who: Admitted,
    token: string,
  ): Promise<
    Result<
      { readonly access: string; readonly refresh: string; readonly accessExpiresAt: number },
      Refusal
    >
  >;
  sessions(
    who: Admitted,
  ): Promise<readonly Pick<SessionRow, 'id' | 'device' | 'createdAt' | 'lastSeenAt'>[]>;
  endSession(who: Admitted, session: SessionId): Promise<Result<null, Refusal>>;
  createInvite(
    who: Admitted,
    ask: {
      readonly role: 'admin' | 'member' | 'guest';
      readonly days: number;
      readonly uses: number;
    },
  ): Promise<Result<WireInvite, Refusal>>;
  invites(who: Admitted): Promise<Result<readonly Invite[], Refusal>>;
  endInvite(who: Admitted, invite: string): Promise<Result<null, Refusal>>;
  changePassword(who: Admitted, current: string, next: string): Promise<Result<null, Refusal>>;
  onSessionEnded(listener: (session: SessionId) => void): () => void;
}

const BEARER = /^Bearer ([A-Za-z0-9._-]+)$/i;

export function createGatewayAuth({
  store,
  log,
  access,
  sessions,
  accounts,
  invites,
  identity,
}: GatewayAuthParts): SocketAuth {
  const inviter = (member: MemberId): Promise<Result<Member, Refusal>> =>
    checkTeam(store, member, 'invite');

  return {
    async verifyUpgrade({ headers }) {
      const token = BEARER.exec(headers.authorization ?? '')?.[1];
      const admitted = token === undefined ? undefined : await sessions.admit(token);
      if (admitted?.ok === true) return admitted;
      return fail({ status: admitted?.error.kind === 'unavailable' ? 503 : 401 });
    },
    sessionOf({ headers }) {
      const token = BEARER.exec(headers.authorization ?? '')?.[1];
      const claims = token === undefined ? undefined : access.verify(token);
      return claims?.ok === true ? claims.value.session : undefined;
    },
    async refresh(who, token) {
      const refreshed = await sessions.refresh(token, who.session);
      if (!refreshed.ok) return refreshed;
      const { tokens, accessExpiresAt } = refreshed.value;
      return ok({ access: tokens.access, refresh: tokens.refresh, accessExpiresAt });
    },
    async sessions(who) {
      const rows = await sessions.list(who.member);
      return rows.map(({ id, device, createdAt, lastSeenAt }) => ({
        id,
        device,
        createdAt,
        lastSeenAt,
      }));
    },
    async endSession(who, session) {
      const isEnded = await sessions.end(
        session,
        who.member,
        session === who.session ? 'signed-out' : 'revoked',
      );
      return isEnded ? ok(null) : fail(refuse('not-found'));
    },
    async createInvite(who, ask) {
      const asker = await inviter(who.member);
      if (!asker.ok) return asker;
      const team = await store.team();
      if (!team) return fail(refuse('not-found'));
      const field = inviteFault(asker.value.role, ask, team);
      if (field !== null) return fail(refuse('not-allowed', { field }));
      const { invite, code } = await invites.create({ ...ask, createdBy: who.member });
      log.info('invite-made', { invite: invite.id, member: who.member });
      return ok({
        invite: wireInvite(invite, who.member),
        code,
        addresses: identity.addresses(),
        fingerprint: identity.fingerprint,
      });
    },
    async invites(who) {
      const asker = await inviter(who.member);
      if (!asker.ok) return asker;
      const own = onlyOwn(asker.value);
      const seen = (await invites.list()).filter(
        ({ createdBy }) => own === undefined || createdBy === own,
      );
      return ok(seen.map((row) => wireInvite(row, who.member)));
    },
    async endInvite(who, invite) {
      const asker = await inviter(who.member);
      if (!asker.ok) return asker;
      if (!(await invites.end(invite, onlyOwn(asker.value)))) return fail(refuse('not-found'));
      log.info('invite-ended', { invite, member: who.member });
      return ok(null);
    },
    changePassword: (who, current, next) => accounts.changePassword(who, current, next),
    onSessionEnded: (listener) => sessions.onEnded(listener),
  };
}

/** Members see and end the invites that they made; undefined for those who see all. */
const onlyOwn = ({ id, role }: Member): MemberId | undefined =>
  mayInTeam(role, 'change-team') ? undefined : id;

/** @param fallback  whom to name for an invite of the command line */
function wireInvite(
  { id, role, createdBy, createdAt, expiresAt, usesLeft }: InviteRow,
  fallback: MemberId,
): Invite {
  return { id, role, createdBy: createdBy ?? fallback, createdAt, expiresAt, usesLeft };
}
