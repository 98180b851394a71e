/**
 * Channels: making them, changing what they are called, archiving. The channel's own feed tells its members; a public channel is also
 * told to the whole team, because everybody may find it in the directory.
 */
import type { Channel } from '../../protocol/entities.ts';
import { TEAM_FEED, channelFeed, type ChannelId, type MemberId } from '../../protocol/ids.ts';
import type { MutationOf } from '../../protocol/frames-up.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { EventDraft, WriteTx } from '../ports/store.ts';
import { checkChannel, checkTeam } from './access.ts';
import { admit } from './membership.ts';
import { asItIs, done, doneBefore, refused, type Outcome, type Situation } from './outcome.ts';

export async function createChannel(
  situation: Situation,
  ask: MutationOf<'create-channel'>,
): Promise<Outcome> {
  const { tx, by, limits, now } = situation;
  const feed = channelFeed(ask.id);
  const asked = JSON.stringify([ask.id, ask.kind, ask.name, ask.topic, ask.members]);
  const before = doneBefore(
    await tx.repeated(feed, { by, kind: 'created', op: ask.op, body: {}, asked }),
  );
  if (before) return before;
  const asker = await checkTeam(tx, by, ask.kind === 'public' ? 'create-public' : 'create-private');
  if (!asker.ok) return asker;
  if (await tx.channel(ask.id)) return refused('conflict');
  if (ask.kind === 'public' && (await isNameTaken(tx, ask.name, ask.id)))
    return refused('taken', 'name');
  const members = everyoneOnce(by, ask.members);
  if (members.length > limits.channelMembers) return refused('limit-reached', 'members');
  const room = await checkRoom(situation, members, { isMade: true });
  if (!room.ok) return room;
  const channel: Channel = {
    id: ask.id,
    kind: ask.kind,
    name: ask.name,
    topic: ask.topic,
    isArchived: false,
    createdAt: now,
    createdBy: by,
    seq: 1,
  };
  return found(situation, channel, members, { op: ask.op, asked });
}

export async function openDirect(
  situation: Situation,
  ask: MutationOf<'open-direct'>,
): Promise<Outcome> {
  const { tx, by, limits, now } = situation;
  const asked = JSON.stringify([ask.id, ask.members]);
  const before = doneBefore(
    await tx.repeated(channelFeed(ask.id), { by, kind: 'created', op: ask.op, body: {}, asked }),
  );
  if (before) return before;
  const asker = await checkTeam(tx, by, 'open-direct');
  if (!asker.ok) return asker;
  const members = everyoneOnce(by, ask.members);
  if (members.length > limits.groupMembers) return refused('limit-reached', 'members');
  const existing = await tx.directChannel(members);
  if (existing) return asItIs(situation, channelFeed(existing));
  if (await tx.channel(ask.id)) return refused('conflict');
  const isGroup = members.length > 2;
  const room = await checkRoom(situation, members, { isMade: isGroup });
  if (!room.ok) return room;
  if (asker.value.role === 'guest' && !(await sharesChannelWith(tx, by, members)))
    return refused('not-allowed');
  const channel: Channel = {
    id: ask.id,
    kind: isGroup ? 'group' : 'direct',
    name: '',
    topic: '',
    isArchived: false,
    createdAt: now,
    createdBy: by,
    members: [...members],
    seq: 1,
  };
  return found(situation, channel, members, { op: ask.op, asked });
}

export async function changeChannel(
  situation: Situation,
  ask: MutationOf<'change-channel'>,
): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const asked = JSON.stringify([ask.name ?? null, ask.topic ?? null]);
  const before = doneBefore(
    await tx.repeated(feed, { by, kind: 'changed', op: ask.op, body: {}, asked }),
  );
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'change');
  if (!access.ok) return access;
  const { channel } = access.value;
  const name = ask.name ?? channel.name;
  const topic = ask.topic ?? channel.topic;
  if (name === channel.name && topic === channel.topic) return asItIs(situation, feed);
  if (
    channel.kind === 'public' &&
    name !== channel.name &&
    (await isNameTaken(tx, name, channel.id))
  )
    return refused('taken', 'name');
  const body = {
    ...(name === channel.name ? {} : { name }),
    ...(topic === channel.topic ? {} : { topic }),
  };
  return describe(
    situation,
    { ...channel, name, topic },
    { by, kind: 'changed', op: ask.op, body, asked },
  );
}

