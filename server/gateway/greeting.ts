/**
 * The answer to `hello`: subscribe first, then say `welcome` with the heads, then let the catch-up run from the client's positions to
 * them. A position is believed only under the relay's own epoch and only up to the feed's head.
 */
import { CLOSE } from '../../protocol/close-codes.ts';
import type { Team } from '../../protocol/entities.ts';
import { encodeDown } from '../../protocol/codec.ts';
import type { Hello } from '../../protocol/frames-up.ts';
import { TEAM_FEED, channelFeed, memberFeed, type FeedId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { pickVersion } from '../../protocol/version.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import { NO_POSITION, type Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import { pauseOf } from './lifeline.ts';
import type { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';

export interface GreetingParts {
  readonly store: Store;
  readonly hub: Hub;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly node: string;
  readonly close: (connection: Connection, code: number) => void;
}

/**
 * Resolves with true when `welcome` is on its way and the catch-up may run.
 * @param isGoingOn  the client was welcomed before; it is again only when its positions are not of this store
 */
export async function greet(
  parts: GreetingParts,
  connection: Connection,
  hello: Hello,
  isGoingOn = false,
): Promise<boolean> {
  const { store, hub, outbound, close } = parts;
  const version = pickVersion(hello.versions);
  if (version === undefined) {
    close(connection, CLOSE.versionUnsupported);
    return false;
  }
  // From here on the hub notes for this connection what moves.
  connection.missed = new Map();
  const isHere = await hub.followAll(connection.member);
  if (hello.epoch === store.epoch) await hub.heed(connection.member, hello.positions);
  const session = await store.session(connection.session);
  const team = await store.team();
  // Closed while we read, by itself or by us.
  if (connection.stage !== 'greeting' || !isHere || !team) return false;
  // Whoever is deactivated has no session left.
  if (!session || session.endedAt !== null) {
    close(connection, CLOSE.sessionEnded);
    return false;
  }
  const isBelieved = isGoingOn && hello.epoch === store.epoch && !isAhead(connection, hello);
  if (!isBelieved)
    outbound.queue(connection, new Packet(welcomeText(parts, connection, version, team)));
  connection.missed = missedFeeds(parts, connection, hello);
  connection.stage = 'open';
  return true;
}

function welcomeText(
  { store, clock, limits, node }: GreetingParts,
  connection: Connection,
  version: number,
  team: Team,
): string {
  const heads: Record<FeedId, number> = {};
  for (const entry of connection.member.feeds) heads[entry.id] = entry.head ?? 0;
  const { textBytes, pageEvents, sendsPerSecond, sendsBurst, pingLeastMs } = limits;
  const pingEveryMs = pauseOf(connection, limits);
  return encodeDown({
    t: 'welcome',
    version,
    epoch: store.epoch,
    team,
    member: connection.member.id,
    session: connection.session,
    node,
    at: clock.now(),
    heads,
    accessExpiresInMs: Math.max(0, Math.round(connection.accessUntil - clock.monotonic())),
    limits: { textBytes, pageEvents, sendsPerSecond, sendsBurst, pingEveryMs, pingLeastMs },
  });
}

/** It knows of more than there is. */
function isAhead({ member }: Connection, { positions }: Hello): boolean {
  return member.feeds.some((entry) => (positions[entry.id] ?? 0) > (entry.head ?? 0));
}

/** Where each feed has to go on from, in the order in which the client wants them. */
function missedFeeds(
  { store, limits, log }: GreetingParts,
  connection: Connection,
  hello: Hello,
): Map<FeedId, number> {
  const own = memberFeed(connection.member.id);
  const isOurs = hello.epoch === store.epoch;
  const missed = new Map<FeedId, number>();
  const add = (feed: FeedId, head: number): void => {
    if (missed.has(feed)) return;
    let position = isOurs ? hello.positions[feed] : undefined;
    if (position !== undefined && position > head) {
      log.warn('position-ahead', { member: connection.member.id, feed, position, head });
      position = undefined;
    }
    if (position === head) return;
    const isFar = position === undefined || head - position > limits.farBehindEvents;
    missed.set(feed, isFar ? NO_POSITION : (position ?? NO_POSITION));
  };
  const heads = new Map(connection.member.feeds.map((entry) => [entry.id, entry.head ?? 0]));
  const focus = hello.focus === null ? undefined : channelFeed(hello.focus);
  for (const feed of [own, TEAM_FEED, focus]) {
    const head = feed && heads.get(feed);
    if (feed && head !== undefined) add(feed, head);
  }
  for (const [feed, head] of heads) add(feed, head);
  return missed;
}
