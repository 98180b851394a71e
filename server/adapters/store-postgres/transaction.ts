/**
 * One database transaction, shared by the works of a group, and what is known inside it. Its rules are what lets several relays write
 * one database:
 *
 * - **A feed is locked** before anything is decided about it: `repeated` and `append` lock its row, and whoever holds it alone gives out
 *   its next number. So everything that the domain decides behind `repeated` (who is in the channel, is it archived, is the message
 *   there) is decided in the order of the feed.
 * - **What is read is kept as it is** (`FOR SHARE`) until the commit: members, channels, memberships, credentials; sessions and invites
 *   are taken for oneself (`FOR UPDATE`). Somebody who is shut out on another node meanwhile is shut out after this, and if that came
 *   first, the read waits for it and sees it.
 * - **What is not there cannot be locked**, so its coming is caught: by the lock of the feed it is told in (memberships), by the lock of
 *   the team's feed (the team itself, the list of public channels), by the lock of the member's feed (how many channels they are in), else by a unique
 *   key (an operation, a handle, the one conversation of some people, the row of a feed). A key that is there already against what
 *   was read ends the transaction as `Contended`, and all of it is run again.
 * - `head` locks nothing: a feed that the work does not write may have moved on by the commit.
 *
 * Because of the locks, what was read is remembered until the commit, and never beyond it. Works are short, so is the memory.
 * Changes are sent and not waited for; the events of a group go in one statement before the commit.
 */
import type pg from 'pg';
import {
  feedName,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type Epoch,
  type FeedId,
  type MemberId,
} from '../../../protocol/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventDraft, StoredEvent } from '../../ports/store.ts';
import { eventJson, type KnownEvent } from '../store-events.ts';
import type { ChannelColumns, MemberColumns } from '../store-rows.ts';
import { asStoreError, Contended, InDoubt, isPlainRefusal } from './faults.ts';
import { LOCKS, QUERIES, type QueryName } from './queries.ts';
import type { MembershipColumns, Value } from './reads.ts';
import { WRITES, type WriteName } from './writes.ts';

export interface FeedState {
  readonly no: number;
  readonly id: FeedId;
  head: number;
  at: number;
  isMoved: boolean;
}

/** An event that bears a certain operation id. */
export interface Operation extends KnownEvent {
  /** Numbers of feeds: where it is, and whose the member feed of its author is. */
  readonly feed: number;
  readonly by: number;
  readonly kind: string;
}

interface Pending extends Operation {
  readonly op: string | null;
}

interface Foreseen {
  readonly feeds: Set<FeedId>;
  readonly authors: Set<FeedId>;
  readonly ops: Set<string>;
  readonly pairs: Map<string, { readonly channel: ChannelId; readonly member: MemberId }>;
}

export interface TransactionParts {
  readonly client: pg.Client;
  readonly clock: Clock;
}

const pairKey = (channel: ChannelId, member: MemberId): string => `${channel} ${member}`;

