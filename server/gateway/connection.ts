/**
 * What the relay keeps of one live socket: numbers and references, no timers, no closures, and nothing that outlives the socket. What a
 * client has seen is not among it: a returning client says so itself and is answered from the store.
 *
 *   new ──hello──▶ greeting ──welcome──▶ open ──▶ closed      (closed is reachable from everywhere)
 *
 * Beside its stage a connection is **live** (events are pushed as they come) or **catching up** (`missed` names the feeds that moved
 * past it, each with the position from which to go on; nothing is pushed until the map is empty). Greeting starts as catching up, and a
 * client that reads too slowly falls back into it.
 */
import type { Presence } from '../../protocol/entities.ts';
import type { Proof } from '../../protocol/feeds.ts';
import type { FeedId, MemberId, SessionId } from '../../protocol/ids.ts';
import type { UpFrame } from '../../protocol/frames-up.ts';
import type { Mark, StoredEvent } from '../ports/store.ts';
import type { Packet } from './packet.ts';
import type { Spoke } from './wheel.ts';
import type { Wire } from './wire.ts';

/** In `missed`: the client holds nothing of this feed that could be continued. */
export const NO_POSITION = -1;

export class Connection implements Spoke {
  readonly wire: Wire;
  readonly member: MemberNode;
  readonly session: SessionId;
  stage: 'new' | 'greeting' | 'open' | 'closed' = 'new';
  presence: Presence = 'gone';
  /** By the monotonic clock: when the access token runs out, and when to ping next. */
  accessUntil: number;
  pingAt = 0;
  /** The pause between pings that the client asked for. */
  asksPingMs: number | undefined;
  misses = 0;
  isHeard = true;
  /** The hub's count of moves at the last beat. */
  beatMoves = 0;
  dueTick = 0;
  out: Packet[] | undefined;
  missed: Map<FeedId, number> | undefined;
  /** While catching up: how far the pages sent so far reach, per feed. */
  held: Map<FeedId, number> | undefined;
  isPumping = false;
  isCaughtUp = false;
  /** It has proved that the store lost history, and waits for the new epoch that it began. */
  isProving = false;
  /** The client wants silence for a while: it stays behind until the first ping. */
  isHushed = false;
  /** Set while bytes wait in the wire: how much it had taken when last looked at, and since when that is so. */
  lag: { taken: number; since: number } | undefined;
  /** One request, and no line: in no list, told nothing by itself. */
  isTalk = false;
  /** Frames that came between `hello` and `welcome`. */
  early: UpFrame[] | undefined;

  constructor(wire: Wire, member: MemberNode, session: SessionId, accessUntil: number) {
    this.wire = wire;
    this.member = member;
    this.session = session;
    this.accessUntil = accessUntil;
  }
}

/**
 * Which of a member's connections gives way to a new one: the oldest of the device that holds most, so that one device
 * cannot push the others out.
 */
export function connectionToReplace(connections: readonly Connection[]): Connection | undefined {
  const bySession = Map.groupBy(connections, ({ session }) => session);
  let most: readonly Connection[] = [];
  for (const own of bySession.values()) if (own.length > most.length) most = own;
  return most[0];
}

const NONE: readonly never[] = [];

/** A member with at least one socket on this node. */
export class MemberNode {
  readonly id: MemberId;
  /** Oldest first. Never changed in place, so that a list of one, which almost all are, takes one place. */
  connections: readonly Connection[] = NONE;
  /** What this member may read; the same for all their sockets. Own feed, team, then the channels. */
  feeds: FeedEntry[] = [];
  /** Whether `feeds` is complete, and while it is being found out, the promise of that. */
  isReady = false;
  ready: Promise<boolean> | undefined;
  /** Grows when a channel is entered or left: a list of channels read before that is stale. */
  moves = 0;
  /** The event by which a channel was entered, where the member's own feed told it: a departure before that is an older one. */
  since: Map<FeedEntry, number> | undefined;
  /** When typing in a channel was last passed on. */
  typed: Map<string, number> | undefined;

  constructor(id: MemberId) {
    this.id = id;
  }
}

/** A feed that somebody on this node follows. */
export class FeedEntry {
  readonly id: FeedId;
  /** The last event handed out or waiting in `pending`; undefined until it is known, and until then nothing is handed out. */
  head: number | undefined;
  /** Of the event at `head`; undefined where it is not known here. */
  mark: Mark | undefined;
  /** Of `head`, once it was asked for. */
  proof: Proof | undefined;
  /** Committed, not yet pushed. */
  pending: StoredEvent[] | undefined;
  readonly members: MemberNode[];
  /** The reading of what was missed, while it goes on. */
  pulling: Promise<void> | undefined;
  /** The store is known or suspected to be ahead: pulled as soon as it can be. */
  isBehind = false;
  /** The hub's count of moves when this feed last moved. */
  moves = 0;

  constructor(id: FeedId, first: MemberNode) {
    this.id = id;
    // A list made with its one member takes one place; one that is pushed to takes seventeen.
    this.members = [first];
  }
}
