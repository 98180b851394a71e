/** Rows of the store's tables, alike in every database, and the entities they stand for. Nothing here touches one. */
import type { Channel, ChannelKind, Level, Member, Role } from '../../protocol/entities.ts';
import type { ChannelId, MemberId, SessionId } from '../../protocol/ids.ts';
import type { InviteRow, SessionRow } from '../ports/store.ts';

/** The team, as `Team` calls its columns. */
export const TEAM_COLUMNS = `id, name, created_at AS "createdAt",
  member_invite_days AS "memberInviteDays", member_invite_uses AS "memberInviteUses"`;

export interface MemberColumns {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly role: string;
  readonly is_active: number;
  readonly joined_at: number;
}
export const MEMBER_COLUMNS = 'id, handle, name, role, is_active, joined_at';

export const memberOf = (row: MemberColumns): Member => ({
  id: row.id as MemberId,
  handle: row.handle,
  name: row.name,
  role: row.role as Role,
  isActive: row.is_active === 1,
  joinedAt: row.joined_at,
});

export interface ChannelColumns {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly topic: string;
  readonly is_archived: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly seq: number;
  readonly members: string | null;
}
export const CHANNEL_COLUMNS =
  'channel.id, channel.kind, channel.name, channel.topic, channel.is_archived, channel.created_at, channel.created_by, channel.seq, channel.members';

export const channelOf = (row: ChannelColumns): Channel => ({
  id: row.id as ChannelId,
  kind: row.kind as ChannelKind,
  name: row.name,
  topic: row.topic,
  isArchived: row.is_archived === 1,
  createdAt: row.created_at,
  createdBy: row.created_by as MemberId,
  ...(row.members === null ? {} : { members: row.members.split(' ') as MemberId[] }),
  seq: row.seq,
});

/** One text for a set of members, whatever their order: what makes a direct conversation the only one of its kind. */
export const membersKey = (members: readonly MemberId[]): string =>
  [...new Set(members)].sort().join(' ');

export interface ReadStateColumns extends ChannelColumns {
  readonly read_seq: number;
  readonly level: string;
}
export const readStateOf = (
  row: ReadStateColumns,
): { channel: Channel; readSeq: number; level: Level } => ({
  channel: channelOf(row),
  readSeq: row.read_seq,
  level: row.level as Level,
});

export interface SessionColumns {
  readonly id: string;
  readonly member_id: string;
  readonly device: string;
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly ended_at: number | null;
  readonly refresh_hash: string;
  readonly rotation: number;
  readonly refresh_expires_at: number;
}

export const sessionOf = (row: SessionColumns): SessionRow => ({
  id: row.id as SessionId,
  member: row.member_id as MemberId,
  device: row.device,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  endedAt: row.ended_at,
  refreshHash: row.refresh_hash,
  rotation: row.rotation,
  refreshExpiresAt: row.refresh_expires_at,
});

export interface InviteColumns {
  readonly id: string;
  readonly code_hash: string;
  readonly role: string;
  readonly created_by: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly uses_left: number;
}
export const inviteOf = (row: InviteColumns): InviteRow => ({
  id: row.id,
  codeHash: row.code_hash,
  role: row.role as Role,
  createdBy: row.created_by as MemberId | null,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  usesLeft: row.uses_left,
});
