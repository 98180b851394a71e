/**
 * The store: where the team's truth lives and where order is decided. SQLite is one adapter, for one relay; PostgreSQL is the other, for
 * several relays at once; nothing outside an adapter may know which is there. The contract suite under `test/contracts/` runs over
 * every adapter and is the other half of this page.
 *
 * What every adapter guarantees:
 * - **Order.** `append` gives an event its feed's next `seq` in the transaction that inserts it. Numbers run 1, 2, 3 …
 *   without holes, are never reused, and become readable in order. `at` never decreases within a feed.
 * - **Durability.** A promise of `write` resolves only when its transaction would survive a power cut.
 * - **Group commit.** Works that arrive while a transaction is being made durable share the next one. Each work sees
 *   the writes of those before it, in the order in which `write` was called; their effects are serializable.
 * - **All or nothing per work.** A work that throws leaves nothing behind and does not disturb its neighbours.
 *   A work may be run again (after a neighbour failed, or a deadlock): it must have no effect but through `tx`.
 * - **Idempotence.** At most one event per (by, op) for ever: `append` returns the first one with `isNew: false`.
 * - **Reads** outside a transaction see committed data only, each call one consistent snapshot.
 */
import type { Channel, Level, Member, Role, Team } from '../../protocol/entities.ts';
import type { Interval } from '../../protocol/feeds.ts';
import type { MemberChannel } from '../../protocol/frames-down.ts';
import type {
  ChannelId,
  Epoch,
  FeedId,
  MemberId,
  MessageId,
  OperationId,
  SessionId,
  TeamId,
} from '../../protocol/ids.ts';

/** The store cannot answer or write now (disk full, connection gone …). Nothing was written; safe to retry. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** This store is copied by the means of its database, which the message names. */
export class BackupElsewhere extends Error {
  override readonly name = 'BackupElsewhere';
}

/**
 * What became of a store that could not be reached for a while. `reconnected`: nothing is lost, but others may have written meanwhile,
 * and of what was committed in that moment not everything may have been told. `new-epoch`: history was lost, and `epoch` has changed.
 */
export type Interruption = 'reconnected' | 'new-epoch';

/** An event as it travels: `json` is the complete text of the event object, `seq`, `at`, `by` and `kind` included. */
export interface StoredEvent {
  readonly feed: FeedId;
  readonly seq: number;
  readonly at: number;
  readonly json: string;
  /** Only where `onCommitted` tells of the event, for its mark. */
  readonly op?: EventDraft['op'];
}

/**
 * What tells an event from any other that might have stood at its place, had history gone another
 * way. An edit, a deletion or a move to another database does not change it.
 */
export interface Mark {
  readonly at: number;
  readonly op: EventDraft['op'];
}

/** What an event says beside `seq`, `at`, `by` and `kind`. Keys and values as in `protocol/feeds.ts`. */
export type EventBody = Readonly<Record<string, unknown>>;

export interface EventDraft {
  readonly by: MemberId;
  readonly kind: string;
  /** Null for an event that accompanies another one of the same transaction. */
  readonly op: OperationId | MessageId | null;
  readonly body: EventBody;
  /**
   * What the operation asked for, where the body holds more than that (a time, a whole entity as it then was). A repetition is
   * compared by this text instead of by the body.
   */
  readonly asked?: string;
}

export type Appended = { readonly isNew: true; readonly event: StoredEvent } | Repeated;

/**
 * (by, op) was there before. `isSame` tells whether feed, kind and content (`asked`, else the body as it was first given) agree.
 * Deleted content always agrees.
 */
export interface Repeated {
  readonly isNew: false;
  readonly isSame: boolean;
  readonly event: StoredEvent;
}

export interface Page extends Interval {
  readonly feed: FeedId;
  readonly head: number;
  readonly events: readonly StoredEvent[];
  /** Of the event at `to`; undefined on an empty page. */
  readonly mark: Mark | undefined;
}

export interface MessageState {
  readonly seq: number;
  readonly by: MemberId;
  readonly isDeleted: boolean;
  /** Empty when deleted. */
  readonly text: string;
}

/** Each is there or not by itself; `isIn` is false where one of them is missing. */
export interface Standing {
  readonly member: Member | undefined;
  readonly channel: Channel | undefined;
  readonly isIn: boolean;
}

