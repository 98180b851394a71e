/**
 * Sessions: one signed-in device each, and the truth about whether it still is. A refresh token is
 * worth a new pair until a newer token of its session was used; then whoever shows it holds a copy,
 * and the session ends. A pair that is lost on its way, and a store that went back in time, end no
 * session. Listeners are called after an ending is durable. The gateway closes the connections.
 */
import { refuse, type Refusal } from '../../protocol/errors.ts';
import type { Tokens } from '../../protocol/http.ts';
import { memberFeed, type MemberId, type SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { assertNever, fail, ok, type Result } from '../../protocol/result.ts';
import { endSession } from '../domain/sessions.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { SessionRow, Store, StoredEvent, StoreReads, WriteTx } from '../ports/store.ts';
import type { AccessTokens } from './access-tokens.ts';
import { newId } from './new-id.ts';
import type { RefreshTokens } from './refresh-tokens.ts';

export type EndReason = 'signed-out' | 'revoked' | 'replayed' | 'expired';

export interface StartedSession {
  readonly row: SessionRow;
  readonly refresh: string;
}

/** Who a good access token stands for. */
export interface Admitted {
  readonly member: MemberId;
  readonly session: SessionId;
  readonly accessExpiresAt: number;
}

export interface RefreshedSession {
  readonly member: MemberId;
  readonly session: SessionId;
  readonly tokens: Tokens;
  readonly accessExpiresAt: number;
}

export interface Sessions {
  /** Adds a session in the caller's transaction. */
  start(tx: WriteTx, member: MemberId, device: string): Promise<StartedSession>;
  tokensFor(row: SessionRow, refresh: string): Promise<Tokens>;
  /** Checks an access token and the session it names. */
  admit(access: string): Promise<Result<Admitted, Refusal>>;
  /** Whether the session has not ended, is not over, and its member is active. */
  isStanding(session: SessionId, member: MemberId): Promise<boolean>;
  /** @param of  the session that asks, where it is known: a token of another one is then refused */
  refresh(token: string, of?: SessionId): Promise<Result<RefreshedSession, Refusal>>;
  /** Ends one session of this member. False when there is none such. Twice is once. */
  end(session: SessionId, member: MemberId, reason: EndReason): Promise<boolean>;
  /** Signs out by a refresh token that this relay made, however old. False for anything else. Twice is once. */
  endByRefresh(token: string): Promise<boolean>;
  /** Ends all sessions of the member but one, in the caller's transaction. */
  endAll(tx: WriteTx, member: MemberId, but?: SessionId): Promise<number>;
  list(member: MemberId): Promise<readonly SessionRow[]>;
  /**
   * Forgets the sessions that have been over for longer than a refresh token lives: none of theirs can come back and be told from a
   * stranger's by then. Resolves with how many.
   */
  tidy(): Promise<number>;
  /** Calls back after each durable ending. The returned function stops that. */
  onEnded(listener: (session: SessionId) => void): () => void;
  dispose(): void;
}

export interface SessionsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly access: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  /** Whether the clock is near what the store knows of time. While it is not, nothing runs out. */
  readonly isClockPlausible: () => boolean;
  readonly limits: Pick<Limits, 'refreshDays'>;
}

const DAY_MS = 24 * 60 * 60_000;
const ended = refuse('session-ended');
const untrusted = refuse('wrong-credentials');

const clockIsOff = refuse('unavailable');

type Standing = 'stands' | 'ended' | 'uncertain';

type Rotation =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'over' }
  /** It may have run out; the clock cannot be trusted to say so. */
  | { readonly kind: 'uncertain' }
  | { readonly kind: 'ended-now'; readonly row: SessionRow; readonly reason: EndReason }
  | { readonly kind: 'rotated'; readonly row: SessionRow; readonly refresh: string };

