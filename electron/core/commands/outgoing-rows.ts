/**
 * Checks before a text is queued, and rows of the outbox made and taken back. Shared by the
 * commands that send.
 */
import type { ChannelId, MessageId, OperationId } from '../../../protocol/ids.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import type { NewId } from '../new-id.ts';
import { messageLane, type NewRow } from '../sync/outbox.ts';
import type { Team } from '../teams/team.ts';

export function checkText(team: Team, text: string): Problem | undefined {
  if (text.trim() === '' || text.includes('\u0000') || !text.isWellFormed())
    return { kind: 'bad-request', field: 'text' };
  return Buffer.byteLength(text, 'utf8') > team.textBytes
    ? { kind: 'too-large', field: 'text' }
    : undefined;
}

export function checkChannel(team: Team, id: string): Problem | undefined {
  const channel = team.replica.channels.get(id);
  if (channel?.isJoined !== true && team.isBeginningAnew) return undefined;
  if (!channel) return { kind: 'not-found' };
  if (!channel.isJoined) return { kind: 'not-allowed' };
  return channel.facts.isArchived ? { kind: 'archived' } : undefined;
}

export function postRow(channel: string, text: string, message: string): NewRow {
  const op = message as MessageId;
  const frame = { t: 'post', op, channel: channel as ChannelId, text } as const;
  return { op, lane: messageLane(channel), channel, message, frame };
}

export const ownRows = (team: Team, message: string): readonly OutboxRow[] =>
  team.outbox.rows.filter((row) => row.message === message && !row.isOffer);

export function queueDelete(team: Team, channel: string, message: string, newId: NewId): void {
  const op = newId() as OperationId;
  const frame = {
    t: 'delete',
    op,
    channel: channel as ChannelId,
    message: message as MessageId,
  } as const;
  team.outbox.add({ op, lane: messageLane(channel), channel, message, frame });
}

/** Takes what was not sent of one message out of the outbox. */
export function takeBack(team: Team, rows: readonly OutboxRow[], newId: NewId): void {
  const post = rows.find((row) => row.frame.t === 'post');
  const mayBeThere = post !== undefined && team.outbox.mayHaveLeft(post);
  if (mayBeThere && checkChannel(team, post.channel) === undefined) {
    // Perhaps the relay has it and its answer was lost: what is taken back here is taken back
    // there.
    queueDelete(team, post.channel, post.op, newId);
    return;
  }
  // In a channel that we may not write to the relay would refuse the deletion as well.
  for (const row of rows)
    if (row.frame.t === 'post' || row.state === 'failed' || !team.outbox.mayHaveLeft(row) || post)
      team.outbox.remove(row);
}
