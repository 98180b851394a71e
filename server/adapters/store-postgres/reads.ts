/**
 * The store's questions, wherever they are asked: outside a transaction over the connections for reading, inside one over its own. How
 * a question reaches the server is the subclass's business.
 */
import type { Channel, Member, Team } from '../../../protocol/entities.ts';
import type { Interval } from '../../../protocol/feeds.ts';
import type { MemberChannel } from '../../../protocol/frames-down.ts';
import { TEAM_FEED, memberFeed, channelFeed } from '../../../protocol/ids.ts';
import type {
  ChannelId,
  FeedId,
  MemberId,
  MessageId,
  OperationId,
  SessionId,
} from '../../../protocol/ids.ts';
import type {
  Credential,
  InviteRow,
  Mark,
  MessageState,
  Page,
  SessionRow,
  Standing,
  StoreReads,
  StoredEvent,
} from '../../ports/store.ts';
import {
  channelOf,
  inviteOf,
  memberOf,
  membersKey,
  readStateOf,
  sessionOf,
} from '../store-rows.ts';
import type {
  ChannelColumns,
  InviteColumns,
  MemberColumns,
  ReadStateColumns,
  SessionColumns,
} from '../store-rows.ts';
import type { QueryName } from './queries.ts';

export type Value = string | number | null | readonly (string | number | null)[];

export interface HeadColumns {
  readonly id: FeedId;
  readonly head: number;
}
export interface PostedColumns {
  readonly seq: number;
  readonly json: string;
}
export interface MembershipColumns {
  readonly read_seq: number;
  readonly level: string;
}
interface PageColumns {
  readonly head: number;
  readonly seq: number | null;
  readonly at: number;
  readonly op: Mark['op'];
  readonly json: string;
}
interface MarkColumns extends Mark {
  readonly id: FeedId;
}
interface StandingColumns {
  readonly member: MemberColumns | null;
  readonly channel: ChannelColumns | null;
  readonly is_in: boolean;
}
type Limit = Parameters<StoreReads['page']>[2];

export abstract class PostgresReads implements StoreReads {
  /** @throws StoreUnavailable */
  protected abstract all<Row>(
    name: QueryName,
    ...values: readonly Value[]
  ): Promise<readonly Row[]>;

  async team(): Promise<Team | undefined> {
    return this.one<Team>('team');
  }

  async member(id: MemberId): Promise<Member | undefined> {
    const row = await this.one<MemberColumns>('member', id);
    return row && memberOf(row);
  }

  async memberByHandle(handle: string): Promise<Member | undefined> {
    const row = await this.one<MemberColumns>('memberByHandle', handle);
    return row && memberOf(row);
  }

  async members(): Promise<readonly Member[]> {
    return (await this.all<MemberColumns>('members')).map(memberOf);
  }

  async channel(id: ChannelId): Promise<Channel | undefined> {
    const row = await this.one<ChannelColumns>('channel', id);
    return row && channelOf(row);
  }

  async publicChannels(): Promise<readonly Channel[]> {
    return (await this.all<ChannelColumns>('publicChannels')).map(channelOf);
  }

  async roster(channel: ChannelId): Promise<readonly MemberId[]> {
    return (await this.all<{ readonly id: MemberId }>('roster', channel)).map((row) => row.id);
  }

  async isInChannel(channel: ChannelId, member: MemberId): Promise<boolean> {
    return (await this.one<MembershipColumns>('membership', channel, member)) !== undefined;
  }

  async standing(channel: ChannelId, member: MemberId): Promise<Standing> {
    const row = await this.one<StandingColumns>('standing', channel, member);
    return {
      member: row?.member ? memberOf(row.member) : undefined,
      channel: row?.channel ? channelOf(row.channel) : undefined,
      isIn: row?.is_in ?? false,
    };
  }

  async memberCount(channel: ChannelId): Promise<number> {
    return (await this.one<{ readonly count: number }>('memberCount', channel))?.count ?? 0;
  }

  async channelCount(member: MemberId): Promise<number> {
    return (await this.one<{ readonly count: number }>('channelCount', member))?.count ?? 0;
  }

  async channelsMade(member: MemberId): Promise<number> {
    return (await this.one<{ readonly count: number }>('channelsMade', member))?.count ?? 0;
  }

  async memberChannels(member: MemberId): Promise<readonly MemberChannel[]> {
    return (await this.all<ReadStateColumns>('memberChannels', member)).map(readStateOf);
  }

  async directChannel(members: readonly MemberId[]): Promise<ChannelId | undefined> {
    return (await this.one<{ readonly id: ChannelId }>('directChannel', membersKey(members)))?.id;
  }

