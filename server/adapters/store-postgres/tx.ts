/**
 * What one work sees and does. The works of a group share a transaction and take turns: each is started at once, so that what it asks first
 * can be asked for all of them together, and is answered when those before it are through.
 */
import type { Level, Channel, Member, Team } from '../../../protocol/entities.ts';
import { channelFeed, memberFeed, TEAM_FEED } from '../../../protocol/ids.ts';
import type { ChannelId, Epoch, FeedId, MemberId, MessageId } from '../../../protocol/ids.ts';
import type {
  Appended,
  Credential,
  EventDraft,
  InviteRow,
  Preconditions,
  Repeated,
  SessionRow,
  Standing,
  WriteTx,
} from '../../ports/store.ts';
import { editedJson, isSameContent, redactedJson } from '../store-events.ts';
import { channelOf, memberOf, membersKey } from '../store-rows.ts';
import type { QueryName } from './queries.ts';
import { PostgresReads, type PostedColumns, type Value } from './reads.ts';
import type { Operation, Transaction } from './transaction.ts';

export class PostgresTx extends PostgresReads implements WriteTx {
  readonly #transaction: Transaction;
  readonly #turn: Promise<void>;
  #hasWritten = false;

  /** @param turn  resolves when the works before are through; rejects when there will be no turn */
  constructor(transaction: Transaction, turn: Promise<void>) {
    super();
    this.#transaction = transaction;
    this.#turn = turn;
  }

  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  async repeated(feed: FeedId, draft: EventDraft): Promise<Repeated | undefined> {
    this.#transaction.foresee(feed, draft);
    await this.#turn;
    if (draft.op === null) return undefined;
    await this.#transaction.feed(feed);
    return this.#repeated(feed, draft);
  }

  async preconditions(
    channel: ChannelId,
    draft: EventDraft,
    message: MessageId,
  ): Promise<Preconditions> {
    const before = await this.repeated(channelFeed(channel), draft);
    return {
      before,
      standing: await this.standing(channel, draft.by),
      message: await this.message(channel, message),
    };
  }

  async append(feed: FeedId, draft: EventDraft): Promise<Appended> {
    const transaction = await this.#writing();
    const state = await transaction.feedToWrite(feed);
    const before = await this.#repeated(feed, draft);
    if (before) return before;
    const by = await transaction.numberToWrite(memberFeed(draft.by));
    return { isNew: true, event: transaction.add(state, by, draft) };
  }

  async reviseMessage(
    channel: ChannelId,
    id: MessageId,
    revision: { readonly text: string; readonly seq: number; readonly at: number },
  ): Promise<void> {
    const transaction = await this.#writing();
    const feed = await this.#numberOf(channelFeed(channel));
    const posted = await this.posted(channel, id);
    if (!posted) throw new Error('a message that is not there cannot be revised');
    const { json, before } = editedJson(posted.json, revision);
    transaction.change('revision', [feed, id, revision.seq, revision.at, before]);
    transaction.change('eventJson', [json, feed, posted.seq]);
    transaction.forget({ op: id });
  }

  async redactMessage(channel: ChannelId, id: MessageId): Promise<void> {
    const transaction = await this.#writing();
    const feed = await this.#numberOf(channelFeed(channel));
    const posted = await this.posted(channel, id);
    if (!posted) throw new Error('a message that is not there cannot be redacted');
    transaction.flush();
    for (const seq of [posted.seq, ...(await transaction.revisions(feed, id))]) {
      const event = await transaction.eventAt(feed, seq);
      if (event)
        transaction.change('eventJson', [redactedJson(event.json, id, event.kind), feed, seq]);
    }
    transaction.change('dropRevisions', [feed, id]);
    transaction.forget({ op: id });
  }

