/**
 * The questions about feeds and the directory. A state that is told together with a `seq` is read after that `seq`: what happened in
 * between is in it already, and hearing of it once more changes nothing.
 */
import type { Channel, Member, Team } from '../../protocol/entities.ts';
import type { Refusal } from '../../protocol/errors.ts';
import type { MemberChannel, UnreadCount } from '../../protocol/frames-down.ts';
import { TEAM_FEED, channelFeed, feedName, memberFeed } from '../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, OperationId } from '../../protocol/ids.ts';
import { parseEvent, type Interval } from '../../protocol/feeds.ts';
import type { Limits } from '../../protocol/limits.ts';
import { callsMask, callsOf } from '../../protocol/mentions.ts';
import { ok, type Result } from '../../protocol/result.ts';
import type { Page, StoreReads } from '../ports/store.ts';
import { checkChannel, checkMember } from './access.ts';
import { refused } from './outcome.ts';

export interface TeamState {
  readonly seq: number;
  readonly team: Team;
  readonly members: readonly Member[];
  readonly channels: readonly Channel[];
}
export interface MemberState {
  readonly seq: number;
  readonly channels: readonly MemberChannel[];
}
export interface Roster {
  readonly channel: Channel;
  readonly members: readonly MemberId[];
}

/** The newest events of the span that fit a page. */
export async function readRange(
  reads: StoreReads,
  by: MemberId,
  feed: FeedId,
  span: Interval,
  limits: Limits,
): Promise<Result<Page, Refusal>> {
  const access = await checkFeed(reads, by, feed);
  if (!access.ok) return access;
  if (span.from > span.to) return refused('bad-request', 'to');
  const page = await reads.page(feed, span, { events: limits.pageEvents, bytes: limits.pageBytes });
  // Another relay may have taken them out of the channel between the two questions, and more been said there.
  const stillAccess = await checkFeed(reads, by, feed);
  return stillAccess.ok ? ok(page) : stillAccess;
}

/** Whether the member may read the feed; `not-found` alike when it is hidden from them and when there is none. */
export async function checkFeed(
  reads: StoreReads,
  by: MemberId,
  feed: FeedId,
): Promise<Result<unknown, Refusal>> {
  const name = feedName(feed);
  if (name.kind === 'channel') return checkChannel(reads, by, name.channel, 'read');
  if (name.kind === 'member' && name.member !== by) return refused('not-found');
  return checkMember(reads, by);
}

export async function readRoster(
  reads: StoreReads,
  by: MemberId,
  id: ChannelId,
): Promise<Result<Roster, Refusal>> {
  const seq = await reads.head(channelFeed(id));
  const access = await checkChannel(reads, by, id, 'read');
  if (!access.ok) return access;
  return ok({ channel: { ...access.value.channel, seq }, members: await reads.roster(id) });
}

/** Which of these changes the store does not have from the asker. Those of other members are missing too, whether it has them or not. */
export async function readMissing(
  reads: StoreReads,
  by: MemberId,
  ops: readonly OperationId[],
): Promise<Result<readonly OperationId[], Refusal>> {
  const access = await checkMember(reads, by);
  if (!access.ok) return access;
  const known = await reads.operations(by, ops);
  return ok(ops.filter((op) => !known.has(op)));
}

export interface UnreadSpan extends Interval {
  readonly channel: ChannelId;
}

/**
 * What others wrote in these spans, and how much of it calls the asker. Read a page at a time, so that long spans hold up none of the
 * others; counted from the beginning, up to the limit. A channel that the asker may not read is left out.
 */
export async function countUnread(
  reads: StoreReads,
  by: MemberId,
  spans: readonly UnreadSpan[],
  limits: Limits,
): Promise<Result<readonly UnreadCount[], Refusal>> {
  const access = await checkMember(reads, by);
  if (!access.ok) return access;
  const { handle } = access.value;
  const handles = new Set((await reads.members()).map((member) => member.handle));
  const callsIn = (text: string): number => callsOf(text, handle, (one) => handles.has(one));
  const counts: UnreadCount[] = [];
  let left = limits.countEvents;
  for (const { channel, from, to } of spans) {
    if (left <= 0) break;
    if (from > to || !(await checkChannel(reads, by, channel, 'read')).ok) continue;
    const count = await countSpan(reads, by, callsIn, limits, {
      channel,
      from,
      to: Math.min(to, from + left - 1),
    });
    left -= count.to - count.from + 1;
    // Another relay may have taken them out of the channel meanwhile, and more been said there.
    if ((await checkChannel(reads, by, channel, 'read')).ok) counts.push(count);
  }
  return ok(counts);
}

async function countSpan(
  reads: StoreReads,
  by: MemberId,
  callsIn: (text: string) => number,
  limits: Limits,
  span: UnreadSpan,
): Promise<UnreadCount> {
  const feed = channelFeed(span.channel);
  // Before the pages: what comes while they are read may be in them, and the asker receives it once more.
  const head = await reads.head(feed);
  const to = Math.min(span.to, head);
  const count = { messages: 0, mentions: 0, mentionsWithoutChannel: 0 };
  for (let from = span.from; from <= to;) {
    const page = await reads.pageUp(
      feed,
      { from, to },
      { events: limits.pageEvents, bytes: limits.pageBytes },
    );
    for (const { json } of page.events) {
      const event = parseEvent(JSON.parse(json));
      if (event?.kind !== 'posted' || event.by === by) continue;
      const calls = callsIn(event.text);
      count.messages++;
      if (calls !== 0) count.mentions++;
      if ((calls & callsMask(true)) !== 0) count.mentionsWithoutChannel++;
    }
    if (page.to < from) break;
    from = page.to + 1;
  }
  return { ...span, to, head, ...count };
}

export async function readTeam(reads: StoreReads): Promise<TeamState | undefined> {
  const seq = await reads.head(TEAM_FEED);
  const team = await reads.team();
  return (
    team && { seq, team, members: await reads.members(), channels: await reads.publicChannels() }
  );
}

export async function readMember(reads: StoreReads, by: MemberId): Promise<MemberState> {
  const seq = await reads.head(memberFeed(by));
  return { seq, channels: await reads.memberChannels(by) };
}
