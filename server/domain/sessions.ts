/** Sessions as the member's own feed tells them. Tokens and devices are the business of `server/auth`. */
import type { MemberId } from '../../protocol/ids.ts';
import { memberFeed } from '../../protocol/ids.ts';
import type { SessionRow, WriteTx } from '../ports/store.ts';

/** Ends the session for good. Its live sockets are closed when the event is heard. */
export async function endSession(
  tx: WriteTx,
  session: SessionRow,
  by: MemberId,
  now: number,
): Promise<void> {
  if (session.endedAt !== null) return;
  await tx.putSession({ ...session, endedAt: now });
  await tx.append(memberFeed(session.member), {
    by,
    kind: 'session-ended',
    op: null,
    body: { session: session.id },
  });
}

export async function endAllSessions(
  tx: WriteTx,
  member: MemberId,
  by: MemberId,
  now: number,
): Promise<void> {
  for (const session of await tx.sessions(member)) await endSession(tx, session, by, now);
}
