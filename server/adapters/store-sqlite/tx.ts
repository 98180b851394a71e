/**
 * The write side of one group: the works of a group run on this object one after the other, inside one SQLite transaction. What the
 * hot path needs is kept in memory and written once per group: a feed's head is counted here and stored by `flush`, so a message costs
 * one look-up and one insert. Entities that every post asks for (channel, membership, member) are remembered between groups; this
 * process alone writes the file, so the memory cannot go stale, and `forget` drops it all when a group is rolled back.
 */
import type { Channel, Level, Member, Team } from '../../../protocol/entities.ts';
import { channelFeed, memberFeed } from '../../../protocol/ids.ts';
import type { ChannelId, Epoch, FeedId, MemberId, MessageId } from '../../../protocol/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Appended,
  Credential,
  EventDraft,
  InviteRow,
  Preconditions,
  Repeated,
  SessionRow,
  StoredEvent,
  WriteTx,
} from '../../ports/store.ts';
import { editedJson, eventJson, isSameContent, redactedJson } from '../store-events.ts';
import { membersKey } from '../store-rows.ts';
import type { Connection, Statement } from './database.ts';
import { KnownOperations } from './known-operations.ts';
import { SqliteReads, type FeedColumns } from './reads.ts';
import { WRITES, type WriteName } from './writes.ts';

interface FeedState {
  readonly no: number;
  head: number;
  at: number;
  isMoved: boolean;
}

interface OperationColumns {
  readonly feed: number;
  readonly by: number;
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly asked: string | null;
  readonly json: string;
}

const MAX_REMEMBERED = 50_000;

export class SqliteTx extends SqliteReads implements WriteTx {
  readonly #clock: Clock;
  readonly #writes = new Map<WriteName, Statement>();
  readonly #feeds = new Map<FeedId, FeedState>();
  readonly #channels = new Map<ChannelId, Channel>();
  readonly #members = new Map<MemberId, Member>();
  readonly #rosters = new Map<ChannelId, Set<MemberId>>();
  /** By the ids that a post names, so that the hot path need not put feed ids together. */
  readonly #channelFeeds = new Map<ChannelId, FeedState>();
  readonly #memberFeeds = new Map<MemberId, FeedState>();
  readonly #known: KnownOperations;
  /** What was last found under an operation id: a post asks twice, once for itself and once for others' messages of this id. */
  #found: { readonly op: string; readonly rows: readonly OperationColumns[] } | undefined;
  #moved: FeedState[] = [];
  #appended: StoredEvent[] = [];
  #nextEpoch: Epoch | undefined;
  #writeCount = 0;

  constructor(db: Connection, clock: Clock) {
    super(db);
    this.#clock = clock;
    const highest = this.statement('highestOperation').get(KnownOperations.end) as {
      readonly op: string | null;
    };
    this.#known = new KnownOperations(highest.op ?? '');
  }

  /** Grows with every change made through this object: tells whether a work that failed had written. */
  get writeCount(): number {
    return this.#writeCount;
  }

  /** Writes what was only counted so far. To be called before the commit. */
  flush(): void {
    for (const feed of this.#moved) {
      this.#run('moveHead', feed.head, feed.at, feed.no);
      feed.isMoved = false;
    }
    this.#moved = [];
  }

  /** The events of the group, once it is committed. */
  takeAppended(): readonly StoredEvent[] {
    const appended = this.#appended;
    this.#appended = [];
    return appended;
  }

  /** The epoch that the group began, once it is committed. */
  takeEpoch(): Epoch | undefined {
    const next = this.#nextEpoch;
    this.#nextEpoch = undefined;
    return next;
  }

  /** Nothing of the group happened: forget whatever may stem from it. */
  forget(): void {
    this.#feeds.clear();
    this.#channelFeeds.clear();
    this.#memberFeeds.clear();
    this.#found = undefined;
    this.#channels.clear();
    this.#members.clear();
    this.#rosters.clear();
    this.forgetNumbers();
    this.#moved = [];
    this.#appended = [];
    this.#nextEpoch = undefined;
  }

  async repeated(feed: FeedId, draft: EventDraft): Promise<Repeated | undefined> {
    return this.#repeated(feed, draft);
  }

  preconditions(channel: ChannelId, draft: EventDraft, message: MessageId): Promise<Preconditions> {
    return Promise.resolve({
      before: this.#repeated(channelFeed(channel), draft),
      standing: this.standingNow(channel, draft.by),
      message: this.messageNow(channel, message),
    });
  }

