/**
 * The store's questions over one connection: the store uses it on its read connection (committed data only), a transaction on the
 * write connection. SQLite answers at once; the methods are async because the port is.
 */
import type { Channel, Member, Team } from '../../../protocol/entities.ts';
import type { Interval } from '../../../protocol/feeds.ts';
import type { MemberChannel } from '../../../protocol/frames-down.ts';
import { TEAM_FEED, channelFeed, memberFeed } from '../../../protocol/ids.ts';
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
import type { Connection, Statement } from './database.ts';
import { asStoreError } from './faults.ts';
import { QUERIES, type QueryName } from './queries.ts';
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

interface EventColumns {
  readonly seq: number;
  readonly at: number;
  readonly json: string;
}
export interface FeedColumns {
  readonly no: number;
  readonly head: number;
  readonly at: number;
}
export interface PageLimit {
  readonly events: number;
  readonly bytes: number;
}

/** Above this many remembered feeds the map starts anew: a bound, not a tuning. */
const MAX_REMEMBERED = 5_000;
const BATCH = 64;

export class SqliteReads implements StoreReads {
  protected readonly db: Connection;
  readonly #statements = new Map<QueryName, Statement>();
  readonly #numbers = new Map<FeedId, number>();

  constructor(db: Connection) {
    this.db = db;
  }

  async team(): Promise<Team | undefined> {
    return this.#get<Team>('team');
  }

  async member(id: MemberId): Promise<Member | undefined> {
    return this.memberNow(id);
  }

  async memberByHandle(handle: string): Promise<Member | undefined> {
    const row = this.#get<MemberColumns>('memberByHandle', handle);
    return row && memberOf(row);
  }

  async members(): Promise<readonly Member[]> {
    return this.#all<MemberColumns>('members').map(memberOf);
  }

  async channel(id: ChannelId): Promise<Channel | undefined> {
    return this.channelNow(id);
  }

  async publicChannels(): Promise<readonly Channel[]> {
    return this.#all<ChannelColumns>('publicChannels').map(channelOf);
  }

  async roster(channel: ChannelId): Promise<readonly MemberId[]> {
    return this.rosterNow(channel);
  }

  async isInChannel(channel: ChannelId, member: MemberId): Promise<boolean> {
    return this.isInNow(channel, member);
  }

  async standing(channel: ChannelId, member: MemberId): Promise<Standing> {
    return this.standingNow(channel, member);
  }

