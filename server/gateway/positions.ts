/**
 * Holds the positions in a `hello` against the store. A position is borne out when the event at its
 * number is the one that the client holds. One that is not, with a proof of ours for an event which
 * the store does not have, says that the store went back in time: a new epoch for everybody. Any
 * other is the client's own affair. The proof is looked at only then.
 */
import type { Position, ProvenEvent } from '../../protocol/feeds.ts';
import type { Epoch, FeedId, MemberId } from '../../protocol/ids.ts';
import type { Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Mark, Store } from '../ports/store.ts';
import type { FeedEntry, MemberNode } from './connection.ts';
import type { Hub } from './hub.ts';
import type { PositionProofs } from './position-proofs.ts';

export type Positions = Readonly<Record<FeedId, Position>>;

export type Finding =
  /** `unproven`: feeds at whose head the client stands without the proof of it. */
  | { readonly kind: 'borne-out'; readonly unproven: readonly FeedEntry[] }
  /** This client holds what the store does not have, and cannot prove that the store ever had it. */
  | { readonly kind: 'unknown'; readonly feed: FeedId; readonly seq: number }
  | LostEvent;

/** The store had this event, and does not have it any more. */
export interface LostEvent {
  readonly kind: 'lost';
  readonly feed: FeedId;
  readonly event: ProvenEvent;
}

export interface PositionCheckParts {
  readonly store: Store;
  readonly hub: Pick<Hub, 'proofOf' | 'learn'>;
  readonly proofs: PositionProofs;
  readonly random: Random;
  readonly log: Log;
}

export class PositionCheck {
  readonly #parts: PositionCheckParts;

  constructor(parts: PositionCheckParts) {
    this.#parts = parts;
  }

  /** At most two questions to the store; one where all is well, and none where the hub knows. */
  async examine(member: MemberNode, positions: Positions): Promise<Finding> {
    const of: Readonly<Partial<Record<FeedId, Position>>> = positions;
    const held: (readonly [FeedEntry, Position])[] = [];
    let count = 0;
    for (const entry of member.feeds) {
      const position = of[entry.id];
      if (!position) continue;
      count++;
      if (position.seq > 0 && !this.#isProvenHead(entry, position)) held.push([entry, position]);
    }
    // Of a feed that the member may not read a client learns nothing; its proof still counts.
    const all = Object.keys(positions).length;
    const suspect = count === all ? [] : foreign(member, positions);
    if (held.length === 0 && suspect.length === 0) return { kind: 'borne-out', unproven: [] };
    const marks = await this.#marksOf(held);
    const unproven: FeedEntry[] = [];
    let unknown: Finding | undefined;
    for (const [entry, position] of held) {
      const { seq } = position;
      if (this.#isProvenHead(entry, position)) continue;
      if (this.#isBorneOut(position, marks.get(entry.id))) {
        if (entry.head === seq) unproven.push(entry);
        continue;
      }
      suspect.push([entry.id, position]);
      unknown ??= { kind: 'unknown', feed: entry.id, seq };
    }
    return (await this.#findLost(suspect)) ?? unknown ?? { kind: 'borne-out', unproven };
  }

  /**
   * Begins a new epoch, unless the event is there after all, or another relay was first. The store
   * is asked inside the transaction: only what it says there is certain.
   */
  async renewEpoch({ feed, event }: LostEvent, teller: MemberId): Promise<void> {
    const { store, proofs, random, log } = this.#parts;
    const known = store.epoch;
    const next = Buffer.from(random.bytes(16)).toString('hex') as Epoch;
    const { seq } = event;
    const isNew = await store.write(async (tx) => {
      const mark = (await tx.marks(new Map([[feed, seq]]))).get(feed);
      if (mark && proofs.isAbout(event.proof, mark)) return false;
      return tx.replaceEpoch(known, next);
    });
    if (!isNew) return;
    const head = await store.head(feed);
    log.warn('store-went-back', { feed, seq, head, member: teller });
  }

  /**
   * It holds just what everybody at this head is given: nothing is left to find out. The HMAC is made once for all who share the feed;
   * for a member's own feed it would be made for each `hello`, so there the name has to do.
   */
  #isProvenHead(entry: FeedEntry, { seq, at, proven }: Position): boolean {
    const { hub, proofs } = this.#parts;
    if (entry.head !== seq || proven?.seq !== seq || entry.mark?.at !== at) return false;
    return entry.id.startsWith('member/')
      ? proofs.isAbout(proven.proof, entry.mark)
      : proven.proof === hub.proofOf(entry);
  }

  #isBorneOut({ seq, at, proven }: Position, mark: Mark | undefined): boolean {
    if (mark?.at !== at) return false;
    return proven?.seq !== seq || this.#parts.proofs.isAbout(proven.proof, mark);
  }

  async #marksOf(
    held: readonly (readonly [FeedEntry, Position])[],
  ): Promise<ReadonlyMap<FeedId, Mark>> {
    const { store, hub } = this.#parts;
    const marks = new Map<FeedId, Mark>();
    const asked = new Map<FeedId, number>();
    for (const [entry, { seq }] of held) {
      if (entry.head === seq && entry.mark) marks.set(entry.id, entry.mark);
      else asked.set(entry.id, seq);
    }
    if (asked.size === 0) return marks;
    const read = await store.marks(asked);
    for (const [entry, { seq }] of held) {
      const mark = read.get(entry.id);
      if (!mark) continue;
      marks.set(entry.id, mark);
      hub.learn(entry, seq, mark);
    }
    return marks;
  }

  async #findLost(
    suspect: readonly (readonly [FeedId, Position])[],
  ): Promise<LostEvent | undefined> {
    const { store, proofs } = this.#parts;
    const asked = new Map<FeedId, number>();
    const proven = new Map<FeedId, ProvenEvent>();
    for (const [feed, position] of suspect) {
      const event = position.proven;
      if (!event || !proofs.isOurs(feed, event.seq, event.proof)) continue;
      proven.set(feed, event);
      asked.set(feed, event.seq);
    }
    if (asked.size === 0) return undefined;
    const marks = await store.marks(asked);
    for (const [feed, event] of proven) {
      const mark = marks.get(feed);
      if (!mark || !proofs.isAbout(event.proof, mark)) return { kind: 'lost', feed, event };
    }
    return undefined;
  }
}

/** Those of feeds that the member may not read, or not any more. */
function foreign(member: MemberNode, positions: Positions): (readonly [FeedId, Position])[] {
  const own = new Set(member.feeds.map(({ id }) => id));
  const all = Object.entries(positions) as [FeedId, Position][];
  return all.filter(([feed]) => !own.has(feed));
}
