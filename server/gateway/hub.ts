/**
 * The hub: hears what was committed and tells the sockets of this node. Guarantees that a live connection gets every event of every
 * feed it follows, once, in order, and nothing of a channel after its member left it; that an event is encoded once whoever gets it;
 * and that one turn of the event loop costs a socket one write. What was lost on the way here is found (by the next event, by
 * `audit`, or by a doubt) and read from the store.
 */
import type { Position, Proof } from '../../protocol/feeds.ts';
import { TEAM_FEED, channelFeed, memberFeed } from '../../protocol/ids.ts';
import type { ChannelId, FeedId, MemberId, SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { FanOut, FanOutMessage } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';
import type { Mark, Store, StoredEvent } from '../ports/store.ts';
import { background } from './background.ts';
import { FeedEntry, MemberNode, type Connection } from './connection.ts';
import { Doubt } from './doubt.ts';
import { kindOf } from './event-kind.ts';
import type { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import type { PositionProofs } from './position-proofs.ts';

export interface HubParts {
  readonly store: Store;
  readonly fanOut: FanOut;
  readonly outbound: Outbound;
  readonly proofs: PositionProofs;
  readonly limits: Limits;
  readonly log: Log;
  /** When what was heard is handed out: at once, but not before all that the same commit has to say. */
  readonly soon: (run: () => void) => void;
  /** What was read of this feed before is out of date (an edit, a deletion), or nobody would hear if it became so. */
  readonly onStale: (feed: FeedId) => void;
  readonly onSessionEnded: (session: SessionId, member: MemberNode) => void;
  readonly onTyping: (entry: FeedEntry, member: MemberId) => void;
  /** Events are noted for this connection that went by before it followed them. */
  readonly onBehind: (connection: Connection) => void;
}

export class Hub {
  readonly #parts: HubParts;
  readonly #feeds = new Map<FeedId, FeedEntry>();
  readonly #members = new Map<MemberId, MemberNode>();
  readonly #doubt: Doubt;
  readonly #stop: () => void;
  #moved: FeedEntry[] = [];
  #moves = 1;
  #isScheduled = false;
  #audit: Iterator<FeedEntry> | undefined;

  constructor(parts: HubParts) {
    this.#parts = parts;
    const { store, limits, log } = parts;
    this.#doubt = new Doubt({
      store,
      limits,
      log,
      feeds: () => this.#feeds.values(),
      pull: (entry) => this.#pull(entry),
    });
    this.#stop = parts.fanOut.listen((message) => this.#hear(message));
  }

  /** Grows with every feed that moves. */
  get moves(): number {
    return this.#moves;
  }
  get feedCount(): number {
    return this.#feeds.size;
  }

  members(): IterableIterator<MemberNode> {
    return this.#members.values();
  }

  member(id: MemberId): MemberNode | undefined {
    return this.#members.get(id);
  }

  feed(id: FeedId): FeedEntry | undefined {
    return this.#feeds.get(id);
  }

  /** The member's node, made for their first socket. */
  enter(id: MemberId): MemberNode {
    let node = this.#members.get(id);
    if (!node) this.#members.set(id, (node = new MemberNode(id)));
    return node;
  }

  /** Takes a socket out. The last one takes the member along. */
  leave(connection: Connection): void {
    const node = connection.member;
    node.connections = node.connections.filter((one) => one !== connection);
    if (node.connections.length > 0 || this.#members.get(node.id) !== node) return;
    this.#members.delete(node.id);
    for (const entry of [...node.feeds]) this.#unfollow(node, entry);
  }

  /**
   * Follows everything the member may read, from where the one answer stands that says what that is: what is committed after it is heard
   * of, or found missing. False when the member left meanwhile.
   */
  async followAll(node: MemberNode): Promise<boolean> {
    if (node.isReady) return true;
    node.ready ??= this.#followAll(node).finally(() => (node.ready = undefined));
    return node.ready;
  }

  /** Somebody holds more of these feeds than this node has heard of, from another node: the store says whether it is there. */
  async heed(
    node: MemberNode,
    positions: Readonly<Partial<Record<FeedId, Position>>>,
  ): Promise<void> {
    for (const entry of [...node.feeds]) {
      const held = positions[entry.id]?.seq ?? 0;
      if (held <= (entry.head ?? 0)) continue;
      await this.reach(entry.id, held);
      // Handed out before the catch-up begins, or whoever told us would hear it once more.
      this.#seal(entry);
    }
  }

  /**
   * The store is at `head`, as somebody says who has asked it: resolves when this node has heard what came until then, who left a channel
   * included. Nothing of a feed may be given to anybody before that.
   */
  async reach(feed: FeedId, head: number): Promise<void> {
    const entry = this.#feeds.get(feed);
    if (!entry || head <= (entry.head ?? 0)) return;
    this.#pull(entry);
    await entry.pulling;
  }

  /** Asks the store about some of the feeds: a push that was lost on its way here is found within one round. */
  audit(share: number): void {
    this.#doubt.tend();
    for (let left = Math.ceil(this.#feeds.size * share); left > 0; left--) {
      const next = (this.#audit ??= this.#feeds.values()).next();
      if (next.done) {
        this.#audit = undefined;
        return;
      }
      background(this.#check(next.value), this.#parts.log, 'audit');
    }
  }

  /** Holds every followed feed against the store: nobody knows what was not heard. */
  doubt(): void {
    this.#doubt.raise();
  }

  /**
   * The store was asked after `entry` had come to its head, and knows less: what was heard is not there. The store is the truth; who
   * went on asking it for the rest would never come to an end.
   */
  believe(entry: FeedEntry, head: number): void {
    if (entry.head === undefined || entry.head <= head) return;
    this.#parts.log.warn('fan-out-ahead', { feed: entry.id, heard: entry.head, head });
    this.#setHead(entry, head, undefined);
  }

  /** That the event at the feed's head stands there; undefined where this node does not know it. */
  proofOf(entry: FeedEntry): Proof | undefined {
    if (entry.head === undefined || !entry.mark) return undefined;
    entry.proof ??= this.#parts.proofs.prove(entry.id, entry.head, entry.mark);
    return entry.proof;
  }

  /** They were of an epoch that is over. */
  forgetProofs(): void {
    for (const entry of this.#feeds.values()) entry.proof = undefined;
  }

  /** The mark of the event at `seq` was read. */
  learn(entry: FeedEntry, seq: number, mark: Mark): void {
    if (entry.head === seq) entry.mark ??= mark;
  }

  dispose(): void {
    this.#stop();
    this.#feeds.clear();
    this.#members.clear();
  }

  async #followAll(node: MemberNode): Promise<boolean> {
    const own = [this.#follow(node, TEAM_FEED), this.#follow(node, memberFeed(node.id))];
    for (;;) {
      const { moves } = node;
      const heads = await this.#parts.store.headsOf(node.id);
      for (const entry of own) {
        entry.head ??= heads.get(entry.id) ?? 0;
        // Heard of meanwhile: the answer may be older than that.
        if (entry.isBehind) this.#pull(entry);
      }
      // The answer is ahead of what was heard here. A departure that it counts in would be taken for one after it.
      for (const [feed, head] of heads) await this.reach(feed, head);
      // Gone meanwhile: nobody would take them off the feeds again.
      if (this.#members.get(node.id) !== node) return false;
      // Somebody added or removed the member while we read: what we read may name a channel they just left.
      if (moves !== node.moves) continue;
      for (const [feed, head] of heads) this.#follow(node, feed).head ??= head;
      break;
    }
    // Exactly as large as it is: there is one per member, and it grows rarely.
    node.feeds = node.feeds.slice();
    node.isReady = true;
    return true;
  }

  #follow(node: MemberNode, feed: FeedId): FeedEntry {
    const known = this.#feeds.get(feed);
    if (known && node.feeds.includes(known)) return known;
    const entry = known ?? new FeedEntry(feed, node);
    if (known) {
      this.#seal(entry);
      entry.members.push(node);
    } else this.#feeds.set(feed, entry);
    node.feeds.push(entry);
    return entry;
  }

  /**
   * The member is in a channel since this event of it. Their own feed tells so, and may do it later or sooner than the channel's is
   * heard here: what went by is made up for, what has not come yet is asked for.
   */
  #enterChannel(node: MemberNode, feed: FeedId, seq: number): void {
    if (node.feeds.some((entry) => entry.id === feed)) return;
    const entry = this.#follow(node, feed);
    (node.since ??= new Map()).set(entry, seq);
    const before = seq - 1;
    entry.head ??= before;
    if (entry.head <= before) return this.#pull(entry);
    for (const connection of node.connections) {
      (connection.missed ??= new Map()).set(feed, before);
      this.#parts.onBehind(connection);
    }
  }

  #unfollow(node: MemberNode, entry: FeedEntry): void {
    if (!remove(node.feeds, entry)) return;
    remove(entry.members, node);
    node.since?.delete(entry);
    for (const connection of node.connections) {
      connection.missed?.delete(entry.id);
      connection.held?.delete(entry.id);
    }
    if (entry.members.length > 0) return;
    this.#feeds.delete(entry.id);
    this.#parts.onStale(entry.id);
  }

  #hear(message: FanOutMessage): void {
    switch (message.kind) {
      case 'events':
        for (const event of message.events) {
          const entry = this.#feeds.get(event.feed);
          if (entry) this.#take(entry, event);
        }
        return;
      case 'moved':
        for (const [feed, head] of message.heads) {
          const entry = this.#feeds.get(feed);
          if (entry && head > (entry.head ?? 0)) this.#pull(entry);
        }
        return;
      case 'typing': {
        const entry = this.#feeds.get(channelFeed(message.channel));
        if (entry) this.#parts.onTyping(entry, message.member);
        return;
      }
      case 'doubt':
        this.doubt();
    }
  }

  #take(entry: FeedEntry, event: StoredEvent): void {
    if (entry.head === undefined) {
      entry.isBehind = true;
      return;
    }
    const expected = entry.head + 1;
    if (event.seq < expected) return;
    if (event.seq > expected) {
      // Where several relays write to one feed it is nothing special: what this one committed is here before the hint of another's.
      if (!entry.pulling)
        this.#parts.log.debug('fan-out-gap', {
          feed: entry.id,
          head: expected - 1,
          seq: event.seq,
        });
      this.#pull(entry);
      return;
    }
    const { op } = event;
    this.#setHead(entry, event.seq, op === undefined ? undefined : { at: event.at, op });
    entry.moves = ++this.#moves;
    if (entry.pending) entry.pending.push(event);
    else {
      entry.pending = [event];
      this.#moved.push(entry);
    }
    this.#schedule();
    const kind = kindOf(event.json);
    if (kind !== 'posted') this.#act(entry, event, kind);
  }

  /** Events that mean something to the hub itself. */
  #act(entry: FeedEntry, event: StoredEvent, kind: string): void {
    switch (kind) {
      case 'edited':
      case 'deleted':
        this.#parts.onStale(entry.id);
        return;
      case 'channel-joined': {
        const node = entry.members[0];
        const { channel } = JSON.parse(event.json) as {
          readonly channel: { readonly id: ChannelId; readonly seq: number };
        };
        if (!node) return;
        node.moves++;
        // Told before the channel's own events.
        this.#seal(entry);
        this.#enterChannel(node, channelFeed(channel.id), channel.seq);
        return;
      }
      case 'left': {
        const { member } = JSON.parse(event.json) as { readonly member: MemberId };
        const node = this.#members.get(member);
        if (!node || event.seq < (node.since?.get(entry) ?? 0)) return;
        // Everything up to and with this event is theirs, nothing after it.
        this.#seal(entry);
        node.moves++;
        this.#unfollow(node, entry);
        return;
      }
      case 'channel-left': {
        // The channel's own `left` came first where both are heard; this is for a node that heard only this one.
        const node = entry.members[0];
        const { channel } = JSON.parse(event.json) as { readonly channel: ChannelId };
        const left = this.#feeds.get(channelFeed(channel));
        if (!node) return;
        node.moves++;
        if (left && node.feeds.includes(left)) this.#unfollow(node, left);
        return;
      }
      case 'session-ended': {
        const node = entry.members[0];
        const { session } = JSON.parse(event.json) as { readonly session: SessionId };
        if (node) this.#parts.onSessionEnded(session, node);
      }
    }
  }

  #setHead(entry: FeedEntry, head: number, mark: Mark | undefined): void {
    entry.head = head;
    entry.mark = mark;
    entry.proof = undefined;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.soon(() => {
      this.#isScheduled = false;
      const moved = this.#moved;
      this.#moved = [];
      for (const entry of moved) this.#seal(entry);
      this.#parts.outbound.flush();
    });
  }

  /** Hands what is pending to the sockets' queues: one packet, the same for all. */
  #seal(entry: FeedEntry): void {
    const events = entry.pending;
    if (!events) return;
    entry.pending = undefined;
    let start = 0;
    while (start < events.length) {
      let bytes = 0;
      let end = start;
      while (end < events.length && (end === start || bytes < this.#parts.limits.pageBytes))
        bytes += events[end++]?.json.length ?? 0;
      this.#push(entry, events.slice(start, end));
      start = end;
    }
  }

  #push(entry: FeedEntry, events: readonly StoredEvent[]): void {
    const packet = new Packet(
      `{"t":"events","feed":"${entry.id}","events":[${events.map((event) => event.json).join(',')}]}`,
    );
    const position = (events[0]?.seq ?? 1) - 1;
    const to = position + events.length;
    const { outbound } = this.#parts;
    for (const node of entry.members) {
      for (const connection of node.connections)
        outbound.push(connection, packet, entry.id, position, to);
    }
  }

  /** Reads from the store what is missing. Asked again while it reads, it reads once more: what it read may be older than the asking. */
  #pull(entry: FeedEntry): void {
    entry.isBehind = true;
    if (entry.pulling || entry.head === undefined) return;
    entry.pulling = this.#pullWhileBehind(entry).finally(() => (entry.pulling = undefined));
    background(entry.pulling, this.#parts.log, 'pull');
  }

  async #pullWhileBehind(entry: FeedEntry): Promise<void> {
    while (entry.isBehind) {
      entry.isBehind = false;
      await this.#pullAll(entry);
    }
  }

  async #pullAll(entry: FeedEntry): Promise<void> {
    const { store, limits } = this.#parts;
    for (;;) {
      const from = (entry.head ?? 0) + 1;
      const page = await store.pageUp(
        entry.id,
        { from, to: Number.MAX_SAFE_INTEGER },
        { events: limits.pageEvents, bytes: limits.pageBytes },
      );
      if (this.#feeds.get(entry.id) !== entry) return;
      for (const event of page.events) this.#take(entry, event);
      if (page.mark) this.learn(entry, page.to, page.mark);
      if (page.to >= page.head) return;
    }
  }

  async #check(entry: FeedEntry): Promise<void> {
    if (entry.head === undefined) return;
    const head = await this.#parts.store.head(entry.id);
    if (head <= entry.head || this.#feeds.get(entry.id) !== entry) return;
    this.#parts.log.warn('fan-out-lost', { feed: entry.id, heard: entry.head, head });
    this.#pull(entry);
  }
}

function remove<T>(from: T[], one: T): boolean {
  const index = from.indexOf(one);
  if (index < 0) return false;
  from.splice(index, 1);
  return true;
}
