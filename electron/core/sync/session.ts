/**
 * The conversation with the relay from hello on: says where we stand, takes states, pages and events, and sees to it that
 * what is here is whole. Another epoch means another store: positions and cache go, outbox and drafts stay, and what it
 * lost of what we sent in the last weeks is offered again. Heads in a beat that are ahead of ours mean a lost push, and are pulled.
 */
import type { Presence, Team } from '../../../protocol/entities.ts';
import type { FeedEvent, Position, Proof } from '../../../protocol/feeds.ts';
import type { Down, DownFrame } from '../../../protocol/frames-down.ts';
import type { Hello } from '../../../protocol/frames-up.ts';
import {
  channelFeed,
  feedName,
  memberFeed,
  TEAM_FEED,
  type ChannelId,
  type Epoch,
  type FeedId,
} from '../../../protocol/ids.ts';
import { DEFAULT_LIMITS } from '../../../protocol/limits.ts';
import { PROTOCOL_VERSIONS } from '../../../protocol/version.ts';
import { background } from '../background.ts';
import type { Cache } from '../cache/data.ts';
import { OWN_FEEDS } from '../cache/log-rows.ts';
import type { Clock, Log } from '../ports.ts';
import type { Asks } from './asks.ts';
import type { ChannelLog } from './channel-log.ts';
import type { Directory } from './directory.ts';
import { createFeed, isUnbroken, type Feed } from './feed.ts';
import { createGaps } from './gaps.ts';
import type { History } from './history.ts';
import { holds, topOf } from './intervals.ts';
import type { LiveState } from './live-state.ts';
import { createPageBatch } from './page-batch.ts';
import type { ChannelState, Replica } from './replica.ts';

export interface SessionParts {
  readonly replica: Replica;
  readonly cache: Cache;
  readonly directory: Directory;
  readonly channelLog: ChannelLog;
  readonly history: History;
  readonly asks: Asks;
  readonly live: LiveState;
  readonly clock: Clock;
  readonly log: Log;
  /** The channel on screen: it is caught up first. */
  readonly focus: () => ChannelId | null;
  readonly presence: () => Exclude<Presence, 'gone'>;
  readonly onTeam: (team: Team) => void;
  /** The cache is empty: the relay's store is another one, or this is the first time. */
  readonly onNewEpoch: () => void;
  /** The relay's store has lost what it had told us, and nobody there noticed. */
  readonly onLoss: () => void;
  readonly restartLine: () => void;
  /** Pages could not be taken in: a bug, or a disk that failed. */
  readonly onBroken: (error: unknown) => void;
  /** Events came that may confirm rows of the outbox. */
  readonly onEvents: (channel: ChannelState, events: readonly FeedEvent[]) => void;
  readonly onCaughtUp: () => void;
}

export interface Session {
  hello(): Hello;
  welcome(frame: Down<'welcome'>): void;
  take(frame: DownFrame): void;
  /** To be asked first of every frame. True: a page of the catch-up, kept to be taken in with its neighbours. Any other frame first
   *  has those taken in that were kept, so that everything happens in the order it came. */
  keeps(frame: DownFrame): boolean;
  /** A page that was asked for. */
  takePage(page: Down<'page'>): void;
  /** The event our own acknowledged change has become. Answers whether it is in the cache now. */
  takeOwn(channel: ChannelState, event: FeedEvent): boolean;
  /** We are in a channel now of which nothing is here. */
  fetchNew(channel: ChannelState): void;
  /** True during catch-up that fills an empty cache: nothing of it is news. */
  readonly isFirstSync: boolean;
  readonly isCatchingUp: boolean;
  lost(): void;
}

