/**
 * Presence: who is connected to any node and what they chose to show. Never stored: a node that dies takes its entries along within
 * `signalTtlMs`, because the adapter renews them only while the node lives.
 *
 * What every adapter guarantees:
 * - A member connected to several nodes shows the strongest of them: `dnd` over `here` over `away`.
 * - Listeners on every node hear each change of what a member shows, `gone` included, and none that changes nothing.
 * - After `close` the entries of this node are gone for the others.
 */
import type { Presence } from '../../protocol/entities.ts';
import type { MemberId } from '../../protocol/ids.ts';

export interface PresenceBoard {
  /** What the devices connected to this node show for the member; `gone` when none is left. Replaces what this node said before. */
  put(member: MemberId, presence: Presence): Promise<void>;
  /** Everybody who is not gone, over all nodes. */
  snapshot(): Promise<ReadonlyMap<MemberId, Presence>>;
  /** @returns a function that ends the listening */
  listen(listener: (changes: ReadonlyMap<MemberId, Presence>) => void): () => void;
  close(): Promise<void>;
}

const STRENGTH: Readonly<Record<Presence, number>> = { dnd: 3, here: 2, away: 1, gone: 0 };

/** What several devices or nodes show together. */
export function strongest(all: Iterable<Presence>): Presence {
  let found: Presence = 'gone';
  for (const one of all) if (STRENGTH[one] > STRENGTH[found]) found = one;
  return found;
}