  async putTeam(team: Team): Promise<void> {
    const { id, name, createdAt, memberInviteDays, memberInviteUses } = team;
    const values = [id, name, createdAt, memberInviteDays, memberInviteUses];
    (await this.#writing()).change('team', values);
  }

  async putMember(member: Member): Promise<void> {
    const transaction = await this.#writing();
    const no = await transaction.numberToWrite(memberFeed(member.id));
    const { id, handle, name, role, isActive, joinedAt } = member;
    transaction.change('member', [no, id, handle, name, role, isActive ? 1 : 0, joinedAt]);
    transaction.forget({ member: id });
  }

  async putChannel(channel: Channel): Promise<void> {
    const transaction = await this.#writing();
    const { no } = await transaction.feedToWrite(channelFeed(channel.id));
    const { id, kind, name, topic, isArchived, createdAt, createdBy, seq, members } = channel;
    const key = members ? membersKey(members) : null;
    transaction.change('channel', [
      no,
      id,
      kind,
      name,
      topic,
      isArchived ? 1 : 0,
      createdAt,
      createdBy,
      seq,
      key,
    ]);
    transaction.forget({ channel: id });
  }

  async addToChannel(
    channel: ChannelId,
    member: MemberId,
    start: { readonly readSeq: number; readonly level: Level },
  ): Promise<void> {
    const [at, who] = await this.#place(channel, member);
    this.#transaction.change('membership', [at, who, start.readSeq, start.level]);
  }

  async removeFromChannel(channel: ChannelId, member: MemberId): Promise<void> {
    this.#transaction.change('dropMembership', await this.#place(channel, member));
  }

  async putReadMark(channel: ChannelId, member: MemberId, seq: number): Promise<void> {
    const place = await this.#place(channel, member);
    this.#transaction.change('readMark', [seq, ...place]);
  }

  async putLevel(channel: ChannelId, member: MemberId, level: Level): Promise<void> {
    const place = await this.#place(channel, member);
    this.#transaction.change('level', [level, ...place]);
  }

  async putCredential({ member, hash }: Credential): Promise<void> {
    const transaction = await this.#writing();
    transaction.change('credential', [await this.#numberOf(memberFeed(member)), hash]);
  }

  async putSession(row: SessionRow): Promise<void> {
    const transaction = await this.#writing();
    const no = await this.#numberOf(memberFeed(row.member));
    const { id, device, createdAt, lastSeenAt, endedAt, refreshHash, rotation, refreshExpiresAt } =
      row;
    transaction.change('session', [
      id,
      no,
      device,
      createdAt,
      lastSeenAt,
      endedAt,
      refreshHash,
      rotation,
      refreshExpiresAt,
    ]);
  }

  async removeSessions(overBefore: number): Promise<number> {
    return (await this.#writing()).changed('dropSessions', [overBefore]);
  }

  async putInvite(row: InviteRow): Promise<void> {
    const transaction = await this.#writing();
    transaction.change('invite', [
      row.id,
      row.codeHash,
      row.role,
      row.createdBy,
      row.createdAt,
      row.expiresAt,
      row.usesLeft,
    ]);
  }

  async removeInvite(id: string): Promise<void> {
    (await this.#writing()).change('dropInvite', [id]);
  }

  async putBlobsPlace(id: string): Promise<void> {
    (await this.#writing()).change('blobsPlace', [id]);
  }

  async replaceEpoch(known: Epoch, next: Epoch): Promise<boolean> {
    return (await this.#writing()).replaceEpoch(known, next);
  }

  /** Before there is a team, nobody else may found one meanwhile. */
  override async team(): Promise<Team | undefined> {
    const team = await super.team();
    if (team) return team;
    await this.#transaction.feed(TEAM_FEED);
    return super.team();
  }

  override async member(id: MemberId): Promise<Member | undefined> {
    await this.#turn;
    const row = await this.#transaction.member(id);
    return row && memberOf(row);
  }

  override async channel(id: ChannelId): Promise<Channel | undefined> {
    await this.#turn;
    const row = await this.#transaction.channel(id);
    return row && channelOf(row);
  }

  override async standing(channel: ChannelId, member: MemberId): Promise<Standing> {
    const [who, what, isIn] = await Promise.all([
      this.member(member),
      this.channel(channel),
      this.isInChannel(channel, member),
    ]);
    return { member: who, channel: what, isIn };
  }

  override async isInChannel(channel: ChannelId, member: MemberId): Promise<boolean> {
    await this.#turn;
    return (await this.#transaction.membership(channel, member)) !== undefined;
  }

  override async readMark(channel: ChannelId, member: MemberId): Promise<number> {
    await this.#turn;
    return (await this.#transaction.membership(channel, member))?.read_seq ?? 0;
  }

  /** Asked before the member enters one more: nobody else may let them in anywhere meanwhile. */
  override async channelCount(member: MemberId): Promise<number> {
    await this.#turn;
    await this.#transaction.feed(memberFeed(member));
    return super.channelCount(member);
  }

  override async head(feed: FeedId): Promise<number> {
    await this.#turn;
    return this.#transaction.lockedHead(feed) ?? (await super.head(feed));
  }

  protected override async posted(
    channel: ChannelId,
    id: MessageId,
  ): Promise<PostedColumns | undefined> {
    await this.#turn;
    const operations = await this.#transaction.operations(id);
    if (operations.length === 0) return undefined;
    const feed = await this.#transaction.number(channelFeed(channel));
    return operations.find((one) => one.feed === feed && one.kind === 'posted');
  }

  protected override async all<Row>(
    name: QueryName,
    ...values: readonly Value[]
  ): Promise<readonly Row[]> {
    await this.#turn;
    return this.#transaction.ask<Row>(name, values);
  }

  async #writing(): Promise<Transaction> {
    await this.#turn;
    this.#hasWritten = true;
    return this.#transaction;
  }

  /** Numbers of a channel and a member whose standing to each other is about to change. */
  async #place(channel: ChannelId, member: MemberId): Promise<[number, number]> {
    const transaction = await this.#writing();
    transaction.forget({ channel, member });
    return [await this.#numberOf(channelFeed(channel)), await this.#numberOf(memberFeed(member))];
  }

  #numberOf(feed: FeedId): Promise<number> {
    return this.#transaction.numberToWrite(feed);
  }

  async #repeated(feed: FeedId, draft: EventDraft): Promise<Repeated | undefined> {
    if (draft.op === null) return undefined;
    const transaction = this.#transaction;
    const operations = await transaction.operations(draft.op);
    if (operations.length === 0) return undefined;
    const by = await transaction.number(memberFeed(draft.by));
    const known = operations.find((one) => one.by === by);
    if (!known) return undefined;
    const isThere = known.feed === (await transaction.number(feed)) && known.kind === draft.kind;
    const isSame = isThere && (await this.#isSame(known, draft));
    const event = {
      feed: await this.#feedOf(known, feed, isThere),
      seq: known.seq,
      at: known.at,
      json: known.json,
    };
    return { isNew: false, isSame, event };
  }

  async #isSame(known: Operation, draft: EventDraft): Promise<boolean> {
    const isSame = isSameContent(known, draft);
    if (isSame !== 'edited' || draft.op === null) return isSame === true;
    return (await this.#transaction.firstText(known.feed, draft.op)) === draft.body['text'];
  }

  async #feedOf(known: Operation, feed: FeedId, isThere: boolean): Promise<FeedId> {
    return isThere ? feed : this.#transaction.feedId(known.feed);
  }
}
