/**
 * Accounts: how a person gets into the team. Setting it up, joining with an invite, signing in, changing and resetting passwords.
 * Guarantees that a member, their password and their first session appear together or not at all; that an unknown handle costs and
 * says exactly what a wrong password does; and that guessing and signing in are slowed before any hash is computed.
 */
import type { Member, Role, Team } from '../../protocol/entities.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import type { SignedIn } from '../../protocol/http.ts';
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import { isHandle } from '../../protocol/names.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { createMember, createTeamWithOwner } from '../domain/members.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { InviteRow, Store, WriteTx } from '../ports/store.ts';
import { makeCode } from './codes.ts';
import type { Invites } from './invites.ts';
import type { Passwords } from './passwords.ts';
import { newId } from './new-id.ts';
import { writeOrRefuse } from './refusable.ts';
import { makeRoomForSession, type SessionLimits } from './session-limit.ts';
import type { Sessions, StartedSession } from './sessions.ts';
import type { Attempt, Throttle, Verdict } from './throttle.ts';

export interface PersonDraft {
  readonly handle: string;
  readonly name: string;
}

export interface SetupAsk extends PersonDraft {
  readonly code: string;
  readonly team: string;
  readonly password: string;
  readonly device: string;
}

export interface JoinAsk extends PersonDraft {
  readonly code: string;
  readonly password: string;
  readonly device: string;
}

export interface SignInAsk {
  /** As typed. */
  readonly handle: string;
  readonly password: string;
  readonly device: string;
}

export interface InviteFacts {
  readonly team: Team;
  readonly role: Role;
  readonly invitedBy: string;
  readonly expiresAt: number;
}

/** Where a request comes from, for the throttle. */
export interface From {
  readonly address: string;
}

export interface Accounts {
  setup(ask: SetupAsk, from: From): Promise<Result<SignedIn, Refusal>>;
  /** What a code leads to, before a person decides. */
  lookAtInvite(code: string, from: From): Promise<Result<InviteFacts, Refusal>>;
  join(ask: JoinAsk, from: From): Promise<Result<SignedIn, Refusal>>;
  signIn(ask: SignInAsk, from: From): Promise<Result<SignedIn, Refusal>>;
  /** Ends every other session of the member. */
  changePassword(
    who: { readonly member: MemberId; readonly session: SessionId },
    current: string,
    next: string,
  ): Promise<Result<null, Refusal>>;
  /** For the operator: a fresh password, told once, in place of the old one; ends every session of the member. */
  resetPassword(member: MemberId): Promise<Result<string, Refusal>>;
  /** For the operator: a member with a fresh password, told once. */
  addMember(
    draft: PersonDraft & { readonly role: Role },
  ): Promise<Result<{ readonly member: Member; readonly password: string }, Refusal>>;
}

export interface AccountsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly invites: Invites;
  readonly throttle: Throttle;
  /** False while the clock is far from the newest event: nothing is ended for its age then. */
  readonly isClockPlausible: () => boolean;
  readonly limits: SessionLimits;
}

/** An attempt that may be made. */
type Admission = Extract<Verdict, { readonly isAdmitted: true }>;

const wrong = refuse('wrong-credentials');
const wrongCode = refuse('wrong-credentials', { field: 'code' });
const FIRST_CHANNEL = 'general';
/** A member id nobody has: an unknown handle makes the same questions to the store as a known one. */
const NOBODY = '00000000-0000-4000-8000-000000000000' as MemberId;

