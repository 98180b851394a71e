/**
 * Presence over the nodes of a cluster. Each node writes what its own members show into one hash in Redis that ends by itself unless it
 * is renewed, and says its changes to the others by Pub/Sub. Every node keeps a copy of all hashes; a number in each (`:rev`, one more
 * with every write) shows in one small look a round whether the copy is still true, so a lost word, an emptied Redis and a dead node
 * heal by themselves.
 *
 *   a round (a sixth of `signalTtlMs`):  renew the own hash, or write it again where it is gone  →  look at the others' numbers
 *   a hash that was missing in two rounds: its node is dead        Redis away for `signalTtlMs`: all others are taken for gone
 *
 * A hash lives for half of `signalTtlMs`, so that with the two rounds a dead node is noticed within the whole of it.
 */
import { PRESENCES, type Presence } from '../../protocol/entities.ts';
import { isMemberId, type MemberId, type TeamId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { strongest, type PresenceBoard } from '../ports/presence.ts';
import { decodeWord, encodeWord, type PresenceWord } from './presence-words.ts';
import { redisFault, type RedisLink, type RedisSettings } from './redis-connection.ts';
import { RedisLine } from './redis-line.ts';

export interface RedisPresenceParts {
  readonly redis: RedisSettings;
  readonly team: TeamId;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
}

/** Connects by itself; shows the members of this node alone until it has. */
export function createRedisPresence(parts: RedisPresenceParts): PresenceBoard {
  return new RedisPresence(parts);
}

type Shown = Map<MemberId, Presence>;

interface Other {
  rev: number;
  members: Shown;
  /** By the monotonic clock. */
  seenAt: number;
  misses: number;
}

const REV = ':rev';
const MISSES = 2;

class RedisPresence implements PresenceBoard {
  readonly #parts: RedisPresenceParts;
  readonly #line: RedisLine;
  readonly #self: string;
  readonly #base: string;
  readonly #roundMs: number;
  readonly #listeners = new Set<(changes: ReadonlyMap<MemberId, Presence>) => void>();
  readonly #own: Shown = new Map();
  readonly #others = new Map<string, Other>();
  /** What the listeners know. */
  readonly #shown: Shown = new Map();
  #rev = 0;
  #changed = new Set<MemberId>();
  /** What is to be done as soon as there is a link, in this order. */
  readonly #due = { whole: true, write: false, renewal: false, look: false };
  #isBusy = false;
  #isBroken = false;
  #isGathering = false;
  #isClosed = false;
  #cancelRound = (): void => undefined;

  constructor(parts: RedisPresenceParts) {
    this.#parts = parts;
    const { redis, team, clock, random, log, limits } = parts;
    this.#self = Buffer.from(random.bytes(16)).toString('hex');
    this.#base = `landline:presence:{${team}}`;
    this.#roundMs = limits.signalTtlMs / 6;
    this.#line = new RedisLine({
      redis,
      clock,
      random,
      log,
      limits,
      use: 'presence',
      channels: () => [this.#base],
      onUp: () => {
        this.#due.whole = true;
        this.#due.look = true;
        this.#work();
      },
      onDown: () => undefined,
      onMessage: (_channel, message) => this.#hear(message),
    });
    this.#cancelRound = clock.after(this.#roundMs, () => this.#round());
  }

  async put(member: MemberId, presence: Presence): Promise<void> {
    if (this.#isClosed || (this.#own.get(member) ?? 'gone') === presence) return;
    if (presence === 'gone') this.#own.delete(member);
    else this.#own.set(member, presence);
    this.#changed.add(member);
    this.#tell([member]);
    if (this.#isGathering) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#isGathering = false;
      this.#due.write = true;
      this.#work();
    });
  }

  async snapshot(): Promise<ReadonlyMap<MemberId, Presence>> {
    return new Map(this.#shown);
  }

  listen(listener: (changes: ReadonlyMap<MemberId, Presence>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRound();
    this.#listeners.clear();
    for (const map of [this.#own, this.#others, this.#shown]) map.clear();
    const { link } = this.#line;
    if (link) await this.#leave(link).catch(() => undefined);
    this.#line.close();
  }

  async #leave(link: RedisLink): Promise<void> {
    const key = this.#keyOf(this.#self);
    await this.#answered(
      link.run(key, [
        ['DEL', key],
        ['ZREM', `${this.#base}:nodes`, this.#self],
      ]),
    );
    await this.#answered(this.#say(link, { isOver: true }));
  }

  #keyOf(node: string): string {
    return `${this.#base}:node:${node}`;
  }

  #round(): void {
    const { clock, limits } = this.#parts;
    this.#cancelRound = clock.after(this.#roundMs, () => this.#round());
    this.#due.renewal = true;
    this.#due.look = true;
    this.#work();
    const since = clock.monotonic() - limits.signalTtlMs;
    for (const [node, { seenAt }] of this.#others) if (seenAt <= since) this.#forget(node);
  }

  /** One thing after the other. What fails is tried again in the next round, from the beginning. */
  #work(): void {
    const { link } = this.#line;
    if (this.#isBusy || this.#isClosed || !link) return;
    this.#isBusy = true;
    void this.#workAll(link)
      .then(
        () => (this.#isBroken = false),
        (error: unknown) => {
          this.#due.whole = true;
          this.#isBroken = true;
          // A line that went down has said so itself.
          if (link === this.#line.link)
            this.#parts.log.warn('presence-failed', { reason: redisFault(error) });
        },
      )
      .finally(() => (this.#isBusy = false));
  }

  async #workAll(link: RedisLink): Promise<void> {
    const due = this.#due;
    while (!this.#isClosed && (due.renewal || due.whole || due.write || due.look)) {
      if (due.whole || due.write) await this.#write(link);
      else if (due.renewal) {
        due.renewal = false;
        await this.#renew(link);
      } else {
        due.look = false;
        await this.#look(link);
      }
    }
  }

  async #renew(link: RedisLink): Promise<void> {
    const key = this.#keyOf(this.#self);
    const [isThere] = await this.#answered(link.run(key, this.#stay(key)));
    if (Number(isThere) !== 1) this.#due.whole = true;
  }

  /** Keeps the own hash, and the own name in the list of nodes. */
  #stay(key: string): readonly (readonly string[])[] {
    const { signalTtlMs } = this.#parts.limits;
    const nodes = `${this.#base}:nodes`;
    return [
      ['PEXPIRE', key, String(Math.floor(signalTtlMs / 2))],
      ['ZADD', nodes, '0', this.#self],
      ['PEXPIRE', nodes, String(10 * signalTtlMs)],
    ];
  }

  async #write(link: RedisLink): Promise<void> {
    const isWhole = this.#due.whole;
    const changed = this.#changed;
    this.#changed = new Set();
    this.#due.whole = false;
    this.#due.write = false;
    if (!isWhole && changed.size === 0) return;
    const key = this.#keyOf(this.#self);
    const rev = ++this.#rev;
    const changes = new Map(
      [...(isWhole ? this.#own.keys() : changed)].map((member) => [
        member,
        this.#own.get(member) ?? 'gone',
      ]),
    );
    const gone = [...changes]
      .filter(([, presence]) => presence === 'gone')
      .map(([member]) => member);
    const there = [...changes].filter(([, presence]) => presence !== 'gone').flat();
    await this.#answered(
      link.run(key, [
        ...(isWhole ? [['DEL', key]] : []),
        // Somebody made something else of it.
        ...(this.#isBroken ? [['DEL', `${this.#base}:nodes`]] : []),
        ['HSET', key, REV, String(rev), ...there],
        ...(gone.length > 0 ? [['HDEL', key, ...gone]] : []),
        ...this.#stay(key),
      ]),
    );
    // Those who cannot be told in a word look for themselves.
    const isShort = !isWhole && changes.size <= this.#parts.limits.hintFeeds;
    await this.#answered(this.#say(link, { rev, ...(isShort ? { members: changes } : {}) }));
  }

  #say(link: RedisLink, word: Omit<PresenceWord, 'team' | 'from'>): Promise<unknown> {
    return link.publish(
      this.#base,
      encodeWord({ team: this.#parts.team, from: this.#self, ...word }),
    );
  }

  #hear(message: Buffer): void {
    const { team, limits, clock } = this.#parts;
    const word = decodeWord(message, team, limits);
    if (this.#isClosed || !word || word.from === this.#self) return;
    if (word.isOver === true) return this.#forget(word.from);
    const other = this.#others.get(word.from);
    const { rev = 0, members } = word;
    if (other && rev <= other.rev) return;
    if (other && members && rev === other.rev + 1) {
      other.rev = rev;
      other.seenAt = clock.monotonic();
      for (const [member, presence] of members) {
        if (presence === 'gone') other.members.delete(member);
        else other.members.set(member, presence);
      }
      this.#tell(members.keys());
      return;
    }
    this.#due.look = true;
    this.#work();
  }

  /** Holds the copies against what is written. */
  async #look(link: RedisLink): Promise<void> {
    const { clusterNodes } = this.#parts.limits;
    const nodesKey = `${this.#base}:nodes`;
    const [listed] = await this.#answered(
      link.run(nodesKey, [['ZRANGE', nodesKey, '0', String(clusterNodes)]]),
    );
    const names = (Array.isArray(listed) ? (listed as readonly unknown[]) : [])
      .map(String)
      .filter((name) => /^[0-9a-f]{32}$/.test(name));
    const nodes = new Set([...this.#others.keys(), ...names].slice(0, clusterNodes));
    nodes.delete(this.#self);
    await Promise.all([...nodes].map((node) => this.#lookAt(link, node)));
  }

  async #lookAt(link: RedisLink, node: string): Promise<void> {
    const key = this.#keyOf(node);
    const other = this.#others.get(node);
    // A key that is no hash is nobody's presence, and no reason to look at no other.
    const [rev, size] = await this.#answered(
      link.run(key, [
        ['HGET', key, REV],
        ['HLEN', key],
      ]),
    ).catch(() => [null, 0]);
    if (typeof rev !== 'string' || Number(size) > this.#parts.limits.presenceMembers + 1)
      return this.#miss(link, node, other);
    if (other && Number(rev) === other.rev) {
      other.seenAt = this.#parts.clock.monotonic();
      other.misses = 0;
      return;
    }
    const [all] = await this.#answered(link.run(key, [['HGETALL', key]])).catch(() => [null]);
    const read = readTable(all);
    // What was heard while it was read may be newer.
    if (read && read.rev >= (this.#others.get(node)?.rev ?? 0)) this.#take(node, read);
  }

  async #miss(link: RedisLink, node: string, other: Other | undefined): Promise<void> {
    if (other && ++other.misses < MISSES) return;
    if (other) this.#forget(node);
    const nodesKey = `${this.#base}:nodes`;
    await this.#answered(link.run(nodesKey, [['ZREM', nodesKey, node]]));
  }

  #take(node: string, { rev, members }: { readonly rev: number; readonly members: Shown }): void {
    if (this.#isClosed) return;
    const before = this.#others.get(node)?.members.keys() ?? [];
    this.#others.set(node, { rev, members, seenAt: this.#parts.clock.monotonic(), misses: 0 });
    this.#tell(new Set([...before, ...members.keys()]));
  }

  #forget(node: string): void {
    const members = this.#others.get(node)?.members.keys() ?? [];
    this.#others.delete(node);
    this.#tell(members);
  }

  /** Tells what these members show now, where that is something else than before. */
  #tell(members: Iterable<MemberId>): void {
    const changes: Shown = new Map();
    for (const member of members) {
      const presence = strongest(
        [this.#own, ...[...this.#others.values()].map((other) => other.members)].map(
          (all) => all.get(member) ?? 'gone',
        ),
      );
      if (presence === (this.#shown.get(member) ?? 'gone')) continue;
      changes.set(member, presence);
      if (presence === 'gone') this.#shown.delete(member);
      else this.#shown.set(member, presence);
    }
    if (changes.size === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#parts.log.error('presence-listener-failed', {}, error);
      }
    }
  }

  /** A Redis that owes an answer for too long loses its line, and with it the answer. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const { clock, limits } = this.#parts;
    const cancel = clock.after(limits.redisAnswerMs, () => this.#line.suspect('no-answer'));
    try {
      return await answer;
    } finally {
      cancel();
    }
  }
}

/** A hash as Redis gives it out. Undefined where it is no node's. */
function readTable(all: unknown): { readonly rev: number; readonly members: Shown } | undefined {
  if (typeof all !== 'object' || all === null) return undefined;
  const { [REV]: rev, ...rest } = all as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(Number(rev ?? Number.NaN))) return undefined;
  const members: Shown = new Map();
  for (const [member, shown] of Object.entries(rest)) {
    const presence = PRESENCES.find((one) => one === shown);
    if (isMemberId(member) && presence !== undefined && presence !== 'gone')
      members.set(member, presence);
  }
  return { rev: Number(rev), members };
}