export class Transaction {
  readonly #client: pg.Client;
  readonly #clock: Clock;
  readonly #foreseen: Foreseen = {
    feeds: new Set(),
    authors: new Set(),
    ops: new Set(),
    pairs: new Map(),
  };
  #isBegun = false;
  #xid: string | undefined;
  #epoch: Epoch | undefined;
  /** The first thing that went wrong. The server takes nothing more after it. */
  #fault: Error | undefined;
  readonly #sent: Promise<unknown>[] = [];

  /** Undefined for a feed that is not there. */
  readonly #feeds = new Map<FeedId, FeedState | undefined>();
  readonly #numbers = new Map<FeedId, number>();
  readonly #operations = new Map<string, Operation[]>();
  readonly #members = new Map<MemberId, MemberColumns | undefined>();
  readonly #channels = new Map<ChannelId, ChannelColumns | undefined>();
  readonly #memberships = new Map<string, MembershipColumns | undefined>();
  #pending: Pending[] = [];
  readonly #appended: StoredEvent[] = [];

  constructor({ client, clock }: TransactionParts) {
    this.#client = client;
    this.#clock = clock;
  }

  get fault(): Error | undefined {
    return this.#fault;
  }
  /** The store's epoch as this transaction sees it. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /**
   * A work will ask this first. What is foreseen before `begin` is asked for all works at once, with what most works ask next; a wrong
   * guess costs nothing.
   */
  foresee(feed: FeedId, { by, op, body }: EventDraft): void {
    if (this.#isBegun || op === null) return;
    const { feeds, authors, ops, pairs } = this.#foreseen;
    feeds.add(feed);
    authors.add(memberFeed(by));
    ops.add(op);
    const name = feedName(feed);
    const channel =
      name.kind === 'channel' ? name.channel : (body['channel'] as ChannelId | undefined);
    if (typeof channel === 'string') pairs.set(pairKey(channel, by), { channel, member: by });
  }

  /** Opens the transaction and asks for what was foreseen: all in one go, one way to the server and back. */
  async begin(): Promise<void> {
    this.#isBegun = true;
    const { feeds, authors, ops, pairs } = this.#foreseen;
    const begun = this.#send('BEGIN');
    const who = this.#send<{ readonly xid: string; readonly epoch: Epoch }>(
      "SELECT pg_current_xact_id()::text AS xid, (SELECT value FROM meta WHERE key = 'epoch') AS epoch",
    );
    const all: Promise<unknown>[] = [
      begun,
      who.then(([row]) => ((this.#xid = row?.xid), (this.#epoch = row?.epoch))),
    ];
    if (feeds.size > 0) {
      const wanted = [...pairs.values()];
      const [channels, members] = [
        wanted.map(({ channel }) => channel),
        wanted.map(({ member }) => member),
      ];
      all.push(
        this.#lock([...feeds]),
        this.#learnNumbers([...authors]),
        this.#learnOperations([...ops]),
        this.#learnMembers([...new Set(members)]),
        this.#learnChannels([...new Set(channels)]),
        this.#learnMemberships(channels, members),
      );
    }
    await Promise.all(all);
  }

  /** Asks a question of the port. */
  async ask<Row>(name: QueryName, values: readonly Value[]): Promise<readonly Row[]> {
    if (name === 'publicChannels') await this.feed(TEAM_FEED);
    this.flush();
    return this.#send<Row>(`${QUERIES[name]}${LOCKS[name] ?? ''}`, values, `q-${name}`);
  }

  /** The feed's row, locked; undefined where there is none yet. */
  async feed(id: FeedId): Promise<FeedState | undefined> {
    if (!this.#feeds.has(id)) await this.#lock([id]);
    return this.#feeds.get(id);
  }

  /** The feed's row, locked, made where there was none. */
  async feedToWrite(id: FeedId): Promise<FeedState> {
    const known = await this.feed(id);
    if (known) return known;
    const [made] = await this.#ask<{ readonly no: number }>('makeFeed', [id]);
    if (!made) throw this.#fail(new Contended('another node has just made this feed'));
    const state: FeedState = { no: made.no, id, head: 0, at: 0, isMoved: false };
    this.#feeds.set(id, state);
    this.#numbers.set(id, made.no);
    return state;
  }

  /** The feed's head where it is locked here, with all that the group has appended. */
  lockedHead(id: FeedId): number | undefined {
    return this.#feeds.get(id)?.head;
  }

  /** The number by which other tables know a feed; undefined where there is none. Locks nothing. */
  async number(id: FeedId): Promise<number | undefined> {
    if (!this.#numbers.has(id)) await this.#learnNumbers([id]);
    return this.#numbers.get(id);
  }

  /** As `number`, made where there was none. */
  async numberToWrite(id: FeedId): Promise<number> {
    return (await this.number(id)) ?? (await this.feedToWrite(id)).no;
  }

  async feedId(no: number): Promise<FeedId> {
    const [row] = await this.#ask<{ readonly id: FeedId }>('feedIds', [[no]]);
    if (!row) throw new Error('an event stands in a feed that is not there');
    return row.id;
  }

  /** All events with this operation id, of all authors, those of this group too. */
  async operations(op: string): Promise<readonly Operation[]> {
    if (!this.#operations.has(op)) {
      this.flush();
      await this.#learnOperations([op]);
    }
    return this.#operations.get(op) ?? [];
  }

  async firstText(feed: number, message: string): Promise<string | undefined> {
    const [row] = await this.#ask<{ readonly text: string }>('firstText', [feed, message]);
    return row?.text;
  }

  async revisions(feed: number, message: string): Promise<readonly number[]> {
    return (await this.#ask<{ readonly seq: number }>('revisions', [feed, message])).map(
      (row) => row.seq,
    );
  }

  async eventAt(
    feed: number,
    seq: number,
  ): Promise<{ readonly kind: string; readonly json: string } | undefined> {
    return (
      await this.#ask<{ readonly kind: string; readonly json: string }>('eventAt', [feed, seq])
    )[0];
  }

  async member(id: MemberId): Promise<MemberColumns | undefined> {
    if (!this.#members.has(id)) await this.#learnMembers([id]);
    return this.#members.get(id);
  }

  async channel(id: ChannelId): Promise<ChannelColumns | undefined> {
    if (!this.#channels.has(id)) await this.#learnChannels([id]);
    return this.#channels.get(id);
  }

  async membership(channel: ChannelId, member: MemberId): Promise<MembershipColumns | undefined> {
    const key = pairKey(channel, member);
    if (!this.#memberships.has(key)) await this.#learnMemberships([channel], [member]);
    return this.#memberships.get(key);
  }

  /** What is remembered of these is out of date. */
  forget(what: {
    readonly member?: MemberId;
    readonly channel?: ChannelId;
    readonly op?: string;
  }): void {
    const { member, channel, op } = what;
    if (op !== undefined) this.#operations.delete(op);
    if (member !== undefined && channel !== undefined)
      this.#memberships.delete(pairKey(channel, member));
    else if (member !== undefined) this.#members.delete(member);
    else if (channel !== undefined) this.#channels.delete(channel);
  }

  /** Gives the event the next number of its feed. It reaches the server with the others of the group. */
  add(feed: FeedState, by: number, draft: EventDraft): StoredEvent {
    const seq = feed.head + 1;
    const at = Math.max(this.#clock.now(), feed.at);
    const json = eventJson(seq, at, draft);
    feed.head = seq;
    feed.at = at;
    feed.isMoved = true;
    const pending: Pending = {
      feed: feed.no,
      seq,
      at,
      by,
      kind: draft.kind,
      op: draft.op,
      asked: draft.asked ?? null,
      json,
    };
    this.#pending.push(pending);
    if (draft.op !== null)
      this.#operations.set(draft.op, [...(this.#operations.get(draft.op) ?? []), pending]);
    this.#appended.push({ feed: feed.id, seq, at, json, op: draft.op });
    return { feed: feed.id, seq, at, json };
  }

  /** Sends a change, behind all that was sent before. */
  change(name: WriteName, values: readonly Value[]): void {
    this.flush();
    this.#keep(this.#run(WRITES[name], values, `w-${name}`));
  }

  /** As `change`, for a change whose count is asked for. */
  async changed(name: WriteName, values: readonly Value[]): Promise<number> {
    this.flush();
    return (await this.#run(WRITES[name], values, `w-${name}`)).rowCount ?? 0;
  }

  /** @returns false where another node has replaced it since `known` was read */
  async replaceEpoch(known: Epoch, next: Epoch): Promise<boolean> {
    if ((await this.changed('epoch', [known, next])) === 0) return false;
    this.#epoch = next;
    return true;
  }

  /** Sends the events that wait, ahead of a question that might ask for them. */
  flush(): void {
    const events = this.#pending;
    if (events.length === 0) return;
    this.#pending = [];
    const feeds = [...this.#feeds.values()].filter(
      (feed): feed is FeedState => feed?.isMoved === true,
    );
    for (const feed of feeds) feed.isMoved = false;
    const columns = (['feed', 'seq', 'at', 'by', 'kind', 'op', 'asked', 'json'] as const).map(
      (name) => events.map((event) => event[name]),
    );
    const moved = (['no', 'head', 'at'] as const).map((name) => feeds.map((feed) => feed[name]));
    this.#keep(this.#run(WRITES.append, [...columns, ...moved], 'w-append'));
  }

  /**
   * Durable when it resolves. @returns the group's events in order
   * @throws InDoubt when nobody can tell
   */
  async commit(): Promise<readonly StoredEvent[]> {
    this.flush();
    const ending = this.#client.query('COMMIT').then(
      ({ command }) => command,
      (error: unknown) => ({ error }),
    );
    await Promise.all(this.#sent);
    const ended = await ending;
    if (ended === 'COMMIT') return this.#appended;
    // The server has ended it, and said so: by an error before, or by a refusal of the commit.
    if (this.#fault instanceof Contended || typeof ended === 'string')
      throw this.#fault ?? new Error('a commit became a rollback');
    if (isPlainRefusal(ended.error)) throw asStoreError(ended.error);
    throw new InDoubt('the connection went during a commit');
  }

  /** Undoes everything. Never throws. */
  async rollback(): Promise<void> {
    await this.#client.query('ROLLBACK').catch(() => undefined);
  }

  /** For one who has to find out what became of it. */
  get traces(): { readonly xid: string | undefined; readonly events: readonly StoredEvent[] } {
    return { xid: this.#xid, events: this.#appended };
  }

  async #lock(ids: readonly FeedId[]): Promise<void> {
    const rows = await this.#ask<Omit<FeedState, 'isMoved'>>('lockFeeds', [ids]);
    for (const id of ids) this.#feeds.set(id, undefined);
    for (const row of rows) {
      this.#feeds.set(row.id, { ...row, isMoved: false });
      this.#numbers.set(row.id, row.no);
    }
  }

  async #learnNumbers(ids: readonly FeedId[]): Promise<void> {
    for (const { id, no } of await this.#ask<{ readonly id: FeedId; readonly no: number }>(
      'numbers',
      [ids],
    ))
      this.#numbers.set(id, no);
  }

  async #learnOperations(ops: readonly string[]): Promise<void> {
    const rows = await this.#ask<Operation & { readonly op: string }>('operations', [ops]);
    for (const op of ops) this.#operations.set(op, []);
    for (const row of rows) this.#operations.get(row.op)?.push(row);
  }

  async #learnMembers(ids: readonly MemberId[]): Promise<void> {
    const rows = await this.#ask<MemberColumns & { readonly id: MemberId }>('lockMembers', [ids]);
    for (const id of ids) this.#members.set(id, undefined);
    for (const row of rows) this.#members.set(row.id, row);
  }

  async #learnChannels(ids: readonly ChannelId[]): Promise<void> {
    const rows = await this.#ask<ChannelColumns & { readonly id: ChannelId }>('lockChannels', [
      ids,
    ]);
    for (const id of ids) this.#channels.set(id, undefined);
    for (const row of rows) this.#channels.set(row.id, row);
  }

  async #learnMemberships(
    channels: readonly ChannelId[],
    members: readonly MemberId[],
  ): Promise<void> {
    type Row = MembershipColumns & { readonly channel: ChannelId; readonly member: MemberId };
    const rows = await this.#ask<Row>('lockMemberships', [channels, members]);
    channels.forEach((channel, i) =>
      this.#memberships.set(pairKey(channel, members[i] as MemberId), undefined),
    );
    for (const row of rows) this.#memberships.set(pairKey(row.channel, row.member), row);
  }

  #ask<Row>(name: WriteName, values: readonly Value[]): Promise<readonly Row[]> {
    return this.#send<Row>(WRITES[name], values, `w-${name}`);
  }

  async #send<Row>(
    text: string,
    values: readonly Value[] = [],
    name?: string,
  ): Promise<readonly Row[]> {
    return (await this.#run(text, values, name)).rows as readonly Row[];
  }

  /** @param name  under which the server keeps what it has understood; the same for the same text */
  async #run(text: string, values: readonly Value[], name?: string): Promise<pg.QueryResult> {
    try {
      if (name === undefined) return await this.#client.query(text);
      return await this.#client.query({ text, values: [...values], name });
    } catch (error) {
      throw this.#fail(asStoreError(error));
    }
  }

  #keep(sent: Promise<unknown>): void {
    // What fails is in `#fault`, and the commit looks there.
    this.#sent.push(sent.catch(() => undefined));
  }

  #fail(error: Error): Error {
    this.#fault ??= error;
    return this.#fault;
  }
}