  async append(feed: FeedId, draft: EventDraft): Promise<Appended> {
    const state = this.#feed(feed);
    const by = this.#memberFeed(draft.by).no;
    const seq = state.head + 1;
    const at = Math.max(this.#clock.now(), state.at);
    const json = eventJson(seq, at, draft);
    if (draft.op !== null) this.#known.add(draft.op);
    if (
      this.#run('event', state.no, seq, at, by, draft.kind, draft.op, draft.asked ?? null, json) ===
      0
    ) {
      const before = this.#repeated(feed, draft);
      if (!before)
        throw new Error(`event ${seq} of feed ${state.no} is there already: its head is wrong`);
      return before;
    }
    state.head = seq;
    state.at = at;
    if (!state.isMoved) {
      state.isMoved = true;
      this.#moved.push(state);
    }
    this.#appended.push({ feed, seq, at, json, op: draft.op });
    return { isNew: true, event: { feed, seq, at, json } };
  }

  async reviseMessage(
    channel: ChannelId,
    id: MessageId,
    revision: { readonly text: string; readonly seq: number; readonly at: number },
  ): Promise<void> {
    const posted = this.messageRow(channel, id);
    if (!posted) throw new Error('a message that is not there cannot be revised');
    const feed = this.#channelFeed(channel).no;
    const { json, before } = editedJson(posted.json, revision);
    this.#run('revision', feed, id, revision.seq, revision.at, before);
    this.#run('eventJson', json, feed, posted.seq);
  }

  async redactMessage(channel: ChannelId, id: MessageId): Promise<void> {
    const posted = this.messageRow(channel, id);
    if (!posted) throw new Error('a message that is not there cannot be redacted');
    const feed = this.#channelFeed(channel).no;
    const revisions = this.statement('revisions').all(feed, id) as { readonly seq: number }[];
    for (const { seq } of [posted, ...revisions]) {
      const row = this.#write('eventAt').get(feed, seq) as
        { readonly kind: string; readonly json: string } | undefined;
      if (row) this.#run('eventJson', redactedJson(row.json, id, row.kind), feed, seq);
    }
    this.#run('dropRevisions', feed, id);
  }

  async putTeam(team: Team): Promise<void> {
    const { id, name, createdAt, memberInviteDays, memberInviteUses } = team;
    this.#run('team', id, name, createdAt, memberInviteDays, memberInviteUses);
  }

  async putMember(member: Member): Promise<void> {
    const { no } = this.#feed(memberFeed(member.id));
    this.#run(
      'member',
      no,
      member.id,
      member.handle,
      member.name,
      member.role,
      member.isActive ? 1 : 0,
      member.joinedAt,
    );
    this.#members.set(member.id, member);
  }