export interface Credential {
  readonly member: MemberId;
  /** The PHC string of an argon2id hash. */
  readonly hash: string;
}

export interface SessionRow {
  readonly id: SessionId;
  readonly member: MemberId;
  readonly device: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly endedAt: number | null;
  /** SHA-256 of the newest refresh token. */
  readonly refreshHash: string;
  /** The highest rotation count that the device has shown; the newest token has the next one. */
  readonly rotation: number;
  readonly refreshExpiresAt: number;
}

export interface InviteRow {
  readonly id: string;
  /** SHA-256 of the code; the code itself is never stored. */
  readonly codeHash: string;
  readonly role: Role;
  /** Null for the setup code and for invites made on the command line before there is an owner. */
  readonly createdBy: MemberId | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usesLeft: number;
}

/** Questions that both a transaction and the store itself answer. Missing things are `undefined`, never an error. */
export interface StoreReads {
  team(): Promise<Team | undefined>;
  member(id: MemberId): Promise<Member | undefined>;
  memberByHandle(handle: string): Promise<Member | undefined>;
  members(): Promise<readonly Member[]>;
  channel(id: ChannelId): Promise<Channel | undefined>;
  publicChannels(): Promise<readonly Channel[]>;
  /** Who is in the channel. */
  roster(channel: ChannelId): Promise<readonly MemberId[]>;
  isInChannel(channel: ChannelId, member: MemberId): Promise<boolean>;
  /** Who somebody is and how they stand to a channel: what every deed in a channel asks first, as one question. */
  standing(channel: ChannelId, member: MemberId): Promise<Standing>;
  memberCount(channel: ChannelId): Promise<number>;
  /** How many channels the member is in. */
  channelCount(member: MemberId): Promise<number>;
  /** How many channels and group conversations the member has made, whoever is in them now. */
  channelsMade(member: MemberId): Promise<number>;
  /** The channels the member is in, with their read marks and levels. */
  memberChannels(member: MemberId): Promise<readonly MemberChannel[]>;
  /** The direct or group channel of exactly these members. */
  directChannel(members: readonly MemberId[]): Promise<ChannelId | undefined>;
  message(channel: ChannelId, id: MessageId): Promise<MessageState | undefined>;
  /** Those of `ops` under which this member has an event, in whatever feed. */
  operations(by: MemberId, ops: readonly OperationId[]): Promise<ReadonlySet<OperationId>>;
  readMark(channel: ChannelId, member: MemberId): Promise<number>;
  /** The time of the newest event of all feeds, in epoch ms; 0 without events. Reads every feed: for the start. */
  newestAt(): Promise<number>;
  /** 0 for a feed without events. */
  head(feed: FeedId): Promise<number>;
  /** The heads of all these feeds as one question; 0 for a feed without events. */
  heads(feeds: readonly FeedId[]): Promise<ReadonlyMap<FeedId, number>>;
  /** The marks of the events at these places, as one question. No entry where there is no event. */
  marks(places: ReadonlyMap<FeedId, number>): Promise<ReadonlyMap<FeedId, Mark>>;
  /** Every feed the member may read, with its head: the team, their own, then their channels, the most recently active first. */
  headsOf(member: MemberId): Promise<ReadonlyMap<FeedId, number>>;
  /**
   * The newest events of `from`..`to` that fit both limits, in ascending order, at least one if there is any; the
   * page's own `from` tells how far down it reaches.
   */
  page(
    feed: FeedId,
    span: Interval,
    limit: { readonly events: number; readonly bytes: number },
  ): Promise<Page>;
  /** As `page`, but the oldest events of the span: for catching up upwards. */
  pageUp(
    feed: FeedId,
    span: Interval,
    limit: { readonly events: number; readonly bytes: number },
  ): Promise<Page>;

  credential(member: MemberId): Promise<Credential | undefined>;
  session(id: SessionId): Promise<SessionRow | undefined>;
  /** By the hash of its newest refresh token. */
  sessionByRefresh(hash: string): Promise<SessionRow | undefined>;
  /** The sessions that have not ended, newest first. */
  sessions(member: MemberId): Promise<readonly SessionRow[]>;
  invite(codeHash: string): Promise<InviteRow | undefined>;
  invites(): Promise<readonly InviteRow[]>;

