/**
 * What the gateway asks of authentication: who is behind an upgrade, and the questions about sessions, tokens, invites and
 * passwords that arrive on a live socket. `server/auth/` fulfils it; gateway tests fulfil it with a small fake. Every refusal
 * is a value; a promise rejects only when the store is unavailable or something is broken.
 */
import type { Session } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { Invite } from '../../protocol/frames-down.ts';
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import type { Result } from '../../protocol/result.ts';

/** Who speaks on a socket, as proved by its access token. */
export interface Principal {
  readonly member: MemberId;
  readonly session: SessionId;
  /** Milliseconds since 1970 by the relay's clock. */
  readonly accessExpiresAt: number;
}

/** The part of an upgrade request that proves who asks. Node's `IncomingMessage` is one. */
export interface UpgradeCredentials {
  readonly headers: { readonly authorization?: string | undefined };
}

export interface NewTokens {
  readonly access: string;
  readonly refresh: string;
  readonly accessExpiresAt: number;
}

export interface NewInvite {
  readonly invite: Invite;
  /** Said once; only its hash is stored. */
  readonly code: string;
  readonly addresses: readonly string[];
  readonly fingerprint: string | null;
}

/** A session as its member sees it; whether it is live, the gateway knows itself. */
export type SessionFacts = Omit<Session, 'isLive'>;

export interface GatewayAuth {
  /** Before `101`: token good, session not ended, member active. `status` answers the upgrade otherwise (401 …). */
  verifyUpgrade(
    request: UpgradeCredentials,
  ): Promise<Result<Principal, { readonly status: number }>>;
  /** The session of a token of ours that has not run out. Asks no store: it may have ended. */
  sessionOf(request: UpgradeCredentials): SessionId | undefined;
  /** New tokens for the session of this socket; a refresh token of another session is refused. */
  refresh(who: Principal, token: string): Promise<Result<NewTokens, Refusal>>;
  /** The member's sessions that have not ended, newest first. */
  sessions(who: Principal): Promise<readonly SessionFacts[]>;
  /** Ends one of the member's own sessions; `not-found` for anybody else's. */
  endSession(who: Principal, session: SessionId): Promise<Result<null, Refusal>>;
  createInvite(
    who: Principal,
    ask: {
      readonly role: 'admin' | 'member' | 'guest';
      readonly days: number;
      readonly uses: number;
    },
  ): Promise<Result<NewInvite, Refusal>>;
  invites(who: Principal): Promise<Result<readonly Invite[], Refusal>>;
  endInvite(who: Principal, invite: string): Promise<Result<null, Refusal>>;
  /** On success every other session of the member is over. */
  changePassword(who: Principal, current: string, next: string): Promise<Result<null, Refusal>>;
  /**
   * Calls back after a session's end was committed, whoever ended it. The gateway closes that session's sockets with 4501.
   * (It also closes them on the `session-ended` event of the member's feed, which is how other nodes learn of it.)
   */
  onSessionEnded(listener: (session: SessionId) => void): () => void;
}
