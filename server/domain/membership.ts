/**
 * Entering and leaving a channel: the same few writes for every way of doing so. The order of the two events is the order in which a
 * desktop must hear them: that it is in the channel comes before the channel's own events, that it is out comes after the last of them.
 */
import type { Channel, Level } from '../../protocol/entities.ts';
import { channelFeed, memberFeed, type MemberId, type OperationId } from '../../protocol/ids.ts';
import type { Appended } from '../ports/store.ts';
import type { Situation } from './outcome.ts';

/** A direct word is for the person; a channel is read when there is time. Everybody may change it per channel. */
export const startingLevel = (channel: Pick<Channel, 'kind'>): Level =>
  channel.kind === 'direct' || channel.kind === 'group' ? 'all' : 'mentions';

/** Makes the member part of the channel. What was said before them starts as read. */
export async function enter(
  { tx, by }: Pick<Situation, 'tx' | 'by'>,
  channel: Channel,
  member: MemberId,
  op: OperationId | null,
): Promise<Appended> {
  const feed = channelFeed(channel.id);
  const seq = (await tx.head(feed)) + 1;
  await admit({ tx, by }, { ...channel, seq }, member);
  return tx.append(feed, { by, kind: 'joined', op, body: { member } });
}

/** Row and own event of somebody who is in the channel as of `channel.seq`; the channel's event is the caller's. */
export async function admit(
  { tx, by }: Pick<Situation, 'tx' | 'by'>,
  channel: Channel,
  member: MemberId,
): Promise<void> {
  const start = { readSeq: channel.seq, level: startingLevel(channel) };
  await tx.addToChannel(channel.id, member, start);
  await tx.append(memberFeed(member), {
    by,
    kind: 'channel-joined',
    op: null,
    body: { channel, ...start },
  });
}

export async function depart(
  { tx, by }: Pick<Situation, 'tx' | 'by'>,
  channel: Channel,
  member: MemberId,
  op: OperationId | null,
): Promise<Appended> {
  await tx.removeFromChannel(channel.id, member);
  const appended = await tx.append(channelFeed(channel.id), {
    by,
    kind: 'left',
    op,
    body: { member },
  });
  await tx.append(memberFeed(member), {
    by,
    kind: 'channel-left',
    op: null,
    body: { channel: channel.id },
  });
  return appended;
}
