/**
 * Invites: what a code is good for, for how long, how often. A code is shown once, when it is made; the store knows its hash. Taking
 * a code and what it is taken for happen in one transaction of the caller, so that two people racing for the last use cannot both
 * win. The setup code is an invite for the role `owner`, made at each start of a relay without a team, replacing the one before.
 */
import type { Role } from '../../protocol/entities.ts';
import { refuse, type Refusal } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { inviteFault, mayInTeam } from '../domain/policy.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { InviteRow, Store, StoreReads, WriteTx } from '../ports/store.ts';
import { codeHash, makeCode } from './codes.ts';
import { newId } from './new-id.ts';

export interface NewInvite {
  readonly role: Exclude<Role, 'owner'>;
  readonly days: number;
  readonly uses: number;
  readonly createdBy: MemberId | null;
}

export interface MadeInvite {
  readonly invite: InviteRow;
  /** Told once; only its hash is kept. */
  readonly code: string;
}

export interface Invites {
  create(wish: NewInvite): Promise<MadeInvite>;
  /** Makes the code that sets the team up, and ends the one before. The caller knows that there is no team. */
  createSetup(): Promise<MadeInvite>;
  /** The invite a code stands for, if it is still good. One refusal for unknown, used and expired. */
  find(reads: StoreReads, code: string): Promise<Result<InviteRow, Refusal>>;
  /** Uses the code up by one, in the caller's transaction. */
  take(tx: WriteTx, code: string): Promise<Result<InviteRow, Refusal>>;
  /** Those that are still good, newest first. */
  list(): Promise<readonly InviteRow[]>;
  /** @param by  ends only what they made */
  end(id: string, by?: MemberId): Promise<boolean>;
}

const DAY_MS = 24 * 60 * 60_000;

export interface InvitesParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** While it is not, no invite runs out for good. */
  readonly isClockPlausible: () => boolean;
  readonly limits: Pick<Limits, 'inviteDays'>;
}

/**
 * An invite is worth what its maker is: nothing once they were deactivated, or where they could not
 * give it any more. So it is with an admin's invite for a year when the admin becomes a member.
 */
async function isBacked(reads: StoreReads, invite: InviteRow): Promise<boolean> {
  const { createdBy, role, createdAt, expiresAt, usesLeft } = invite;
  if (createdBy === null) return true;
  const [maker, team] = [await reads.member(createdBy), await reads.team()];
  if (maker?.isActive !== true || team === undefined || !mayInTeam(maker.role, 'invite'))
    return false;
  const terms = { role, days: (expiresAt - createdAt) / DAY_MS, uses: usesLeft };
  return inviteFault(maker.role, terms, team) === null;
}

export function createInvites({
  store,
  clock,
  random,
  isClockPlausible,
  limits,
}: InvitesParts): Invites {
  const isGood = (invite: InviteRow): boolean =>
    invite.usesLeft > 0 && invite.expiresAt > clock.now();
  const find = async (reads: StoreReads, code: string): Promise<Result<InviteRow, Refusal>> => {
    const invite = await reads.invite(codeHash(code));
    if (!invite || invite.usesLeft <= 0 || !(await isBacked(reads, invite)))
      return fail(refuse('wrong-credentials', { field: 'code' }));
    if (isGood(invite)) return ok(invite);
    return fail(
      isClockPlausible()
        ? refuse('wrong-credentials', { field: 'code' })
        : refuse('unavailable', { field: 'code' }),
    );
  };
  const draw = (wish: {
    readonly role: Role;
    readonly days: number;
    readonly uses: number;
    readonly createdBy: MemberId | null;
  }): MadeInvite => {
    const code = makeCode(random);
    const now = clock.now();
    return {
      code,
      invite: {
        id: newId(random),
        codeHash: codeHash(code),
        role: wish.role,
        createdBy: wish.createdBy,
        createdAt: now,
        expiresAt: now + wish.days * DAY_MS,
        usesLeft: wish.uses,
      },
    };
  };
  return {
    async create(wish) {
      const made = draw(wish);
      await store.write(async (tx) => {
        for (const old of await tx.invites())
          if (old.role !== 'owner' && !isGood(old) && isClockPlausible())
            await tx.removeInvite(old.id);
        await tx.putInvite(made.invite);
      });
      return made;
    },
    async createSetup() {
      const made = draw({ role: 'owner', days: limits.inviteDays, uses: 1, createdBy: null });
      await store.write(async (tx) => {
        for (const { id, role } of await tx.invites())
          if (role === 'owner') await tx.removeInvite(id);
        await tx.putInvite(made.invite);
      });
      return made;
    },
    find,
    async take(tx, code) {
      const found = await find(tx, code);
      if (!found.ok) return found;
      const left = { ...found.value, usesLeft: found.value.usesLeft - 1 };
      if (left.usesLeft > 0) await tx.putInvite(left);
      else await tx.removeInvite(left.id);
      return ok(left);
    },
    async list() {
      const all = await store.invites();
      return all
        .filter((invite) => invite.role !== 'owner' && isGood(invite))
        .sort((a, b) => b.createdAt - a.createdAt);
    },
    async end(id, by) {
      const isIn = async (reads: StoreReads): Promise<boolean> =>
        (await reads.invites()).some(
          (invite) =>
            invite.id === id &&
            invite.role !== 'owner' &&
            (by === undefined || invite.createdBy === by),
        );
      // An id that nothing has must not cost a turn of the writer.
      if (!(await isIn(store))) return false;
      return store.write(async (tx) => {
        const isThere = await isIn(tx);
        if (isThere) await tx.removeInvite(id);
        return isThere;
      });
    },
  };
}