export function createAccounts({
  store,
  clock,
  random,
  log,
  passwords,
  sessions,
  invites,
  throttle,
  isClockPlausible,
  limits,
}: AccountsParts): Accounts {
  /** The session, tokens and member of somebody who just proved who they are. */
  const welcome = async (
    team: Team,
    member: Member,
    { row, refresh }: StartedSession,
  ): Promise<SignedIn> => ({
    team,
    member,
    session: row.id,
    tokens: await sessions.tokensFor(row, refresh),
  });

  const admit = async (attempt: Attempt): Promise<Result<Admission, Refusal>> => {
    const verdict = await throttle.admit(attempt);
    if (verdict.isAdmitted) return ok(verdict);
    log.warn('sign-in-throttled', { address: attempt.address });
    return fail(refuse('rate-limited', { retryAfterMs: verdict.retryAfterMs }));
  };

  /** The hash of a password that was chosen with this invite in hand. */
  const hashFor = async ({ id }: InviteRow, password: string): Promise<Result<string, Refusal>> => {
    const retryAfterMs = await throttle.admitJoin(id);
    return retryAfterMs > 0
      ? fail(refuse('rate-limited', { retryAfterMs }))
      : passwords.hash(password);
  };

  const newMember = async (
    tx: WriteTx,
    draft: PersonDraft & { readonly role: Role },
    hash: string,
  ): Promise<Result<Member, Refusal>> => {
    const added = await createMember(tx, { id: newId<MemberId>(random), ...draft }, clock.now());
    if (added.ok) await tx.putCredential({ member: added.value.id, hash });
    return added;
  };

  /** An invite for members; the setup code is none. */
  const memberInvite = (found: Result<InviteRow, Refusal>): Result<InviteRow, Refusal> =>
    found.ok && found.value.role === 'owner' ? fail(wrongCode) : found;

  return {
    async setup(ask, from) {
      if (await store.team()) return fail(refuse('setup-done'));
      const admitted = await admit(from);
      if (!admitted.ok) return admitted;
      const found = await invites.find(store, ask.code);
      if (!found.ok || found.value.role !== 'owner') return fail(wrongCode);
      const weak = passwords.check(ask.password, [ask.handle, ask.name, ask.team]);
      if (weak) return fail(weak);
      const hash = await hashFor(found.value, ask.password);
      if (!hash.ok) return hash;
      const done = await writeOrRefuse(store, async (tx) => {
        if (await tx.team()) return fail(refuse('setup-done'));
        const taken = await invites.take(tx, ask.code);
        if (!taken.ok || taken.value.role !== 'owner') return fail(wrongCode);
        const founded = await createTeamWithOwner(tx, {
          team: { id: store.teamId, name: ask.team },
          owner: { id: newId<MemberId>(random), handle: ask.handle, name: ask.name },
          channelName: FIRST_CHANNEL,
          now: clock.now(),
        });
        if (!founded.ok) return founded;
        const { team, member } = founded.value;
        await tx.putCredential({ member: member.id, hash: hash.value });
        return ok({ team, member, started: await sessions.start(tx, member.id, ask.device) });
      });
      if (!done.ok) return done;
      admitted.value.succeeded();
      log.info('team-founded', {
        team: done.value.team.id,
        member: done.value.member.id,
        session: done.value.started.row.id,
      });
      return ok(await welcome(done.value.team, done.value.member, done.value.started));
    },

    async lookAtInvite(code, from) {
      const admitted = await admit(from);
      if (!admitted.ok) return admitted;
      const found = memberInvite(await invites.find(store, code));
      const team = await store.team();
      if (!found.ok || !team) return fail(wrongCode);
      admitted.value.succeeded();
      const { role, createdBy, expiresAt } = found.value;
      const maker = createdBy === null ? undefined : await store.member(createdBy);
      return ok({ team, role, invitedBy: maker?.name ?? team.name, expiresAt });
    },

    async join(ask, from) {
      const admitted = await admit(from);
      if (!admitted.ok) return admitted;
      const found = memberInvite(await invites.find(store, ask.code));
      if (!found.ok) return found;
      // The code is good: a weak password or a taken handle is no guess.
      admitted.value.succeeded();
      const weak = passwords.check(ask.password, [ask.handle, ask.name]);
      if (weak) return fail(weak);
      if (await store.memberByHandle(ask.handle)) return fail(refuse('taken', { field: 'handle' }));
      const hash = await hashFor(found.value, ask.password);
      if (!hash.ok) return hash;
      const done = await writeOrRefuse(store, async (tx) => {
        const team = await tx.team();
        const taken = memberInvite(await invites.take(tx, ask.code));
        if (!team || !taken.ok) return fail(wrongCode);
        const member = await newMember(
          tx,
          { handle: ask.handle, name: ask.name, role: taken.value.role },
          hash.value,
        );
        if (!member.ok) return member;
        return ok({
          team,
          member: member.value,
          started: await sessions.start(tx, member.value.id, ask.device),
        });
      });
      if (!done.ok) return done;
      log.info('member-joined', {
        member: done.value.member.id,
        session: done.value.started.row.id,
      });
      return ok(await welcome(done.value.team, done.value.member, done.value.started));
    },

    async signIn(ask, from) {
      const handle = typedHandle(ask.handle);
      const admitted = await admit({ ...from, handle });
      if (!admitted.ok) return admitted;
      const known = isHandle(handle) ? await store.memberByHandle(handle) : undefined;
      const credential = await store.credential(known?.id ?? NOBODY);
      const verdict = await passwords.verify(
        ask.password,
        credential?.hash,
        admitted.value.isFamiliar ? 'known' : 'stranger',
      );
      if (!verdict.ok || !verdict.value.isRight || !known) admitted.value.failed();
      if (!verdict.ok) return verdict;
      if (!verdict.value.isRight || !known) {
        log.info('sign-in-refused', { address: from.address, member: known?.id });
        return fail(wrong);
      }
      const renewed = verdict.value.isOutdated ? await passwords.hash(ask.password) : undefined;
      const done = await writeOrRefuse(store, async (tx) => {
        const team = await tx.team();
        const member = await tx.member(known.id);
        // The password may have been changed while it was checked.
        const isStill = (await tx.credential(known.id))?.hash === credential?.hash;
        if (!team || !member?.isActive || !isStill) return fail(wrong);
        const room = await makeRoomForSession(tx, member.id, {
          now: clock.now(),
          isClockPlausible,
          limits,
        });
        if (!room.ok) return room;
        if (renewed?.ok) await tx.putCredential({ member: member.id, hash: renewed.value });
        const started = await sessions.start(tx, member.id, ask.device);
        return ok({ team, member, started, unused: room.value });
      });
      const wasRight = done.ok || done.error.kind === 'too-many-sessions';
      if (wasRight) admitted.value.succeeded();
      else admitted.value.failed();
      if (!done.ok) return done;
      const { unused } = done.value;
      if (unused)
        log.info('session-ended', { session: unused.id, member: known.id, reason: 'unused' });
      log.info('signed-in', {
        member: done.value.member.id,
        session: done.value.started.row.id,
        isRehashed: renewed?.ok === true,
      });
      return ok(await welcome(done.value.team, done.value.member, done.value.started));
    },

    async changePassword(who, current, next) {
      // In capitals, which no typed handle has.
      const admitted = await admit({
        address: `session ${who.session}`,
        handle: `MEMBER ${who.member}`,
      });
      if (!admitted.ok) return admitted;
      const member = await store.member(who.member);
      const credential = await store.credential(who.member);
      const verdict = await passwords.verify(current, credential?.hash, 'known');
      if (!verdict.ok || !verdict.value.isRight) admitted.value.failed();
      if (!verdict.ok) return verdict;
      if (!verdict.value.isRight || !member)
        return fail(refuse('wrong-credentials', { field: 'current' }));
      admitted.value.succeeded();
      const weak = passwords.check(next, [member.handle, member.name]);
      if (weak) return fail({ ...weak, field: 'next' });
      const hash = await passwords.hash(next);
      if (!hash.ok) return hash;
      const done = await writeOrRefuse(store, async (tx) => {
        if ((await tx.credential(who.member))?.hash !== credential?.hash) return fail(wrong);
        await tx.putCredential({ member: who.member, hash: hash.value });
        return ok(await sessions.endAll(tx, who.member, who.session));
      });
      if (!done.ok) return done;
      log.info('password-changed', {
        member: who.member,
        session: who.session,
        sessionsEnded: done.value,
      });
      return ok(null);
    },

    async resetPassword(member) {
      const password = makeCode(random);
      const hash = await passwords.hash(password);
      if (!hash.ok) return hash;
      const done = await writeOrRefuse(store, async (tx) => {
        if (!(await tx.member(member))) return fail(refuse('not-found'));
        await tx.putCredential({ member, hash: hash.value });
        return ok(await sessions.endAll(tx, member));
      });
      if (!done.ok) return done;
      log.info('password-reset', { member, sessionsEnded: done.value });
      return ok(password);
    },

    async addMember(draft) {
      const password = makeCode(random);
      const hash = await passwords.hash(password);
      if (!hash.ok) return hash;
      const done = await writeOrRefuse(store, async (tx) => {
        if (!(await tx.team())) return fail(refuse('not-found'));
        return newMember(tx, draft, hash.value);
      });
      if (!done.ok) return done;
      log.info('member-added', { member: done.value.id });
      return ok({ member: done.value, password });
    },
  };
}

/** The handle a person means: `@Ada ` is `ada`. */
const typedHandle = (typed: string): string =>
  typed.trim().replace(/^@/, '').normalize('NFC').toLowerCase();