export async function archive(situation: Situation, ask: MutationOf<'archive'>): Promise<Outcome> {
  const { tx, by } = situation;
  const feed = channelFeed(ask.channel);
  const draft: EventDraft = {
    by,
    kind: 'archived',
    op: ask.op,
    body: { isArchived: ask.isArchived },
  };
  const before = doneBefore(await tx.repeated(feed, draft));
  if (before) return before;
  const access = await checkChannel(tx, by, ask.channel, 'archive');
  if (!access.ok) return access;
  const { channel } = access.value;
  if (channel.isArchived === ask.isArchived) return asItIs(situation, feed);
  return describe(situation, { ...channel, isArchived: ask.isArchived }, draft);
}

/** Writes a new channel with everybody in it. */
export async function found(
  { tx, by }: Pick<Situation, 'tx' | 'by'>,
  channel: Channel,
  members: readonly MemberId[],
  operation: Pick<EventDraft, 'op' | 'asked'>,
): Promise<Outcome> {
  await tx.putChannel(channel);
  for (const member of members) await admit({ tx, by }, channel, member);
  const created = await tx.append(channelFeed(channel.id), {
    by,
    kind: 'created',
    ...operation,
    body: { channel, members },
  });
  if (channel.kind === 'public') await list(tx, by, channel);
  return done(created);
}

/** Appends the event that changes the channel's describing facts, and keeps the facts as of that event. */
async function describe(
  { tx, by }: Situation,
  changed: Channel,
  draft: EventDraft,
): Promise<Outcome> {
  const appended = await tx.append(channelFeed(changed.id), draft);
  const channel = { ...changed, seq: appended.event.seq };
  await tx.putChannel(channel);
  if (channel.kind === 'public') await list(tx, by, channel);
  return done(appended);
}

const list = (tx: WriteTx, by: MemberId, channel: Channel): Promise<unknown> =>
  tx.append(TEAM_FEED, { by, kind: 'channel-listed', op: null, body: { channel } });

const everyoneOnce = (by: MemberId, others: readonly MemberId[]): readonly MemberId[] => [
  ...new Set([by, ...others]),
];

/** Two public channels of one name could not be told apart in the directory. Private names are nobody else's business. */
async function isNameTaken(tx: WriteTx, name: string, self: ChannelId): Promise<boolean> {
  const wanted = name.toLowerCase();
  return (await tx.publicChannels()).some(
    (channel) => channel.id !== self && channel.name.toLowerCase() === wanted,
  );
}

/**
 * Whether all of them are active members with room for one more channel.
 * @param isMade  it counts among those that its maker has made: one member cannot use up what the others may be in
 */
async function checkRoom(
  { tx, by, limits }: Situation,
  members: readonly MemberId[],
  { isMade }: { readonly isMade: boolean },
): Promise<Result<null, Refusal>> {
  for (const id of members) {
    const member = await tx.member(id);
    if (!member?.isActive) return refused('not-found', 'members');
    if ((await tx.channelCount(id)) >= limits.channelsPerMember)
      return refused('limit-reached', 'members');
  }
  if (isMade && (await tx.channelsMade(by)) >= limits.channelsMadePerMember)
    return refused('limit-reached', 'made');
  return ok(null);
}

async function sharesChannelWith(
  tx: WriteTx,
  guest: MemberId,
  members: readonly MemberId[],
): Promise<boolean> {
  const own = await tx.memberChannels(guest);
  for (const member of members) {
    if (member === guest) continue;
    let isShared = false;
    for (const { channel } of own) isShared ||= await tx.isInChannel(channel.id, member);
    if (!isShared) return false;
  }
  return true;
}