export function createSession(parts: SessionParts): Session {
  const { replica, cache, directory, channelLog, history, asks, live, log } = parts;
  const { team } = replica;
  const ownFeed = memberFeed(team.me);
  const channelFeeds = new Map<string, Feed>();
  /** Heads of feeds we do not know yet: the event that tells of them is on its way. */
  const earlyHeads = new Map<string, number>();
  let isCatchingUp = false;
  let isFirstSync = false;
  let isUp = false;

  const mayPull = (): boolean => isUp && !isCatchingUp;

  const absorb = (channel: ChannelState, stretch: Parameters<ChannelLog['absorb']>[1]): void => {
    channelLog.absorb(channel, stretch);
    parts.onEvents(channel, stretch.events);
  };

  const feedOf = (channel: ChannelState): Feed => {
    const known = channelFeeds.get(channel.id);
    if (known) return known;
    const made = createFeed({
      position: () => topOf(replica.channels.get(channel.id)?.held ?? []),
      apply: (events) => {
        const now = replica.channels.get(channel.id);
        const first = events[0];
        const last = events.at(-1);
        if (now && first && last) absorb(now, { from: first.seq, to: last.seq, events });
      },
      pull: () => gaps.pullHead(channel.id),
      mayPull,
    });
    channelFeeds.set(channel.id, made);
    return made;
  };

  const teamFeed = createFeed({
    position: () => replica.sync.teamSeq,
    apply: directory.applyTeam,
    pull: () => inBackground(refreshTeam(), 'get-team'),
    mayPull,
  });
  const ownMemberFeed = createFeed({
    position: () => replica.sync.memberSeq,
    apply: directory.applyMember,
    pull: () => inBackground(refreshMember(), 'get-member'),
    mayPull,
  });

  /** What fails there may be a damaged cache. */
  const inBackground = (work: Promise<unknown>, name: string): void =>
    background(work.catch(parts.onBroken), log, name);

  let teamRefresh: Promise<void> | undefined;
  const refreshTeam = (): Promise<void> =>
    (teamRefresh ??= asks.ask({ t: 'get-team' }).then((answer) => {
      teamRefresh = undefined;
      if (answer.ok) takeTeamState(answer.value);
    }));
  let memberRefresh: Promise<void> | undefined;
  const refreshMember = (): Promise<void> =>
    (memberRefresh ??= asks.ask({ t: 'get-member' }).then((answer) => {
      memberRefresh = undefined;
      if (answer.ok) takeMemberState(answer.value);
    }));

  /** Undefined for a feed that is not ours, or not known yet. */
  const keyOf = (feed: FeedId): number | undefined => {
    const name = feedName(feed);
    if (name.kind === 'team') return OWN_FEEDS.team;
    if (name.kind === 'member') return feed === ownFeed ? OWN_FEEDS.member : undefined;
    const channel = replica.channels.get(name.channel);
    return channel?.isJoined === true ? channel.key : undefined;
  };

  const takeProof = (feed: FeedId, seq: number, proof: Proof | undefined): void => {
    const key = keyOf(feed);
    if (key !== undefined && proof !== undefined) replica.positions.prove(key, { seq, proof });
  };

  const takeTeamState = (state: Down<'team-state'>): void => {
    directory.replaceTeam(state);
    takeProof(TEAM_FEED, state.seq, state.proof);
    teamFeed.settle();
  };
  const takeMemberState = (state: Down<'member-state'>): void => {
    directory.replaceMember(state);
    takeProof(ownFeed, state.seq, state.proof);
    ownMemberFeed.settle();
  };

  const gaps = createGaps({
    replica,
    history,
    log,
    mayPull,
    onBroken: parts.onBroken,
    onFilled: (channel) => feedOf(channel).settle(),
  });

  const takeHead = (feed: FeedId, head: number): void => {
    const name = feedName(feed);
    if (name.kind === 'team') {
      if (head > replica.sync.teamSeq && mayPull()) inBackground(refreshTeam(), 'get-team');
    } else if (name.kind === 'member') {
      if (feed === ownFeed && head > replica.sync.memberSeq && mayPull())
        inBackground(refreshMember(), 'get-member');
    } else {
      const channel = replica.channels.get(name.channel);
      if (!channel) {
        earlyHeads.set(name.channel, head);
        return;
      }
      if (head > channel.head) {
        channel.head = head;
        replica.saveHead(channel);
      }
      if (mayPull()) gaps.pullHead(name.channel);
    }
  };

  const takeEvents = (feed: FeedId, events: readonly FeedEvent[]): void => {
    const name = feedName(feed);
    if (name.kind === 'team') return teamFeed.receive(events);
    if (name.kind === 'member') return feed === ownFeed ? ownMemberFeed.receive(events) : undefined;
    const channel = replica.channels.get(name.channel);
    const last = events.at(-1);
    if (!channel?.isJoined) {
      if (last) earlyHeads.set(name.channel, Math.max(earlyHeads.get(name.channel) ?? 0, last.seq));
      return;
    }
    if (last && last.seq > channel.head) channel.head = last.seq;
    for (const event of events) if (event.kind === 'posted') live.hasPosted(name.channel, event.by);
    feedOf(channel).receive(events);
    if (last && last.seq > topOf(channel.held)) replica.saveHead(channel);
  };

  const joinedOf = (page: Down<'page'>): ChannelState | undefined => {
    const name = feedName(page.feed);
    const channel = name.kind === 'channel' ? replica.channels.get(name.channel) : undefined;
    return channel?.isJoined === true ? channel : undefined;
  };

  const isWhole = ({ from, to, events }: Down<'page'>): boolean => {
    const is =
      events.length === Math.max(0, to - from + 1) &&
      (events[0]?.seq ?? from) === from &&
      isUnbroken(events);
    if (!is) log.warn('page.broken', { from, to, events: events.length });
    return is;
  };

  /** Pages of channels, in one transaction. */
  const absorbPages = (pages: readonly Down<'page'>[]): void => {
    const whole = pages.filter(isWhole);
    cache.db.transaction('pages.absorb', () => {
      for (const page of whole) {
        const channel = joinedOf(page);
        if (!channel) continue;
        channel.head = Math.max(channel.head, page.head);
        channelLog.absorb(channel, {
          from: page.from,
          to: page.to,
          events: page.events,
          facts: page.channel,
        });
        takeProof(page.feed, page.to, page.proof);
      }
    });
    // Only what is on disk may take a row out of the outbox.
    for (const page of whole) {
      const channel = joinedOf(page);
      if (channel) parts.onEvents(channel, page.events);
      if (channel) feedOf(channel).settle();
    }
  };

  const takePage = (page: Down<'page'>): void => {
    if (feedName(page.feed).kind === 'channel') absorbPages([page]);
    else if (isWhole(page)) {
      takeEvents(page.feed, page.events);
      takeProof(page.feed, page.to, page.proof);
    }
  };

  const takeBeat = ({ heads, proofs }: Down<'beat'>): void => {
    const moved = Object.entries(heads) as [FeedId, number][];
    for (const [feed, head] of moved) takeHead(feed, head);
    if (moved.length === 0) return;
    const proofOf: Readonly<Partial<Record<FeedId, Proof>>> = proofs;
    cache.db.transaction('beat', () => {
      for (const [feed, head] of moved) takeProof(feed, head, proofOf[feed]);
    });
  };

  const kept = createPageBatch({
    clock: parts.clock,
    absorb: absorbPages,
    onBroken: parts.onBroken,
  });

  const beginAnew = (epoch: Epoch | null): void => {
    channelFeeds.clear();
    earlyHeads.clear();
    cache.db.transaction('begin-anew', () => replica.clear({ epoch, teamSeq: 0, memberSeq: 0 }));
  };

  return {
    get isFirstSync() {
      return isFirstSync;
    },
    get isCatchingUp() {
      return isCatchingUp;
    },
    hello: () => {
      const { epoch, teamSeq, memberSeq } = replica.sync;
      const positions: Record<FeedId, Position> = {};
      // Without the time of its event a number says nothing that the relay could check.
      const add = (feed: FeedId, key: number, seq: number): void => {
        const position = replica.positions.of(key);
        if (position?.seq === seq) positions[feed] = position;
      };
      if (epoch !== null) {
        add(TEAM_FEED, OWN_FEEDS.team, teamSeq);
        add(ownFeed, OWN_FEEDS.member, memberSeq);
        const joined = [...replica.channels.values()].filter(
          (channel) => channel.isJoined && channel.held.length > 0,
        );
        joined.sort((a, b) => b.lastAt - a.lastAt);
        for (const channel of joined.slice(0, DEFAULT_LIMITS.helloPositions - 2))
          add(channelFeed(channel.id), channel.key, topOf(channel.held));
      }
      return {
        t: 'hello',
        versions: PROTOCOL_VERSIONS,
        epoch,
        positions,
        focus: parts.focus(),
        presence: parts.presence(),
        at: parts.clock.now(),
      };
    },
    welcome: (frame) => {
      const { epoch } = replica.sync;
      if (epoch === frame.epoch && frame.isResumed && isBehindUs(replica, frame, ownFeed)) {
        // The relay was told positions it does not have: we say hello again, with none.
        log.warn('relay.behind-us');
        beginAnew(null);
        parts.onNewEpoch();
        parts.onLoss();
        return parts.restartLine();
      }
      isUp = true;
      isCatchingUp = true;
      kept.begin();
      live.clear();
      const isLost = epoch === frame.epoch && !frame.isResumed;
      if (isLost) {
        log.warn('relay.has-another-history');
        parts.onLoss();
      }
      if (isLost || epoch !== frame.epoch) {
        isFirstSync = true;
        beginAnew(frame.epoch);
        parts.onNewEpoch();
      }
      parts.onTeam(frame.team);
      for (const [feed, head] of Object.entries(frame.heads)) takeHead(feed as FeedId, head);
    },
    take: (frame) => {
      switch (frame.t) {
        case 'team-state':
          return takeTeamState(frame);
        case 'member-state':
          return takeMemberState(frame);
        case 'page':
          return takePage(frame);
        case 'events':
          return takeEvents(frame.feed, frame.events);
        case 'beat':
          return takeBeat(frame);
        case 'caught-up':
          isCatchingUp = false;
          teamFeed.settle();
          ownMemberFeed.settle();
          for (const channel of [...replica.channels.values()]) {
            if (!channel.isJoined) continue;
            if (isFirstSync) channel.newsAfter = Math.max(topOf(channel.held), channel.head);
            feedOf(channel).settle();
            gaps.pullHead(channel.id);
          }
          isFirstSync = false;
          gaps.completeUnread();
          return parts.onCaughtUp();
        case 'typing':
          return live.putTyping(frame.channel, frame.member);
        case 'presence':
          return live.putPresence(frame.members);
        default:
          return;
      }
    },
    keeps: (frame) => {
      if (
        isCatchingUp &&
        frame.t === 'page' &&
        frame.req === undefined &&
        feedName(frame.feed).kind === 'channel'
      ) {
        kept.add(frame);
        return true;
      }
      kept.flush();
      return false;
    },
    takePage,
    takeOwn: (channel, event) => {
      if (holds(channel.held, event.seq)) return true;
      channel.head = Math.max(channel.head, event.seq);
      if (event.seq < topOf(channel.held)) {
        // An old acknowledgement said again, for a place in a hole. What became of it since is the relay's to tell.
        background(
          history.fetch(channelFeed(channel.id), { from: event.seq, to: event.seq }, 'background'),
          log,
          'own',
        );
        return false;
      }
      feedOf(channel).receive([event]);
      if (event.seq > topOf(channel.held)) replica.saveHead(channel);
      return holds(replica.channels.get(channel.id)?.held ?? [], event.seq);
    },
    fetchNew: (channel) => {
      channel.head = Math.max(channel.head, earlyHeads.get(channel.id) ?? 0);
      earlyHeads.delete(channel.id);
      replica.saveHead(channel);
      if (mayPull()) gaps.pullHead(channel.id);
    },
    lost: () => {
      isUp = false;
      isCatchingUp = false;
      kept.drop();
    },
  };
}

/** Under one epoch heads never go back. The relay checks this for feeds that `hello` has room for; here it is for all. */
function isBehindUs(replica: Replica, { heads }: Down<'welcome'>, ownFeed: FeedId): boolean {
  const headOf = (feed: FeedId): number | undefined => heads[feed];
  if ((headOf(TEAM_FEED) ?? Infinity) < replica.sync.teamSeq) return true;
  if ((headOf(ownFeed) ?? Infinity) < replica.sync.memberSeq) return true;
  for (const channel of replica.channels.values()) {
    if (channel.isJoined && (headOf(channelFeed(channel.id)) ?? Infinity) < topOf(channel.held))
      return true;
  }
  return false;
}