  async message(channel: ChannelId, id: MessageId): Promise<MessageState | undefined> {
    const row = await this.posted(channel, id);
    if (!row) return undefined;
    const event = JSON.parse(row.json) as {
      readonly by: MemberId;
      readonly kind: string;
      readonly text?: string;
    };
    return {
      seq: row.seq,
      by: event.by,
      isDeleted: event.kind === 'redacted',
      text: event.text ?? '',
    };
  }

  async operations(by: MemberId, ops: readonly OperationId[]): Promise<ReadonlySet<OperationId>> {
    return new Set(
      (await this.all<{ readonly op: OperationId }>('operations', ops, by)).map((row) => row.op),
    );
  }

  async readMark(channel: ChannelId, member: MemberId): Promise<number> {
    return (await this.one<MembershipColumns>('membership', channel, member))?.read_seq ?? 0;
  }

  async newestAt(): Promise<number> {
    return (await this.one<{ readonly at: number }>('newestAt'))?.at ?? 0;
  }

  async head(feed: FeedId): Promise<number> {
    return (await this.one<HeadColumns>('head', feed))?.head ?? 0;
  }

  /** 0 for feeds that are not there. */
  async heads(feeds: readonly FeedId[]): Promise<ReadonlyMap<FeedId, number>> {
    const rows = await this.all<HeadColumns>('heads', feeds);
    const heads = new Map<FeedId, number>(feeds.map((feed) => [feed, 0]));
    for (const { id, head } of rows) heads.set(id, head);
    return heads;
  }

  async marks(places: ReadonlyMap<FeedId, number>): Promise<ReadonlyMap<FeedId, Mark>> {
    if (places.size === 0) return new Map();
    const rows = await this.all<MarkColumns>('marks', [...places.keys()], [...places.values()]);
    return new Map(rows.map(({ id, at, op }) => [id, { at, op }]));
  }

  async headsOf(member: MemberId): Promise<ReadonlyMap<FeedId, number>> {
    const own = memberFeed(member);
    const rows = await this.all<HeadColumns>('headsOf', member, [TEAM_FEED, own]);
    const heads = new Map<FeedId, number>([
      [TEAM_FEED, 0],
      [own, 0],
    ]);
    for (const { id, head } of rows) heads.set(id, head);
    return heads;
  }

  async page(feed: FeedId, span: Interval, limit: Limit): Promise<Page> {
    return this.#page('pageDown', feed, span, limit);
  }

  async pageUp(feed: FeedId, span: Interval, limit: Limit): Promise<Page> {
    return this.#page('pageUp', feed, span, limit);
  }

  async credential(member: MemberId): Promise<Credential | undefined> {
    const row = await this.one<{ readonly hash: string }>('credential', member);
    return row && { member, hash: row.hash };
  }

  async session(id: SessionId): Promise<SessionRow | undefined> {
    const row = await this.one<SessionColumns>('session', id);
    return row && sessionOf(row);
  }

  async sessionByRefresh(hash: string): Promise<SessionRow | undefined> {
    const row = await this.one<SessionColumns>('sessionByRefresh', hash);
    return row && sessionOf(row);
  }

  async sessions(member: MemberId): Promise<readonly SessionRow[]> {
    return (await this.all<SessionColumns>('sessions', member)).map(sessionOf);
  }

  async invite(codeHash: string): Promise<InviteRow | undefined> {
    const row = await this.one<InviteColumns>('invite', codeHash);
    return row && inviteOf(row);
  }

  async invites(): Promise<readonly InviteRow[]> {
    return (await this.all<InviteColumns>('invites')).map(inviteOf);
  }

  async blobsPlace(): Promise<string | undefined> {
    return (await this.one<{ readonly value: string }>('blobsPlace'))?.value;
  }

  protected async one<Row>(name: QueryName, ...values: readonly Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(name, ...values))[0];
  }

  protected posted(channel: ChannelId, id: MessageId): Promise<PostedColumns | undefined> {
    return this.one<PostedColumns>('message', channelFeed(channel), id);
  }

  async #page(
    query: 'pageDown' | 'pageUp',
    feed: FeedId,
    span: Interval,
    limit: Limit,
  ): Promise<Page> {
    const from = Math.max(1, span.from);
    const rows = await this.all<PageColumns>(query, feed, from, span.to, limit.events, limit.bytes);
    const head = rows[0]?.head ?? 0;
    const events = rows.flatMap(({ seq, at, json }): StoredEvent[] =>
      seq === null ? [] : [{ feed, seq, at, json }],
    );
    const first = events[0]?.seq ?? from;
    const last = rows.at(-1);
    const mark = last && last.seq !== null ? { at: last.at, op: last.op } : undefined;
    return { feed, from: first, to: events.at(-1)?.seq ?? first - 1, head, events, mark };
  }
}