  async memberCount(channel: ChannelId): Promise<number> {
    const no = this.number(channelFeed(channel));
    return no === undefined
      ? 0
      : (this.#get<{ readonly count: number }>('memberCount', no)?.count ?? 0);
  }

  async channelCount(member: MemberId): Promise<number> {
    const no = this.number(memberFeed(member));
    return no === undefined
      ? 0
      : (this.#get<{ readonly count: number }>('channelCount', no)?.count ?? 0);
  }

  async channelsMade(member: MemberId): Promise<number> {
    return this.#get<{ readonly count: number }>('channelsMade', member)?.count ?? 0;
  }

  async memberChannels(member: MemberId): Promise<readonly MemberChannel[]> {
    const no = this.number(memberFeed(member));
    return no === undefined
      ? []
      : this.#all<ReadStateColumns>('memberChannels', no).map(readStateOf);
  }

  async directChannel(members: readonly MemberId[]): Promise<ChannelId | undefined> {
    return this.#get<{ readonly id: ChannelId }>('directChannel', membersKey(members))?.id;
  }

  async message(channel: ChannelId, id: MessageId): Promise<MessageState | undefined> {
    return this.messageNow(channel, id);
  }

  async operations(by: MemberId, ops: readonly OperationId[]): Promise<ReadonlySet<OperationId>> {
    return this.guarded(() => {
      const who = this.number(memberFeed(by));
      return new Set(
        who === undefined
          ? []
          : ops.filter((op) => this.#get('operationOf', op, who) !== undefined),
      );
    });
  }

  async readMark(channel: ChannelId, member: MemberId): Promise<number> {
    const [at, who] = [this.number(channelFeed(channel)), this.number(memberFeed(member))];
    if (at === undefined || who === undefined) return 0;
    return this.#get<{ readonly read_seq: number }>('readMark', at, who)?.read_seq ?? 0;
  }

  async newestAt(): Promise<number> {
    return this.#get<{ readonly at: number }>('newestAt')?.at ?? 0;
  }

  async head(feed: FeedId): Promise<number> {
    return this.headNow(feed);
  }

  async heads(feeds: readonly FeedId[]): Promise<ReadonlyMap<FeedId, number>> {
    return this.guarded(() => new Map(feeds.map((feed) => [feed, this.headNow(feed)])));
  }

  async marks(places: ReadonlyMap<FeedId, number>): Promise<ReadonlyMap<FeedId, Mark>> {
    return this.guarded(() => {
      const marks = new Map<FeedId, Mark>();
      for (const [feed, seq] of places) {
        const no = this.number(feed);
        const mark = no === undefined ? undefined : this.#get<Mark>('mark', no, seq);
        if (mark) marks.set(feed, mark);
      }
      return marks;
    });
  }

  async headsOf(member: MemberId): Promise<ReadonlyMap<FeedId, number>> {
    return this.guarded(() => {
      const own = memberFeed(member);
      const row = this.feedRow(own);
      const heads = new Map<FeedId, number>([
        [TEAM_FEED, this.headNow(TEAM_FEED)],
        [own, row?.head ?? 0],
      ]);
      if (!row) return heads;
      const channels = this.#get<{ readonly heads: string | null }>('channelHeads', row.no)?.heads;
      for (const { feed, head } of byActivity(channels)) heads.set(feed, head);
      return heads;
    });
  }

  async page(feed: FeedId, span: Interval, limit: PageLimit): Promise<Page> {
    return this.#page('pageDown', feed, span, limit);
  }

  async pageUp(feed: FeedId, span: Interval, limit: PageLimit): Promise<Page> {
    return this.#page('pageUp', feed, span, limit);
  }

  async credential(member: MemberId): Promise<Credential | undefined> {
    const no = this.number(memberFeed(member));
    const row =
      no === undefined ? undefined : this.#get<{ readonly hash: string }>('credential', no);
    return row && { member, hash: row.hash };
  }

  async session(id: SessionId): Promise<SessionRow | undefined> {
    const row = this.#get<SessionColumns>('session', id);
    return row && sessionOf(row);
  }

  async sessionByRefresh(hash: string): Promise<SessionRow | undefined> {
    const row = this.#get<SessionColumns>('sessionByRefresh', hash);
    return row && sessionOf(row);
  }

  async sessions(member: MemberId): Promise<readonly SessionRow[]> {
    const no = this.number(memberFeed(member));
    return no === undefined ? [] : this.#all<SessionColumns>('sessions', no).map(sessionOf);
  }

  async invite(codeHash: string): Promise<InviteRow | undefined> {
    const row = this.#get<InviteColumns>('invite', codeHash);
    return row && inviteOf(row);
  }

  async invites(): Promise<readonly InviteRow[]> {
    return this.#all<InviteColumns>('invites').map(inviteOf);
  }

  async blobsPlace(): Promise<string | undefined> {
    return this.#get<{ readonly value: string }>('blobsPlace')?.value;
  }

  protected messageRow(
    channel: ChannelId,
    id: MessageId,
  ): { readonly seq: number; readonly json: string } | undefined {
    const no = this.channelNumber(channel);
    return no === undefined ? undefined : this.#get<EventColumns>('message', id, no);
  }

  protected memberNow(id: MemberId): Member | undefined {
    const row = this.#get<MemberColumns>('member', id);
    return row && memberOf(row);
  }

  protected channelNow(id: ChannelId): Channel | undefined {
    const row = this.#get<ChannelColumns>('channel', id);
    return row && channelOf(row);
  }

  protected rosterNow(channel: ChannelId): readonly MemberId[] {
    const no = this.number(channelFeed(channel));
    return no === undefined
      ? []
      : this.#all<{ readonly id: MemberId }>('roster', no).map((row) => row.id);
  }

  protected isInNow(channel: ChannelId, member: MemberId): boolean {
    const [at, who] = [this.number(channelFeed(channel)), this.number(memberFeed(member))];
    return at !== undefined && who !== undefined && this.#get('isIn', at, who) !== undefined;
  }

  protected headNow(feed: FeedId): number {
    return this.feedRow(feed)?.head ?? 0;
  }

  protected channelNumber(channel: ChannelId): number | undefined {
    return this.number(channelFeed(channel));
  }

  /** A feed's own number, by which the other tables know it. Never changes once it is committed. */
  protected number(feed: FeedId): number | undefined {
    const known = this.#numbers.get(feed);
    if (known !== undefined) return known;
    const row = this.feedRow(feed);
    if (!row) return undefined;
    if (this.#numbers.size >= MAX_REMEMBERED) this.#numbers.clear();
    this.#numbers.set(feed, row.no);
    return row.no;
  }

  protected forgetNumbers(): void {
    this.#numbers.clear();
  }

  protected feedRow(feed: FeedId): FeedColumns | undefined {
    return this.#get<FeedColumns>('feed', feed);
  }

  protected statement(name: QueryName): Statement {
    let statement = this.#statements.get(name);
    if (!statement) {
      statement = this.db.prepare(QUERIES[name]);
      this.#statements.set(name, statement);
    }
    return statement;
  }

  /**
   * Questions asked in one go are one snapshot without a read transaction: this thread makes every commit of this file (the lock sees
   * to that), and it is busy asking.
   */
  protected guarded<T>(question: () => T): T {
    try {
      return question();
    } catch (error) {
      throw asStoreError(error);
    }
  }

  #page(query: 'pageDown' | 'pageUp', feed: FeedId, span: Interval, limit: PageLimit): Page {
    return this.guarded(() => {
      const row = this.feedRow(feed);
      const head = row ? row.head : 0;
      const from = Math.max(1, span.from);
      const to = Math.min(span.to, head);
      const events =
        row && from <= to ? this.#events(query, feed, row.no, { from, to }, limit) : [];
      if (query === 'pageDown') events.reverse();
      const first = events[0]?.seq ?? from;
      const last = events.at(-1)?.seq;
      const mark = row && last !== undefined ? this.#get<Mark>('mark', row.no, last) : undefined;
      return { feed, from: first, to: last ?? first - 1, head, events, mark };
    });
  }

  /** In some batches, so that neither a row at a time is asked for nor a page of very long ones is read to be thrown away. */
  #events(
    query: 'pageDown' | 'pageUp',
    feed: FeedId,
    no: number,
    span: Interval,
    limit: PageLimit,
  ): StoredEvent[] {
    const events: StoredEvent[] = [];
    let { from, to } = span;
    let bytes = 0;
    while (events.length < limit.events && from <= to) {
      const count = Math.min(BATCH, limit.events - events.length);
      const rows = this.#all<EventColumns>(query, no, from, to, count);
      for (const { seq, at, json } of rows) {
        bytes += Buffer.byteLength(json);
        if (events.length > 0 && bytes > limit.bytes) return events;
        events.push({ feed, seq, at, json });
      }
      const last = rows.at(-1)?.seq;
      if (last === undefined || rows.length < count) return events;
      if (query === 'pageUp') from = last + 1;
      else to = last - 1;
    }
    return events;
  }

  protected standingNow(channel: ChannelId, member: MemberId): Standing {
    return {
      member: this.memberNow(member),
      channel: this.channelNow(channel),
      isIn: this.isInNow(channel, member),
    };
  }

  protected messageNow(channel: ChannelId, id: MessageId): MessageState | undefined {
    const row = this.messageRow(channel, id);
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

  /** Called before each question is put to the file. */
  protected reading(): void {}

  #get<Row>(name: QueryName, ...values: readonly (string | number)[]): Row | undefined {
    try {
      this.reading();
      return this.statement(name).get(...values) as Row | undefined;
    } catch (error) {
      throw asStoreError(error);
    }
  }

  #all<Row>(name: QueryName, ...values: readonly (string | number)[]): Row[] {
    try {
      this.reading();
      return this.statement(name).all(...values) as Row[];
    } catch (error) {
      throw asStoreError(error);
    }
  }
}

/** Takes the text of `channelHeads` apart, the most recently active feed first. */
function byActivity(
  text: string | null | undefined,
): readonly { readonly feed: FeedId; readonly head: number }[] {
  if (text == null) return [];
  const rows = text.split('\n').map((line) => {
    const [at, head, feed] = line.split(' ') as [string, string, FeedId];
    return { at: Number(at), head: Number(head), feed };
  });
  return rows.sort((a, b) => b.at - a.at);
}
