/**
 * Presence and typing: signals, stored nowhere, told to everybody connected and dropped first when a client is slow. What a member
 * shows is the strongest of their devices; `gone` is said a few seconds late, so that a reconnect does not make dots flicker.
 */
import type { Presence } from '../../protocol/entities.ts';
import type { ChannelId, MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { FanOut } from '../ports/fan-out.ts';
import type { Log } from '../ports/log.ts';
import { strongest, type PresenceBoard } from '../ports/presence.ts';
import { background } from './background.ts';
import type { Connection, FeedEntry, MemberNode } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import { follows } from './talk.ts';

export interface PresenceDeskParts {
  readonly hub: Hub;
  readonly outbound: Outbound;
  readonly board: PresenceBoard;
  readonly fanOut: FanOut;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly soon: (run: () => void) => void;
}

/** Changes of this time travel together: a hundred people coming back are one frame, not a hundred. */
const GATHER_MS = 1_000;
/** In a crowd nobody looks at all the dots, and telling each change to each member grows with the square of the team. */
const CROWD = 1_000;

export class PresenceDesk {
  readonly #parts: PresenceDeskParts;
  readonly #shown = new Map<MemberId, Presence>();
  readonly #leaving = new Map<MemberId, number>();
  readonly #stop: () => void;
  #changes = new Map<MemberId, Presence>();
  #newcomers: Connection[] = [];
  #toldAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;

  constructor(parts: PresenceDeskParts) {
    this.#parts = parts;
    this.#stop = parts.board.listen((changes) => {
      for (const [member, presence] of changes) this.#changes.set(member, presence);
      this.#schedule();
    });
  }

  /** A client was welcomed: it hears who is there. */
  welcome(connection: Connection, presence: Presence): void {
    this.#newcomers.push(connection);
    this.set(connection, presence);
    this.#schedule();
  }

  set(connection: Connection, presence: Presence): void {
    // Only the relay says `gone`.
    connection.presence = presence === 'gone' ? 'away' : presence;
    this.#show(connection.member);
  }

  /** Who is there, as one line that is the same for the same people; undefined in a crowd. For those who ask instead of being told. */
  async whole(): Promise<Packet | undefined> {
    const all = await this.#parts.board.snapshot();
    if (all.size > CROWD) return undefined;
    return new Packet(presenceText(new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)))));
  }

  /** A socket went. */
  left(node: MemberNode): void {
    if (node.connections.length > 0) this.#show(node);
    else if (this.#shown.has(node.id))
      this.#leaving.set(node.id, this.#parts.clock.monotonic() + this.#parts.limits.signalTtlMs);
  }

  /** A member types: passed on at most once in a while. */
  typing(connection: Connection, channel: ChannelId): void {
    const { clock, limits, fanOut } = this.#parts;
    const node = connection.member;
    // A member who speaks through this node may listen at another, and nobody here may follow the channel.
    if (!follows(node, channel)) return;
    const now = clock.monotonic();
    const typed = (node.typed ??= new Map<string, number>());
    if (now - (typed.get(channel) ?? Number.NEGATIVE_INFINITY) < limits.typingEveryMs) return;
    typed.delete(channel);
    typed.set(channel, now);
    fanOut.publish({ kind: 'typing', channel, member: node.id });
  }

  /** Somebody types, on whatever node. */
  tellTyping(entry: FeedEntry, member: MemberId): void {
    const channel = entry.id.slice('channel/'.length);
    const packet = new Packet(JSON.stringify({ t: 'typing', channel, member }));
    for (const node of entry.members) {
      if (node.id === member) continue;
      for (const connection of node.connections) this.#parts.outbound.signal(connection, packet);
    }
  }

  /** Once per tick of the wheel. */
  tend(): void {
    if (this.#leaving.size > 0) this.#letGo();
    if (this.#isDue() && this.#parts.clock.monotonic() - this.#toldAt >= GATHER_MS)
      background(this.#tell(), this.#parts.log, 'presence');
  }

  dispose(): void {
    this.#stop();
  }

  #show(node: MemberNode): void {
    this.#leaving.delete(node.id);
    const presence = strongest(node.connections.map((connection) => connection.presence));
    if (presence === 'gone' || presence === this.#shown.get(node.id)) return;
    this.#shown.set(node.id, presence);
    background(this.#parts.board.put(node.id, presence), this.#parts.log, 'presence');
  }

  #letGo(): void {
    const now = this.#parts.clock.monotonic();
    for (const [member, at] of this.#leaving) {
      if (at > now) continue;
      this.#leaving.delete(member);
      this.#shown.delete(member);
      background(this.#parts.board.put(member, 'gone'), this.#parts.log, 'presence');
    }
  }

  #isDue(): boolean {
    return this.#changes.size > 0 || this.#newcomers.length > 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#parts.clock.monotonic() - this.#toldAt < GATHER_MS) return;
    this.#isScheduled = true;
    this.#parts.soon(() => {
      this.#isScheduled = false;
      if (this.#isDue()) background(this.#tell(), this.#parts.log, 'presence');
    });
  }

  async #tell(): Promise<void> {
    const { board, hub, outbound, clock } = this.#parts;
    this.#toldAt = clock.monotonic();
    const [changes, newcomers] = [this.#changes, new Set(this.#newcomers)];
    this.#changes = new Map();
    this.#newcomers = [];
    if (this.#shown.size > CROWD) return;
    const changed = changes.size > 0 ? new Packet(presenceText(changes)) : undefined;
    const all = newcomers.size > 0 ? new Packet(presenceText(await board.snapshot())) : undefined;
    for (const node of hub.members()) {
      for (const connection of node.connections) {
        const isNew = newcomers.has(connection);
        const packet = isNew ? all : changed;
        // Who still catches up is told no signal, and so is new until then.
        if (isNew && connection.missed) this.#newcomers.push(connection);
        else if (packet) outbound.signal(connection, packet);
      }
    }
  }
}

const presenceText = (members: ReadonlyMap<MemberId, Presence>): string =>
  JSON.stringify({ t: 'presence', members: Object.fromEntries(members) });
