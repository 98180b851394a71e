/**
 * Fan-out: tells every node of the relay what was committed, so that the nodes can tell their sockets. It carries hints, the store
 * carries truth: an adapter may lose, repeat or reorder messages between nodes, and a listener that sees a gap reads the store.
 *
 * What every adapter guarantees:
 * - `publish` never throws and never blocks the caller; a message that cannot be carried is dropped and counted, not kept.
 * - A listener on the publishing node hears its own messages too, in the order of `publish`, before `publish` returns or later,
 *   but never twice from one `publish`.
 * - A listener that throws does not keep the others from hearing.
 * - What another node published and may have been lost on the way here is told as `doubt` within five seconds, and again at least
 *   every three for as long as nothing can be heard.
 */
import type { ChannelId, FeedId, MemberId } from '../../protocol/ids.ts';
import type { StoredEvent } from './store.ts';

export type FanOutMessage =
  /** Just committed, in commit order across feeds. An adapter may turn this into `moved` on its way to another node. */
  | { readonly kind: 'events'; readonly events: readonly StoredEvent[] }
  /** These feeds have at least these heads. */
  | { readonly kind: 'moved'; readonly heads: ReadonlyMap<FeedId, number> }
  /** A signal: stored nowhere, worthless after a few seconds. The publisher has checked that the member may. */
  | { readonly kind: 'typing'; readonly channel: ChannelId; readonly member: MemberId }
  /** Hints may have been lost, nobody knows which: every listener holds its heads against the store. Never leaves its node. */
  | { readonly kind: 'doubt' };

/** Since the start, for whoever watches. */
export interface FanOutCounts {
  /** Messages that went to the other nodes, and that came from them. */
  readonly sent: number;
  readonly heard: number;
  /** Messages for other nodes that could not be carried. */
  readonly dropped: number;
  /** What came from elsewhere and was no message of this team's nodes. */
  readonly refused: number;
  readonly doubts: number;
}

export interface FanOut {
  /** `degraded`: other nodes cannot be heard now. What they commit is found by asking the store, seconds later. */
  readonly state: 'well' | 'degraded';
  readonly counts: FanOutCounts;
  publish(message: FanOutMessage): void;
  /** @returns a function that ends the listening */
  listen(listener: (message: FanOutMessage) => void): () => void;
  /** Resolves when nothing more will be heard. */
  close(): Promise<void>;
}
