/**
 * Who may do what, in one table. Every right of the relay is a cell here; use cases and gateway ask, nobody else decides.
 *
 * Two kinds of rights: those of the team hang on the role alone, those of a channel on role and relation to the channel. A relation
 * answers how the asker stands to it: outside one they may see (`beside`), in it (`in`), or in it and its maker (`maker`). A channel
 * that the asker may not see has no relation at all, and every question about it is answered like one about a channel that does not
 * exist: `not-found`.
 *
 * Decided here: a public channel may be read before joining (browsing), but not by guests; owners and admins have no window into
 * private channels they are not in; guests see the directory (it is one feed for all, names of public channels included) and nothing
 * of channels they were not added to; membership of direct and group conversations never changes; in an archived channel everything
 * may be read and nothing be changed but the archiving itself.
 */
import type { Channel, ChannelKind, Role, Team } from '../../protocol/entities.ts';

export const TEAM_ACTIONS = [
  'create-public',
  'create-private',
  'open-direct',
  'set-role',
  'set-active',
  'change-team',
  'invite',
  'see-usage',
] as const;
export type TeamAction = (typeof TEAM_ACTIONS)[number];

const STAFF: readonly Role[] = ['owner', 'admin'];
const FULL: readonly Role[] = ['owner', 'admin', 'member'];
const ALL: readonly Role[] = ['owner', 'admin', 'member', 'guest'];

export const TEAM_POLICY: Readonly<Record<TeamAction, readonly Role[]>> = {
  'create-public': FULL,
  'create-private': FULL,
  'open-direct': ALL,
  'set-role': STAFF,
  'set-active': STAFF,
  'change-team': STAFF,
  /** How much of it: `inviteFault`. */
  invite: FULL,
  /** How busy the relay is tells how busy the others are. */
  'see-usage': STAFF,
};

export const mayInTeam = (role: Role, action: TeamAction): boolean =>
  TEAM_POLICY[action].includes(role);

export const CHANNEL_ACTIONS = [
  'see',
  'read',
  'post',
  'type',
  'edit-own',
  'edit-other',
  'delete-own',
  'delete-other',
  'mark',
  'join',
  'leave',
  'add-member',
  'remove-member',
  'change',
  'archive',
] as const;
export type ChannelAction = (typeof CHANNEL_ACTIONS)[number];

export const RELATIONS = ['hidden', 'beside', 'in', 'maker'] as const;
export type Relation = (typeof RELATIONS)[number];

interface ChannelRule {
  readonly beside: readonly Role[];
  readonly in: readonly Role[];
  /** Beyond what `in` allows. */
  readonly maker: readonly Role[];
  readonly kinds: readonly ChannelKind[];
  /** Whether it may be done while the channel is archived. */
  readonly archived: boolean;
}

const ANY: readonly ChannelKind[] = ['public', 'private', 'direct', 'group'];
const NAMED: readonly ChannelKind[] = ['public', 'private'];
const NOBODY: readonly Role[] = [];

export const CHANNEL_POLICY: Readonly<Record<ChannelAction, ChannelRule>> = {
  see: { beside: FULL, in: ALL, maker: ALL, kinds: ANY, archived: true },
  read: { beside: FULL, in: ALL, maker: ALL, kinds: ANY, archived: true },
  post: { beside: NOBODY, in: ALL, maker: ALL, kinds: ANY, archived: false },
  type: { beside: NOBODY, in: ALL, maker: ALL, kinds: ANY, archived: false },
  'edit-own': { beside: NOBODY, in: ALL, maker: ALL, kinds: ANY, archived: false },
  'edit-other': { beside: NOBODY, in: NOBODY, maker: NOBODY, kinds: ANY, archived: false },
  'delete-own': { beside: NOBODY, in: ALL, maker: ALL, kinds: ANY, archived: false },
  'delete-other': { beside: NOBODY, in: STAFF, maker: NOBODY, kinds: NAMED, archived: false },
  /** Read mark and level: the member's own, so also in an archived channel. */
  mark: { beside: NOBODY, in: ALL, maker: ALL, kinds: ANY, archived: true },
  join: { beside: FULL, in: FULL, maker: FULL, kinds: ['public'], archived: false },
  leave: { beside: NOBODY, in: ALL, maker: ALL, kinds: NAMED, archived: true },
  'add-member': { beside: NOBODY, in: FULL, maker: FULL, kinds: NAMED, archived: false },
  'remove-member': { beside: NOBODY, in: STAFF, maker: FULL, kinds: NAMED, archived: false },
  change: { beside: NOBODY, in: FULL, maker: FULL, kinds: NAMED, archived: false },
  archive: { beside: NOBODY, in: STAFF, maker: FULL, kinds: NAMED, archived: true },
};

export interface Standing {
  readonly role: Role;
  readonly relation: Relation;
  readonly channel: Pick<Channel, 'kind' | 'isArchived'>;
}

export type Verdict = 'yes' | 'not-found' | 'not-allowed' | 'archived';

export function relationTo(
  channel: Pick<Channel, 'kind' | 'createdBy'>,
  asker: { readonly id: string; readonly role: Role; readonly isIn: boolean },
): Relation {
  if (asker.isIn) return channel.createdBy === asker.id ? 'maker' : 'in';
  return channel.kind === 'public' && CHANNEL_POLICY.see.beside.includes(asker.role)
    ? 'beside'
    : 'hidden';
}

export function mayInChannel(
  { role, relation, channel }: Standing,
  action: ChannelAction,
): Verdict {
  if (relation === 'hidden') return 'not-found';
  const rule = CHANNEL_POLICY[action];
  const roles = relation === 'maker' ? [...rule.in, ...rule.maker] : rule[relation];
  if (!rule.kinds.includes(channel.kind) || !roles.includes(role)) return 'not-allowed';
  return channel.isArchived && !rule.archived ? 'archived' : 'yes';
}

const RANK: Readonly<Record<Role, number>> = { owner: 3, admin: 2, member: 1, guest: 0 };

/** Admins act on those below them; owners on everybody. */
export const outranks = (actor: Role, other: Role): boolean =>
  actor === 'owner' || RANK[actor] > RANK[other];

/** What an invite is worth. */
export interface InviteTerms {
  readonly role: Role;
  readonly days: number;
  readonly uses: number;
}

/**
 * What of an invite somebody of this role may not give; null where it is well. Members give what
 * the team allows them, owners and admins as much as any invite may be, and only owners make
 * admins.
 */
export function inviteFault(
  role: Role,
  { role: given, days, uses }: InviteTerms,
  team: Pick<Team, 'memberInviteDays' | 'memberInviteUses'>,
): 'role' | 'days' | 'uses' | null {
  if (given !== 'member' && given !== 'guest' && role !== 'owner') return 'role';
  if (STAFF.includes(role)) return null;
  if (days > team.memberInviteDays) return 'days';
  return uses > team.memberInviteUses ? 'uses' : null;
}

/** A role one may give away: at most one's own. */
export const mayGive = (actor: Role, role: Role): boolean => RANK[actor] >= RANK[role];
