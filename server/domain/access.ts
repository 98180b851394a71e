/** Finds who asks and how they stand to a channel, and holds both against the policy. The one way by which use cases reach a channel. */
import type { Channel, Member } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { ChannelId, MemberId } from '../../protocol/ids.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { Standing, StoreReads } from '../ports/store.ts';
import { refused } from './outcome.ts';
import {
  mayInChannel,
  mayInTeam,
  relationTo,
  type ChannelAction,
  type TeamAction,
} from './policy.ts';

export interface ChannelAccess {
  readonly asker: Member;
  readonly channel: Channel;
}

/** The asker as a member who may act at all. */
export async function checkMember(
  reads: StoreReads,
  by: MemberId,
): Promise<Result<Member, Refusal>> {
  return active(await reads.member(by));
}

export async function checkTeam(
  reads: StoreReads,
  by: MemberId,
  action: TeamAction,
): Promise<Result<Member, Refusal>> {
  const asker = await checkMember(reads, by);
  return !asker.ok || mayInTeam(asker.value.role, action) ? asker : refused('not-allowed');
}

export async function checkChannel(
  reads: StoreReads,
  by: MemberId,
  id: ChannelId,
  action: ChannelAction,
): Promise<Result<ChannelAccess, Refusal>> {
  return judge(await reads.standing(id, by), by, action);
}

/** The same for whoever has asked the store how they stand. */
export function judge(
  { member, channel, isIn }: Standing,
  by: MemberId,
  action: ChannelAction,
): Result<ChannelAccess, Refusal> {
  const asker = active(member);
  if (!asker.ok) return asker;
  if (!channel) return refused('not-found');
  const { role } = asker.value;
  const relation = relationTo(channel, { id: by, role, isIn });
  const verdict = mayInChannel({ role, relation, channel }, action);
  return verdict === 'yes' ? ok({ asker: asker.value, channel }) : refused(verdict);
}

const active = (member: Member | undefined): Result<Member, Refusal> =>
  member?.isActive ? ok(member) : refused('session-ended');
