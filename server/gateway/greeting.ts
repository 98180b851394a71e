/**
 * The answer to `hello`: subscribe first, then say `welcome` with the heads, then let the catch-up run from the client's positions to
 * them. Positions are believed only under the relay's own epoch and only where the store bears all of them out.
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
import type { Beats } from './beats.ts';
import type { Hub } from './hub.ts';
import { pauseOf } from './lifeline.ts';
import type { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import type { Finding, PositionCheck } from './positions.ts';

export interface GreetingParts {
  readonly store: Store;
  readonly hub: Hub;
  readonly outbound: Outbound;
  readonly beats: Beats;
  readonly positions: PositionCheck;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly node: string;
  readonly close: (connection: Connection, code: number) => void;
}

/**
 * Resolves with true when `welcome` is on its way and the catch-up may run.
 * @param isGoingOn  the client was welcomed before; it is again only when its positions are not of this store.
 *   Its positions have no proofs then, and it is given none but with what it lacks
 */
export async function greet(
  parts: GreetingParts,
  connection: Connection,
  hello: Hello,
  isGoingOn = false,
): Promise<boolean> {
  const { store, hub, outbound, beats, positions, close } = parts;
  const version = pickVersion(hello.versions);
  if (version === undefined) {
    close(connection, CLOSE.versionUnsupported);
    return false;
  }
  // From here on the hub notes for this connection what moves.
  connection.missed = new Map();
  const isHere = await hub.followAll(connection.member);
  const found = await examine(parts, connection, hello);
  const session = await store.session(connection.session);
  const team = await store.team();
  // Closed while we read, by itself or by us.
  if (!isGreeting(connection) || !isHere || !team) return false;
  // Whoever is deactivated has no session left.
  if (!session || session.endedAt !== null) {
    close(connection, CLOSE.sessionEnded);
    return false;
  }
  if (found?.kind === 'lost') {
    connection.isProving = true;
    await positions.renewEpoch(found, connection.member.id);
    connection.isProving = false;
    // Another relay was first, and this one has not heard of it yet.
    if (store.epoch === hello.epoch) close(connection, CLOSE.restart);
    if (!isGreeting(connection)) return false;
  }
  const isResumed = found?.kind === 'borne-out';
  if (!isGoingOn || !isResumed)
    outbound.queue(
      connection,
      new Packet(welcomeText(parts, connection, { version, team, isResumed })),
    );
  connection.missed = missedFeeds(parts, connection, hello, isResumed);
  connection.stage = 'open';
  if (isResumed && !isGoingOn && found.unproven.length > 0)
    outbound.queue(connection, beats.of(found.unproven));
  return true;
}

const isGreeting = ({ stage }: Connection): boolean => stage === 'greeting';

/** Undefined where the positions are of another epoch. */
async function examine(
  { store, hub, positions, log }: GreetingParts,
  { member }: Connection,
  hello: Hello,
): Promise<Finding | undefined> {
  if (hello.epoch !== store.epoch) return undefined;
  await hub.heed(member, hello.positions);
  const found = await positions.examine(member, hello.positions);
  if (found.kind === 'unknown')
    log.warn('position-unknown', {
      member: member.id,
      feed: found.feed,
      seq: found.seq,
      head: hub.feed(found.feed)?.head ?? 0,
    });
  // Replaced while we asked: what was found is about another history.
  return hello.epoch === store.epoch ? found : undefined;
}

function welcomeText(
  { store, clock, limits, node }: GreetingParts,
  connection: Connection,
  {
    version,
    team,
    isResumed,
  }: { readonly version: number; readonly team: Team; readonly isResumed: boolean },
): string {
  const heads: Record<FeedId, number> = {};
  for (const entry of connection.member.feeds) heads[entry.id] = entry.head ?? 0;
  const { textBytes, pageEvents, sendsPerSecond, sendsBurst, pingLeastMs } = limits;
  const pingEveryMs = pauseOf(connection, limits);
  return encodeDown({
    t: 'welcome',
    version,
    epoch: store.epoch,
    isResumed,
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

/** Where each feed has to go on from, in the order in which the client wants them. */
function missedFeeds(
  { limits }: GreetingParts,
  connection: Connection,
  hello: Hello,
  isResumed: boolean,
): Map<FeedId, number> {
  const own = memberFeed(connection.member.id);
  const missed = new Map<FeedId, number>();
  const add = (feed: FeedId, head: number): void => {
    if (missed.has(feed)) return;
    const position = isResumed ? hello.positions[feed]?.seq : undefined;
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
