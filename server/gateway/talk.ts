/**
 * What a client says in one request and not over a line of its own: a few frames, all of them answered before it ends. The frames go the
 * way of every other frame; nothing is pushed to such a connection, and it counts as no socket.
 */
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import { channelFeed, type ChannelId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from './auth-port.ts';
import { Connection, FeedEntry, MemberNode } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Meters } from './meter.ts';
import type { Packet } from './packet.ts';
import type { Wire } from './wire.ts';

export interface TalkParts {
  readonly hub: Hub;
  readonly store: Store;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly meters: Meters;
  /** @returns whether the frame will be answered by one */
  readonly receive: (connection: Connection, text: string, bytes: number) => boolean;
}

export type Talked =
  | { readonly kind: 'answered'; readonly lines: readonly string[] }
  /** What would have ended a socket. */
  | { readonly kind: 'closed'; readonly code: number };

interface Speaker {
  /** Stands for a member who listens at another node. */
  readonly node: MemberNode;
  at: number;
}

export class Talk {
  readonly #parts: TalkParts;
  readonly #speakers = new Map<SessionId, Speaker>();

  constructor(parts: TalkParts) {
    this.#parts = parts;
  }

  /** Whether the session was here within `doorMemoryMs`. */
  knows({ session }: Principal): boolean {
    this.tend();
    return this.#speakers.has(session);
  }

  /** A request of any kind, counted like a frame. @returns 0 when it may pass, else how long to wait */
  knock({ session, member }: Principal, bytes: number): number {
    const { clock, meters } = this.#parts;
    this.#speaker(session, member);
    return meters.of(member, session).takeFrame(clock.monotonic(), bytes);
  }

  /** Resolves when every mutation and question among the frames was answered. */
  async say(who: Principal, texts: readonly string[]): Promise<Talked> {
    const { hub, clock, receive } = this.#parts;
    const speaker = this.#speaker(who.session, who.member);
    const known = hub.member(who.member);
    if (!known && texts.some((text) => text.includes('"typing"'))) await this.#lookUp(speaker.node);
    const node = hub.member(who.member) ?? speaker.node;
    return new Promise((resolve) => {
      const wire = new AnswerWire(resolve);
      const connection = new Connection(
        wire,
        node,
        who.session,
        clock.monotonic() + who.accessExpiresAt - clock.now(),
      );
      connection.isTalk = true;
      connection.stage = 'open';
      // Noted and never asked for: this connection is told nothing by itself.
      connection.missed = new Map();
      for (const text of texts)
        if (receive(connection, text, Buffer.byteLength(text))) wire.expect();
      wire.allSaid();
    });
  }

  /** Forgets who has been silent for long. */
  tend(): void {
    const over = this.#parts.clock.monotonic() - this.#parts.limits.doorMemoryMs;
    for (const [session, { at }] of this.#speakers) {
      // In the order in which they last spoke.
      if (at > over) return;
      this.#speakers.delete(session);
    }
  }

  #speaker(session: SessionId, member: MemberId): Speaker {
    const speaker = this.#speakers.get(session) ?? {
      node: new MemberNode(member),
      at: 0,
    };
    speaker.at = this.#parts.clock.monotonic();
    this.#speakers.delete(session);
    this.#speakers.set(session, speaker);
    this.tend();
    return speaker;
  }

  async #lookUp(node: MemberNode): Promise<void> {
    const heads = await this.#parts.store.headsOf(node.id);
    node.feeds = [...heads.keys()].map((feed) => new FeedEntry(feed, node));
  }
}

/** Whether the member is in the channel, as far as this node knows. */
export const follows = (node: MemberNode, channel: ChannelId): boolean => {
  const feed = channelFeed(channel);
  return node.feeds.some((entry) => entry.id === feed);
};

/** Collects the answers of one request. */
class AnswerWire implements Wire {
  readonly queuedBytes = 0;
  readonly takenBytes = 0;
  readonly #resolve: (talked: Talked) => void;
  readonly #lines: string[] = [];
  #expected = 0;
  #isAllSaid = false;

  constructor(resolve: (talked: Talked) => void) {
    this.#resolve = resolve;
  }

  expect(): void {
    this.#expected++;
  }

  allSaid(): void {
    this.#isAllSaid = true;
    this.#settle();
  }

  send(packets: readonly Packet[]): void {
    for (const { text } of packets) this.#lines.push(text);
    this.#settle();
  }

  ping(): void {
    // A request needs none.
  }

  close(code: number): void {
    this.#resolve({ kind: 'closed', code });
  }

  terminate(): void {
    this.#resolve({ kind: 'closed', code: 1006 });
  }

  #settle(): void {
    if (this.#isAllSaid && this.#lines.length >= this.#expected)
      this.#resolve({ kind: 'answered', lines: this.#lines });
  }
}
