/**
 * Fan-out between the nodes of a cluster: listeners of this node hear at once, as they do without Redis; other nodes get hints (feed and
 * head, never contents) and signals of typing, by Pub/Sub, gathered per turn of the event loop. Where Redis is a cluster the channels are
 * sharded, a feed always on the same one.
 *
 * Pub/Sub tells nobody what was lost, so this does: every node counts what it says on each channel, also what it could not send, and
 * says the count once a second (a *beat*). Who finds a gap, no longer hears a node, or does not get its own beats back, raises a doubt.
 *
 *   degraded ──own beats came back on every channel──▶ well, one doubt
 *   well ──trouble, or a beat that does not come back──▶ degraded, a doubt now and every `doubtEveryMs`
 *
 * What comes in is not trusted: a hint can make a node ask the store once more and nothing else, a flood is not looked at, and doubts
 * are never closer together than two beats are.
 */
import type { ChannelId, FeedId, MemberId, TeamId } from '../../protocol/ids.ts';
import { channelFeed } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { FanOut, FanOutCounts, FanOutMessage } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';
import { createLocalFanOut } from './fan-out-local.ts';
import { HintGaps } from './hint-gaps.ts';
import type { RedisSettings } from './redis-connection.ts';
import { decodeHint, encodeHint, type Hint } from './redis-hints.ts';
import { RedisLine } from './redis-line.ts';

export interface RedisFanOutParts {
  readonly redis: RedisSettings;
  readonly team: TeamId;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
}

/** Connects by itself; `degraded` until it has. */
export function createRedisFanOut(parts: RedisFanOutParts): FanOut {
  return new RedisFanOut(parts);
}

/** All nodes have to agree on it. */
const SHARDS = 16;
/** A node that was silent for so many beats may have died between a commit and its hint. */
const SILENT_BEATS = 3;

type Typing = readonly [ChannelId, MemberId];

/** What waits for the end of this turn. */
interface Pending {
  readonly heads: Map<FeedId, number>;
  readonly typing: Map<string, Typing>;
}

class RedisFanOut implements FanOut {
  readonly #parts: RedisFanOutParts;
  readonly #local: FanOut;
  readonly #line: RedisLine;
  readonly #self: string;
  readonly #gaps: HintGaps;
  readonly #counts = { sent: 0, heard: 0, dropped: 0, refused: 0, doubts: 0 };
  /** By channel: how often this node has spoken. */
  readonly #spoken: number[] = [];
  #pending: Pending | undefined;
  #channels: readonly string[] = [];
  readonly #inFlight = new Set<Promise<unknown>>();
  #state: FanOut['state'] = 'degraded';
  /** By channel: the count that has to come back. */
  #awaited = new Map<number, number>();
  #cancelAnswer = (): void => undefined;
  #cancelBeat = (): void => undefined;
  #cancelDoubt = (): void => undefined;
  #isDoubtDue = false;
  #doubtedAt = Number.NEGATIVE_INFINITY;
  #refusedBefore = 0;
  /** Messages that came since the last beat, whoever sent them. */
  #sinceBeat = 0;
  #isClosed = false;

