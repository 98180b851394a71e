/**
 * How many devices a member may be signed in on. A new sign-in ends the session that was unused longest; where all of
 * them were used lately it is refused instead, since each belongs to a device that somebody needs.
 */
import { refuse, type Refusal } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { fail, ok, type Result } from '../../protocol/result.ts';
import { endSession } from '../domain/sessions.ts';
import type { SessionRow, WriteTx } from '../ports/store.ts';

export type SessionLimits = Pick<Limits, 'sessionsPerMember' | 'sessionUnusedDays'>;

const DAY_MS = 24 * 60 * 60_000;

/**
 * Makes room for one more session in the caller's transaction.
 * @returns the session that was ended for it, if one was
 */
export async function makeRoomForSession(
  tx: WriteTx,
  member: MemberId,
  {
    now,
    isClockPlausible,
    limits,
  }: {
    readonly now: number;
    readonly isClockPlausible: () => boolean;
    readonly limits: SessionLimits;
  },
): Promise<Result<SessionRow | undefined, Refusal>> {
  const sessions = await tx.sessions(member);
  if (sessions.length < limits.sessionsPerMember) return ok(undefined);
  // A clock that jumped ahead would make every device look unused, and an ended session stays ended.
  if (!isClockPlausible()) return fail(refuse('unavailable'));
  const standing = sessions.filter((row) => row.refreshExpiresAt > now);
  if (standing.length < limits.sessionsPerMember) return ok(undefined);
  const unused = standing.reduce((a, b) => (b.lastSeenAt < a.lastSeenAt ? b : a));
  if (now - unused.lastSeenAt < limits.sessionUnusedDays * DAY_MS)
    return fail(refuse('too-many-sessions'));
  await endSession(tx, unused, member, now);
  return ok(unused);
}
