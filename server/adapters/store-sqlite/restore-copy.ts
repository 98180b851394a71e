/**
 * Looks at store files for a restore: prepares the copy of a backup so that it can take a store's
 * place, and reads the rights in a store so that two of them can be compared. The caller holds the
 * lock of the store.
 */
import Database from 'better-sqlite3';
import type { MemberId, SessionId, TeamId } from '../../../protocol/ids.ts';
import type { Random } from '../../ports/clock.ts';
import type {
  BackupSummary,
  InviteRights,
  MemberRights,
  Membership,
  Rights,
} from '../../ports/restore.ts';
import { StoreOpenFault } from '../../ports/store-open-fault.ts';
import { auditStore } from './audit.ts';
import { connect, type Connection } from './database.ts';
import { isDamage } from './faults.ts';
import { checkMove, identify, markAsCopy } from './identity.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/list.ts';

/**
 * Makes the copy ready: takes in its log, migrates, checks and gives it a new epoch. The copy is
 * one file afterwards, flushed to the disk.
 * @param path  the copy
 * @param from  the backup, for the words of a fault
 * @throws StoreOpenFault  it is damaged, no store of a relay, or a store without a team
 */
export function prepareCopy(path: string, from: string, random: Random): BackupSummary {
  let db: Connection | undefined;
  try {
    db = connect(path);
    migrate(db, path, MIGRATIONS);
    checkMove(db, path);
    const faults = auditStore(db);
    if (faults.length > 0) throw damaged(from, faults.slice(0, 3).join('; '));
    const team = db.prepare('SELECT id, name FROM team').get() as BackupSummary['team'] | undefined;
    if (!team)
      throw new StoreOpenFault('team-missing', `${from} holds no team, so it is no backup.`);
    const summary = summaryOf(db, team);
    markAsCopy(db);
    identify(db, random);
    db.pragma('journal_mode = DELETE');
    return summary;
  } catch (error) {
    if (isDamage(error)) throw damaged(from, (error as Error).message, error);
    if (error instanceof StoreOpenFault)
      throw new StoreOpenFault(error.kind, error.message.replaceAll(path, from), error);
    throw error;
  } finally {
    db?.close();
  }
}

const damaged = (from: string, why: string, cause?: unknown): StoreOpenFault =>
  new StoreOpenFault('not-a-store', `${from} is damaged, or no backup (${why}).`, cause);

function summaryOf(db: Connection, team: BackupSummary['team']): BackupSummary {
  const count = (sql: string): number => db.prepare(sql).pluck().get() as number;
  const newestAt = count('SELECT coalesce(max(at), 0) FROM feed');
  return {
    team: { id: team.id, name: team.name },
    members: count('SELECT count(*) FROM member'),
    messages: count("SELECT count(*) FROM event WHERE kind = 'posted'"),
    newestAt: newestAt === 0 ? null : newestAt,
  };
}

/** @throws Error  SQLite's own, when the file is damaged or of another layout */
export function readRights(path: string): Rights {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const rows = <T>(sql: string): T[] => db.prepare(sql).all() as T[];
    const [team] = rows<{ id: TeamId }>('SELECT id FROM team');
    const members = rows<{ id: MemberId; active: number } & Omit<MemberRights, 'isActive'>>(
      'SELECT id, handle, name, role, is_active AS active FROM member',
    );
    const sessions = rows<{ id: SessionId; member: MemberId; device: string }>(
      'SELECT session.id, member.id AS member, device FROM session ' +
        'JOIN member ON member.no = session.member WHERE ended_at IS NULL',
    );
    const memberships = rows<Membership>(
      'SELECT channel.id AS channel, channel.name, member.id AS member FROM membership ' +
        'JOIN channel ON channel.no = membership.channel ' +
        "JOIN member ON member.no = membership.member WHERE channel.kind = 'private'",
    );
    const invites = rows<{ id: string } & InviteRights>(
      'SELECT id, role, uses_left AS uses, expires_at AS expiresAt FROM invite ' +
        "WHERE role <> 'owner' AND uses_left > 0",
    );
    return {
      team: team?.id,
      members: new Map(
        members.map(({ id, active, ...one }) => [id, { ...one, isActive: active !== 0 }]),
      ),
      sessions: new Map(sessions.map(({ id, ...one }) => [id, one])),
      memberships: new Map(memberships.map((one) => [`${one.channel} ${one.member}`, one])),
      invites: new Map(invites.map(({ id, ...one }) => [id, one])),
    };
  } finally {
    db.close();
  }
}