  constructor(parts: RedisFanOutParts) {
    this.#parts = parts;
    const { redis, clock, random, log, limits } = parts;
    this.#local = createLocalFanOut({ log });
    this.#self = Buffer.from(random.bytes(16)).toString('hex');
    this.#gaps = new HintGaps({
      clock,
      limits: { clusterNodes: limits.clusterNodes, silentMs: SILENT_BEATS * limits.hintBeatMs },
    });
    this.#line = new RedisLine({
      redis,
      clock,
      random,
      log,
      limits,
      use: 'fan-out',
      channels: (isCluster) => (this.#channels = channelsOf(parts.team, isCluster)),
      onUp: () => {
        this.#gaps.listenAgain();
        this.#beat();
      },
      onDown: () => this.#degrade(),
      onMessage: (channel, message) => this.#hear(channel, message),
    });
    this.#beat();
    this.#doubt();
  }

  get state(): FanOut['state'] {
    return this.#state;
  }

  get counts(): FanOutCounts {
    return { ...this.#counts };
  }

  publish(message: FanOutMessage): void {
    if (this.#isClosed) return;
    this.#local.publish(message);
    switch (message.kind) {
      case 'events':
        for (const { feed, seq } of message.events) this.#tellHead(feed, seq);
        return;
      case 'moved':
        for (const [feed, head] of message.heads) this.#tellHead(feed, head);
        return;
      case 'typing': {
        const { channel, member } = message;
        this.#gather().typing.set(`${channel} ${member}`, [channel, member]);
        return;
      }
      case 'doubt':
    }
  }

  listen(listener: (message: FanOutMessage) => void): () => void {
    return this.#local.listen(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#local.close();
    this.#cancelBeat();
    this.#cancelDoubt();
    this.#cancelAnswer();
    this.#send();
    // The last commits are worth waiting for, a Redis that does not answer is not.
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(this.#parts.limits.redisAnswerMs, resolve);
      void Promise.allSettled(this.#inFlight).then(() => {
        cancel();
        resolve();
      });
    });
    this.#line.close();
  }

  #tellHead(feed: FeedId, head: number): void {
    const { heads } = this.#gather();
    heads.set(feed, Math.max(head, heads.get(feed) ?? 0));
  }

  #gather(): Pending {
    if (!this.#pending) {
      this.#pending = { heads: new Map(), typing: new Map() };
      setImmediate(() => this.#send());
    }
    return this.#pending;
  }

  #send(): void {
    if (!this.#pending) return;
    const { heads, typing } = this.#pending;
    this.#pending = undefined;
    const { hintFeeds } = this.#parts.limits;
    const headsOf = Map.groupBy(heads, ([feed]) => this.#channelOf(feed));
    const typingOf = Map.groupBy(typing.values(), ([channel]) =>
      this.#channelOf(channelFeed(channel)),
    );
    for (const at of new Set([...headsOf.keys(), ...typingOf.keys()])) {
      const [some, signals] = [headsOf.get(at) ?? [], typingOf.get(at) ?? []];
      for (let from = 0; from < Math.max(some.length, signals.length); from += hintFeeds)
        this.#say(
          at,
          new Map(some.slice(from, from + hintFeeds)),
          signals.slice(from, from + hintFeeds),
        );
    }
  }

  /** Counts the message whether it can be carried or not: the others learn from the count that something was not. */
  #say(at: number, heads: Hint['heads'], typing: Hint['typing']): void {
    const { team, limits } = this.#parts;
    const n = (this.#spoken[at] ?? 0) + 1;
    this.#spoken[at] = n;
    const [{ link }, channel] = [this.#line, this.#channels[at]];
    if (!link || channel === undefined || this.#inFlight.size >= limits.hintsInFlight) {
      this.#counts.dropped++;
      return;
    }
    const carried = link
      .publish(channel, encodeHint({ team, from: this.#self, n, heads, typing }))
      .then(
        () => this.#counts.sent++,
        () => this.#counts.dropped++,
      );
    this.#inFlight.add(carried);
    void carried.finally(() => this.#inFlight.delete(carried));
  }

  #channelOf(feed: FeedId): number {
    return this.#channels.length > 1 ? shardOf(feed) : 0;
  }

  #hear(channel: string, message: Buffer): void {
    if (this.#isClosed) return;
    if (++this.#sinceBeat > this.#parts.limits.hintsPerBeat) {
      this.#counts.refused++;
      this.#doubt();
      return;
    }
    const at = this.#channels.indexOf(channel);
    const hint = decodeHint(message, this.#parts.team, this.#parts.limits);
    if (!hint || at < 0) {
      this.#counts.refused++;
      return;
    }
    if (hint.from === this.#self) return this.#came(at, hint.n);
    this.#counts.heard++;
    if (this.#gaps.heard(hint.from, at, hint.n)) this.#doubt();
    if (hint.heads.size > 0) this.#local.publish({ kind: 'moved', heads: hint.heads });
    for (const [of, member] of hint.typing)
      this.#local.publish({ kind: 'typing', channel: of, member });
  }

  /** Once per `hintBeatMs`, whatever happens. */
  #beat(): void {
    const { clock, limits, log } = this.#parts;
    this.#cancelBeat();
    this.#cancelBeat = clock.after(limits.hintBeatMs, () => this.#beat());
    const refused = this.#counts.refused - this.#refusedBefore;
    if (refused > 0) log.warn('hints-refused', { count: refused });
    this.#refusedBefore = this.#counts.refused;
    this.#sinceBeat = 0;
    if (!this.#line.link) return;
    if (this.#gaps.tend()) this.#doubt();
    const isNewRound = this.#awaited.size === 0;
    for (const at of this.#channels.keys()) {
      this.#say(at, NO_HEADS, NO_TYPING);
      if (isNewRound) this.#awaited.set(at, this.#spoken[at] as number);
    }
    if (isNewRound)
      this.#cancelAnswer = clock.after(limits.redisAnswerMs, () => this.#miss(this.#awaited));
  }

  /** The time for an answer is over. Where this process was held up, the answer is here already and only unread. */
  #miss(awaited: ReadonlyMap<number, number>): void {
    setImmediate(() => {
      if (awaited.size > 0 && this.#awaited === awaited) this.#line.suspect('no-beat');
    });
  }

  /** A beat of this node came back. */
  #came(at: number, n: number): void {
    if (n < (this.#awaited.get(at) ?? Number.POSITIVE_INFINITY)) return;
    this.#awaited.delete(at);
    if (this.#awaited.size > 0) return;
    this.#cancelAnswer();
    if (this.#state === 'well') return;
    this.#state = 'well';
    this.#doubt();
  }

  #degrade(): void {
    this.#awaited = new Map();
    this.#cancelAnswer();
    if (this.#state === 'degraded') return;
    this.#state = 'degraded';
    this.#doubt();
  }

  /** Now, or as soon as a beat's time has gone by since the last one; and again while nothing is heard. */
  #doubt(): void {
    if (this.#isClosed || this.#isDoubtDue) return;
    const { clock, limits } = this.#parts;
    const leftMs = this.#doubtedAt + limits.hintBeatMs - clock.monotonic();
    if (leftMs > 0) {
      this.#isDoubtDue = true;
      this.#cancelDoubt();
      this.#cancelDoubt = clock.after(leftMs, () => this.#raise());
    } else this.#raise();
  }

  #raise(): void {
    const { clock, limits } = this.#parts;
    this.#isDoubtDue = false;
    this.#doubtedAt = clock.monotonic();
    this.#counts.doubts++;
    this.#cancelDoubt();
    this.#cancelDoubt = clock.after(limits.doubtEveryMs, () => {
      if (this.#state === 'degraded') this.#raise();
    });
    this.#local.publish({ kind: 'doubt' });
  }
}

const NO_HEADS: Hint['heads'] = new Map();
const NO_TYPING: Hint['typing'] = [];

const channelsOf = (team: TeamId, isCluster: boolean): readonly string[] =>
  isCluster
    ? Array.from({ length: SHARDS }, (_, shard) => `landline:hints:${team}:${shard}`)
    : [`landline:hints:${team}`];

/** FNV-1a: the same on every node. */
function shardOf(feed: FeedId): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < feed.length; i++) hash = Math.imul(hash ^ feed.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}
