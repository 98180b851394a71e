/** What a restore reads of the stores that it compares: the backup, and the store it replaces. */
import type { Role } from '../../protocol/entities.ts';
import type { ChannelId, MemberId, SessionId, TeamId } from '../../protocol/ids.ts';

/** What a backup holds, for the operator to compare with what they expect. */
export interface BackupSummary {
  readonly team: { readonly id: TeamId; readonly name: string };
  readonly members: number;
  readonly messages: number;
  /** Epoch ms of the newest event; null when there is none. */
  readonly newestAt: number | null;
}

/** Everything in a store that lets somebody in, at one moment. */
export interface Rights {
  readonly team: TeamId | undefined;
  readonly members: ReadonlyMap<MemberId, MemberRights>;
  /** Sessions that have not ended. */
  readonly sessions: ReadonlyMap<SessionId, { readonly member: MemberId; readonly device: string }>;
  /** Of channels that not everybody may join, by `channel member`. */
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly invites: ReadonlyMap<string, InviteRights>;
}
export interface MemberRights {
  readonly handle: string;
  readonly name: string;
  readonly role: Role;
  readonly isActive: boolean;
}
export interface Membership {
  readonly channel: ChannelId;
  readonly name: string;
  readonly member: MemberId;
}
export interface InviteRights {
  readonly role: Role;
  readonly uses: number;
  readonly expiresAt: number;
}