  /** The id of the place where the team's blobs are, once a relay was told of one that is not its own folder. */
  blobsPlace(): Promise<string | undefined>;
}

export interface Preconditions {
  /** @see WriteTx.repeated */
  readonly before: Repeated | undefined;
  readonly standing: Standing;
  /** The message of this id that the channel has, whoever wrote it. */
  readonly message: MessageState | undefined;
}

export interface WriteTx extends StoreReads {
  /**
   * What `append` would answer if the operation was there before, else undefined; writes nothing. To be asked before any other
   * check: what was acknowledged once is acknowledged again, whatever has become of the rights since.
   */
  repeated(feed: FeedId, draft: EventDraft): Promise<Repeated | undefined>;
  /** What a change to a message asks before it writes, as one question: the hot path of every store. `by` is the draft's. */
  preconditions(channel: ChannelId, draft: EventDraft, message: MessageId): Promise<Preconditions>;
  /** @see Store for the order and idempotence this keeps. */
  append(feed: FeedId, draft: EventDraft): Promise<Appended>;
  /** The message's `posted` event is given out with this text from now on; the text it replaces is kept as history. */
  reviseMessage(
    channel: ChannelId,
    id: MessageId,
    revision: { readonly text: string; readonly seq: number; readonly at: number },
  ): Promise<void>;
  /** Removes every word of the message for good; its `posted` and `edited` events are given out as `redacted`. */
  redactMessage(channel: ChannelId, id: MessageId): Promise<void>;

  putTeam(team: Team): Promise<void>;
  /** Inserts or replaces. The caller has checked that the handle is free. */
  putMember(member: Member): Promise<void>;
  /** Inserts or replaces the describing facts. For direct and group channels `members` fixes who is in it. */
  putChannel(channel: Channel): Promise<void>;
  addToChannel(
    channel: ChannelId,
    member: MemberId,
    start: { readonly readSeq: number; readonly level: Level },
  ): Promise<void>;
  removeFromChannel(channel: ChannelId, member: MemberId): Promise<void>;
  putReadMark(channel: ChannelId, member: MemberId, seq: number): Promise<void>;
  putLevel(channel: ChannelId, member: MemberId, level: Level): Promise<void>;

  putCredential(credential: Credential): Promise<void>;
  putSession(session: SessionRow): Promise<void>;
  /** Forgets the sessions that ended, or that ran out without having ended, before this moment. @returns how many */
  removeSessions(overBefore: number): Promise<number>;
  putInvite(invite: InviteRow): Promise<void>;
  removeInvite(id: string): Promise<void>;

  /** The caller has checked that there is none yet. */
  putBlobsPlace(id: string): Promise<void>;

  /**
   * History was lost: positions of the epoch `known` mean nothing any more. The store has `next`
   * as its epoch when the transaction is committed, and calls the listeners of `onInterrupted`.
   * @returns false, with nothing written, where the epoch is not `known` any more
   */
  replaceEpoch(known: Epoch, next: Epoch): Promise<boolean>;
}

export interface Store extends StoreReads {
  /** Changes where history was lost: see `onInterrupted` and `replaceEpoch`. */
  readonly epoch: Epoch;
  readonly teamId: TeamId;
  /**
   * Runs `work` in a transaction and resolves with its value once that is durable.
   * @throws what `work` threw; nothing of it was written
   * @throws StoreUnavailable  nothing was written; safe to retry
   */
  write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
  /**
   * Hears every event this store object has just made durable, in commit order, before the promises of the works resolve. The one
   * way by which events reach fan-out, so that none can be told before its commit and none forgotten. A listener must not throw.
   * @returns a function that ends the listening
   */
  onCommitted(listener: (events: readonly StoredEvent[]) => void): () => void;
  /**
   * Called when a store on a server is there again after it was not, and when the epoch was replaced.
   * A listener must not throw.
   * @returns a function that ends the listening
   */
  onInterrupted(listener: (what: Interruption) => void): () => void;
  /**
   * A consistent copy of the whole store at `path`, taken while others write.
   * @throws BackupElsewhere  nothing was written
   */
  backup(path: string): Promise<void>;
  /** What is wrong with the files, in words; empty when all is well. May hold up the event loop: for tools and tests. */
  audit(): Promise<readonly string[]>;
  close(): Promise<void>;
}
