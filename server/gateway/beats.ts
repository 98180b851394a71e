/**
 * Beats: the heads of the feeds that moved since a client's last one, with their proofs. By the
 * heads a client finds out that a push was lost; by the proofs a relay finds out later that its
 * store has lost what this client had.
 */
import type { Proof } from '../../protocol/feeds.ts';
import type { FeedId } from '../../protocol/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connection, FeedEntry } from './connection.ts';
import type { Hub } from './hub.ts';
import { Packet } from './packet.ts';

export interface BeatsParts {
  readonly hub: Hub;
  readonly clock: Pick<Clock, 'now'>;
}

export class Beats {
  readonly #parts: BeatsParts;
  /** The beat of a moment at which nothing had moved: the same bytes for all that are due in it. */
  #quiet: { readonly at: number; readonly packet: Packet } | undefined;

  constructor(parts: BeatsParts) {
    this.#parts = parts;
  }

  /** The next beat of this client. */
  next(connection: Connection): Packet {
    return this.moved(connection) ?? this.#nothing();
  }

  /** As `next`, but undefined when none of the client's feeds has moved. */
  moved(connection: Connection): Packet | undefined {
    const { hub } = this.#parts;
    const since = connection.beatMoves;
    connection.beatMoves = hub.moves;
    if (hub.moves === since) return undefined;
    const moved = connection.member.feeds.filter((entry) => entry.moves > since);
    return moved.length === 0 ? undefined : this.of(moved);
  }

  of(entries: readonly FeedEntry[]): Packet {
    const { hub, clock } = this.#parts;
    const heads: Record<FeedId, number> = {};
    const proofs: Record<FeedId, Proof> = {};
    for (const entry of entries) {
      if (entry.head === undefined) continue;
      heads[entry.id] = entry.head;
      const proof = hub.proofOf(entry);
      if (proof !== undefined) proofs[entry.id] = proof;
    }
    return new Packet(JSON.stringify({ t: 'beat', at: clock.now(), heads, proofs }));
  }

  #nothing(): Packet {
    const at = this.#parts.clock.now();
    if (this.#quiet?.at !== at) this.#quiet = { at, packet: this.of([]) };
    return this.#quiet.packet;
  }
}