  async putChannel(channel: Channel): Promise<void> {
    const { no } = this.#feed(channelFeed(channel.id));
    const { id, kind, name, topic, isArchived, createdAt, createdBy, seq, members } = channel;
    this.#run(
      'channel',
      no,
      id,
      kind,
      name,
      topic,
      isArchived ? 1 : 0,
      createdAt,
      createdBy,
      seq,
      members ? membersKey(members) : null,
    );
    this.#channels.delete(id);
  }

  async addToChannel(
    channel: ChannelId,
    member: MemberId,
    start: { readonly readSeq: number; readonly level: Level },
  ): Promise<void> {
    this.#run(
      'membership',
      this.#channelFeed(channel).no,
      this.#memberFeed(member).no,
      start.readSeq,
      start.level,
    );
    this.#rosters.get(channel)?.add(member);
  }

  async removeFromChannel(channel: ChannelId, member: MemberId): Promise<void> {
    this.#run('dropMembership', this.#channelFeed(channel).no, this.#memberFeed(member).no);
    this.#rosters.get(channel)?.delete(member);
  }

  async putReadMark(channel: ChannelId, member: MemberId, seq: number): Promise<void> {
    this.#run('readMark', seq, this.#channelFeed(channel).no, this.#memberFeed(member).no);
  }

  async putLevel(channel: ChannelId, member: MemberId, level: Level): Promise<void> {
    this.#run('level', level, this.#channelFeed(channel).no, this.#memberFeed(member).no);
  }

  async putCredential({ member, hash }: Credential): Promise<void> {
    this.#run('credential', this.#memberFeed(member).no, hash);
  }

  async putSession(row: SessionRow): Promise<void> {
    const { no } = this.#feed(memberFeed(row.member));
    const { id, device, createdAt, lastSeenAt, endedAt, refreshHash, rotation, refreshExpiresAt } =
      row;
    this.#run(
      'session',
      id,
      no,
      device,
      createdAt,
      lastSeenAt,
      endedAt,
      refreshHash,
      rotation,
      refreshExpiresAt,
    );
  }

  async removeSessions(overBefore: number): Promise<number> {
    return this.#run('dropSessions', overBefore);
  }

  async putInvite(row: InviteRow): Promise<void> {
    this.#run(
      'invite',
      row.id,
      row.codeHash,
      row.role,
      row.createdBy,
      row.createdAt,
      row.expiresAt,
      row.usesLeft,
    );
  }

  async removeInvite(id: string): Promise<void> {
    this.#run('dropInvite', id);
  }

  async putBlobsPlace(id: string): Promise<void> {
    this.#run('blobsPlace', id);
  }

  async replaceEpoch(known: Epoch, next: Epoch): Promise<boolean> {
    if (this.#run('epoch', next, known) === 0) return false;
    this.#nextEpoch = next;
    return true;
  }

  override async headsOf(member: MemberId): Promise<ReadonlyMap<FeedId, number>> {
    this.flush();
    return super.headsOf(member);
  }

  protected override memberNow(id: MemberId): Member | undefined {
    return remembered(this.#members, id, () => super.memberNow(id));
  }

  protected override channelNow(id: ChannelId): Channel | undefined {
    return remembered(this.#channels, id, () => super.channelNow(id));
  }

  protected override isInNow(channel: ChannelId, member: MemberId): boolean {
    return (
      remembered(this.#rosters, channel, () => new Set(this.rosterNow(channel)))?.has(member) ??
      false
    );
  }

  protected override feedRow(feed: FeedId): FeedColumns | undefined {
    return this.#feeds.get(feed) ?? super.feedRow(feed);
  }

  protected override messageRow(
    channel: ChannelId,
    id: MessageId,
  ): { readonly seq: number; readonly json: string } | undefined {
    const rows = this.#operations(id);
    if (rows.length === 0) return undefined;
    const feed = this.channelNumber(channel);
    return rows.find((row) => row.feed === feed && row.kind === 'posted');
  }

  protected override channelNumber(channel: ChannelId): number | undefined {
    return this.#channelFeeds.get(channel)?.no ?? super.channelNumber(channel);
  }

  protected override number(feed: FeedId): number | undefined {
    return this.#feeds.get(feed)?.no ?? super.number(feed);
  }

  #feed(id: FeedId): FeedState {
    const known = this.#feeds.get(id);
    if (known) return known;
    let row = super.feedRow(id);
    if (!row) {
      this.#run('feed', id);
      row = super.feedRow(id);
      if (!row) throw new Error('a feed that was just made is not there');
    }
    if (this.#feeds.size >= MAX_REMEMBERED) this.#trimFeeds();
    const state: FeedState = { no: row.no, head: row.head, at: row.at, isMoved: false };
    this.#feeds.set(id, state);
    return state;
  }

  #channelFeed(id: ChannelId): FeedState {
    return remembered(this.#channelFeeds, id, () => this.#feed(channelFeed(id))) as FeedState;
  }

  #memberFeed(id: MemberId): FeedState {
    return remembered(this.#memberFeeds, id, () => this.#feed(memberFeed(id))) as FeedState;
  }

  #trimFeeds(): void {
    this.#channelFeeds.clear();
    this.#memberFeeds.clear();
    for (const [id, feed] of this.#feeds) if (!feed.isMoved) this.#feeds.delete(id);
  }

  #repeated(feed: FeedId, draft: EventDraft): Repeated | undefined {
    if (draft.op === null) return undefined;
    const rows = this.#operations(draft.op);
    if (rows.length === 0) return undefined;
    const by = this.number(memberFeed(draft.by));
    const row = rows.find((one) => one.by === by);
    if (!row) return undefined;
    const isSame =
      row.feed === this.number(feed) && row.kind === draft.kind && this.#isSameContent(row, draft);
    return {
      isNew: false,
      isSame,
      event: { feed: this.#feedId(row.feed), seq: row.seq, at: row.at, json: row.json },
    };
  }

  #operations(op: string): readonly OperationColumns[] {
    if (this.#known.isSurelyNew(op)) return [];
    if (this.#found?.op !== op)
      this.#found = { op, rows: this.statement('operation').all(op) as OperationColumns[] };
    return this.#found.rows;
  }

  #isSameContent(row: OperationColumns, draft: EventDraft): boolean {
    const isSame = isSameContent(row, draft);
    if (isSame !== 'edited' || draft.op === null) return isSame === true;
    const first = this.statement('firstText').get(row.feed, draft.op) as
      { readonly text: string } | undefined;
    return first !== undefined && first.text === draft.body['text'];
  }

  #feedId(no: number): FeedId {
    return (this.#write('feedId').get(no) as { readonly id: FeedId }).id;
  }

  #write(name: WriteName): Statement {
    let statement = this.#writes.get(name);
    if (!statement) {
      statement = this.db.prepare(WRITES[name]);
      this.#writes.set(name, statement);
    }
    return statement;
  }

  #run(name: WriteName, ...values: readonly (string | number | null)[]): number {
    this.#writeCount++;
    this.#found = undefined;
    return this.#write(name).run(...values).changes;
  }
}

function remembered<K, V>(map: Map<K, V>, key: K, look: () => V | undefined): V | undefined {
  const known = map.get(key);
  if (known !== undefined) return known;
  const found = look();
  if (found === undefined) return undefined;
  if (map.size >= MAX_REMEMBERED) map.clear();
  map.set(key, found);
  return found;
}