export function createSessions({
  store,
  clock,
  random,
  log,
  access,
  refreshTokens,
  isClockPlausible,
  limits,
}: SessionsParts): Sessions {
  const listeners = new Set<(session: SessionId) => void>();
  const stopListening = store.onCommitted((events) => {
    for (const event of events) {
      const session = endedSession(event);
      if (session !== undefined) for (const listener of listeners) listener(session);
    }
  });

  const stateOf = async (reads: StoreReads, row: SessionRow): Promise<Standing> => {
    if (row.endedAt !== null) return 'ended';
    if ((await reads.member(row.member))?.isActive !== true) return 'ended';
    if (row.refreshExpiresAt > clock.now()) return 'stands';
    return isClockPlausible() ? 'ended' : 'uncertain';
  };

  const endRow = (tx: WriteTx, row: SessionRow): Promise<void> =>
    endSession(tx, row, row.member, clock.now());

  /** The row of a token, with the token's rotation count. */
  const rowOf = async (
    reads: StoreReads,
    token: string,
  ): Promise<{ readonly row: SessionRow; readonly rotation: number } | undefined> => {
    const sealed = refreshTokens.read(token);
    if (sealed) {
      const row = await reads.session(sealed.session);
      return row && { row, rotation: sealed.rotation };
    }
    // Sealed by a key that was lost: the store knows the newest token by its hash.
    const row = await reads.sessionByRefresh(refreshTokens.hash(token));
    return row && { row, rotation: row.rotation + 1 };
  };

  const rotate = (token: string, of: SessionId | undefined): Promise<Rotation> =>
    store.write(async (tx) => {
      const found = await rowOf(tx, token);
      if (!found || (of !== undefined && found.row.id !== of)) return { kind: 'unknown' };
      const { row: before, rotation } = found;
      if (before.endedAt !== null) return { kind: 'over' };
      if (rotation < before.rotation) {
        // A newer token was used, so the device had received it: this one is a copy.
        await endRow(tx, before);
        return { kind: 'ended-now', row: before, reason: 'replayed' };
      }
      const standing = await stateOf(tx, before);
      if (standing === 'uncertain') return { kind: 'uncertain' };
      const now = clock.now();
      if (standing === 'ended') {
        if (before.refreshExpiresAt > now) return { kind: 'over' };
        await endRow(tx, before);
        return { kind: 'ended-now', row: before, reason: 'expired' };
      }
      if (rotation > before.rotation + 1)
        log.info('session-newer-than-store', { session: before.id, member: before.member });
      const refresh = refreshTokens.make({ session: before.id, rotation: rotation + 1 });
      const row: SessionRow = {
        ...before,
        lastSeenAt: now,
        refreshHash: refreshTokens.hash(refresh),
        rotation,
        refreshExpiresAt: now + limits.refreshDays * DAY_MS,
      };
      await tx.putSession(row);
      return { kind: 'rotated', row, refresh };
    });

  const told = ({ id, member }: SessionRow, reason: EndReason): void => {
    const line = { session: id, member, reason };
    if (reason === 'replayed') log.warn('session-ended', line);
    else log.info('session-ended', line);
  };

  const tokensFor = async (row: SessionRow, refresh: string): Promise<Tokens> => ({
    ...(await access.issue(row.member, row.id)),
    refresh,
  });

  return {
    async start(tx, member, device) {
      const now = clock.now();
      const id = newId<SessionId>(random);
      const refresh = refreshTokens.make({ session: id, rotation: 1 });
      const row: SessionRow = {
        id,
        member,
        device,
        createdAt: now,
        lastSeenAt: now,
        endedAt: null,
        refreshHash: refreshTokens.hash(refresh),
        rotation: 0,
        refreshExpiresAt: now + limits.refreshDays * DAY_MS,
      };
      await tx.putSession(row);
      const session = { id, device, createdAt: now, lastSeenAt: now, isLive: true };
      await tx.append(memberFeed(member), {
        by: member,
        kind: 'session-started',
        op: null,
        body: { session },
      });
      return { row, refresh };
    },
    tokensFor,
    async admit(token) {
      const claims = access.verify(token);
      if (!claims.ok) return fail(untrusted);
      const { member, session, expiresAt } = claims.value;
      const row = await store.session(session);
      if (!row || row.member !== member) return fail(ended);
      const standing = await stateOf(store, row);
      if (standing !== 'stands') return fail(standing === 'ended' ? ended : clockIsOff);
      return ok({ member, session, accessExpiresAt: expiresAt });
    },
    async isStanding(session, member) {
      const row = await store.session(session);
      return row !== undefined && row.member === member && (await stateOf(store, row)) !== 'ended';
    },
    async refresh(token, of) {
      // Neither a made-up token nor one of a session that ended must cost a turn of the writer.
      const found = await rowOf(store, token);
      if (!found || (of !== undefined && found.row.id !== of)) return fail(untrusted);
      if (found.row.endedAt !== null) return fail(ended);
      const rotation = await rotate(token, of);
      switch (rotation.kind) {
        case 'unknown':
          return fail(untrusted);
        case 'over':
          return fail(ended);
        case 'uncertain':
          return fail(clockIsOff);
        case 'ended-now':
          told(rotation.row, rotation.reason);
          return fail(ended);
        case 'rotated': {
          const tokens = await tokensFor(rotation.row, rotation.refresh);
          const { member, id } = rotation.row;
          return ok({
            member,
            session: id,
            tokens,
            accessExpiresAt: clock.now() + tokens.accessExpiresInMs,
          });
        }
        default:
          return assertNever(rotation);
      }
    },
    async end(session, member, reason) {
      const known = await store.session(session);
      if (known?.member !== member) return false;
      if (known.endedAt !== null) return true;
      const row = await store.write(async (tx) => {
        const found = await tx.session(session);
        if (found) await endRow(tx, found);
        return found;
      });
      if (row && row.endedAt === null) told(row, reason);
      return true;
    },
    async endByRefresh(token) {
      // Anybody can send a token: only one whose session has not ended costs a turn of the writer.
      const known = await rowOf(store, token);
      if (!known || known.row.endedAt !== null) return known !== undefined;
      const row = await store.write(async (tx) => {
        const found = await rowOf(tx, token);
        if (found) await endRow(tx, found.row);
        return found?.row;
      });
      if (row && row.endedAt === null) told(row, 'signed-out');
      return row !== undefined;
    },
    async endAll(tx, member, but) {
      const rows = (await tx.sessions(member)).filter((row) => row.id !== but);
      for (const row of rows) await endRow(tx, row);
      return rows.length;
    },
    list: (member) => store.sessions(member),
    async tidy() {
      if (!isClockPlausible()) return 0;
      const count = await store.write((tx) =>
        tx.removeSessions(clock.now() - limits.refreshDays * DAY_MS),
      );
      if (count > 0) log.info('sessions-forgotten', { count });
      return count;
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    dispose() {
      stopListening();
      listeners.clear();
    },
  };
}

/** The session whose end an event tells. Member feeds are busy with read marks, so the text is looked at before it is parsed. */
function endedSession({ feed, json }: StoredEvent): SessionId | undefined {
  if (!feed.startsWith('member/') || !json.includes('"session-ended"')) return undefined;
  const event = JSON.parse(json) as { readonly kind?: unknown; readonly session?: unknown };
  return event.kind === 'session-ended' && typeof event.session === 'string'
    ? (event.session as SessionId)
    : undefined;
}
