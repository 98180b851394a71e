/** Who is in a channel: joining, leaving, adding and removing others. */
import type { Refusal } from '../../protocol/errors.ts';
import type { MutationOf } from '../../protocol/frames-up.ts';
import { channelFeed, type MemberId } from '../../protocol/ids.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { EventDraft } from '../ports/store.ts';
import { checkChannel } from './access.ts';
import { depart, enter } from './membership.ts';
import { asItIs, done, doneBefore, refused, type Outcome, type Situation } from './outcome.ts';
import { outranks } from './policy.ts';

export async function join(situation: Situation, ask: MutationOf<'join'>): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const before = doneBefore(await tx.repeated(feed, draftOf(by, 'joined', ask.op, by)));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'join');
  if (!access.ok) return access;
  if (await tx.isInChannel(ask.channel, by)) return asItIs(situation, feed);
  const room = await checkRoom(situation, ask.channel, by);
  if (!room.ok) return room;
  return done(await enter(situation, access.value.channel, by, ask.op));
}

export async function leave(situation: Situation, ask: MutationOf<'leave'>): Promise<Outcome> {
  const { tx, by } = situation;
  const before = doneBefore(
    await tx.repeated(channelFeed(ask.channel), draftOf(by, 'left', ask.op, by)),
  );
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'leave');
  if (!access.ok) return access;
  return done(await depart(situation, access.value.channel, by, ask.op));
}

export async function addMember(
  situation: Situation,
  ask: MutationOf<'add-member'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const before = doneBefore(await tx.repeated(feed, draftOf(by, 'joined', ask.op, ask.member)));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'add-member');
  if (!access.ok) return access;
  const member = await tx.member(ask.member);
  if (!member?.isActive) return refused('not-found', 'member');
  if (await tx.isInChannel(ask.channel, ask.member)) return asItIs(situation, feed);
  const room = await checkRoom(situation, ask.channel, ask.member);
  if (!room.ok) return room;
  return done(await enter(situation, access.value.channel, ask.member, ask.op));
}

export async function removeMember(
  situation: Situation,
  ask: MutationOf<'remove-member'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const before = doneBefore(await tx.repeated(feed, draftOf(by, 'left', ask.op, ask.member)));
  if (before) return before;
  const access = await checkChannel(
    tx,
    by,
    ask.channel,
    ask.member === by ? 'leave' : 'remove-member',
  );
  if (!access.ok) return access;
  const member = await tx.member(ask.member);
  if (!member) return refused('not-found', 'member');
  if (!(await tx.isInChannel(ask.channel, ask.member))) return asItIs(situation, feed);
  const { asker, channel } = access.value;
  const mayRemove =
    ask.member === by || channel.createdBy === by || outranks(asker.role, member.role);
  if (!mayRemove) return refused('not-allowed');
  return done(await depart(situation, channel, ask.member, ask.op));
}

const draftOf = (
  by: MemberId,
  kind: 'joined' | 'left',
  op: EventDraft['op'],
  member: MemberId,
): EventDraft => ({
  by,
  kind,
  op,
  body: { member },
});

async function checkRoom(
  { tx, limits }: Situation,
  channel: Parameters<typeof tx.channel>[0],
  member: MemberId,
): Promise<Result<null, Refusal>> {
  if ((await tx.memberCount(channel)) >= limits.channelMembers)
    return refused('limit-reached', 'channel');
  if ((await tx.channelCount(member)) >= limits.channelsPerMember)
    return refused('limit-reached', 'member');
  return ok(null);
}
