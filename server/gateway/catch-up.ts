/**
 * Brings a client from where it stands to now, at its own pace: the next page is read when the wire has room, so a thousand returning
 * clients cost one page each and not their whole absence. While it runs, what moves past the client is only noted; when nothing is
 * noted any more the client is live, in the same step, so no event can fall between.
 */
import { feedName, type ChannelId, type FeedId } from '../../protocol/ids.ts';
import type { Log } from '../ports/log.ts';
import { background } from './background.ts';
import { NO_POSITION, type Connection } from './connection.ts';
import type { Counts } from './counts.ts';
import type { Hub } from './hub.ts';
import { LOW_WATER_BYTES, type Outbound } from './outbound.ts';
import { Packet } from './packet.ts';
import type { Pages } from './pages.ts';

export interface CatchUpParts {
  readonly hub: Hub;
  readonly outbound: Outbound;
  readonly pages: Pages;
  readonly counts: Counts;
  readonly log: Log;
}

const CAUGHT_UP = new Packet('{"t":"caught-up"}');

export class CatchUp {
  readonly #parts: CatchUpParts;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Goes on where it is needed; to be called whenever the wire may have room again. */
  goOn(connection: Connection, focus: ChannelId | null = null): void {
    if (
      connection.stage !== 'open' ||
      !connection.missed ||
      connection.isPumping ||
      connection.isHushed
    )
      return;
    connection.isPumping = true;
    background(
      this.#run(connection, focus).finally(() => (connection.isPumping = false)),
      this.#parts.log,
      'catch-up',
    );
  }

  async #run(connection: Connection, focus: ChannelId | null): Promise<void> {
    const { hub, outbound, pages, counts } = this.#parts;
    let unsent = 0;
    while (connection.stage === 'open' && connection.missed) {
      if (connection.lag && connection.wire.queuedBytes > LOW_WATER_BYTES) return;
      const next = connection.missed.entries().next();
      if (next.done) {
        this.#finish(connection);
        return;
      }
      const [feed, position] = next.value;
      connection.missed.delete(feed);
      const heard = hub.feed(feed)?.head ?? 0;
      const from = position === NO_POSITION ? undefined : position;
      const page = await pages.next(feed, from, connection.member.id, isFocus(feed, focus), heard);
      await hub.reach(feed, page.head);
      const entry = hub.feed(feed);
      // They may have left the channel while we read it, or in what we read.
      if (!entry || !connection.member.feeds.includes(entry)) continue;
      outbound.queue(connection, page.packet);
      counts.pages++;
      (connection.held ??= new Map<FeedId, number>()).set(feed, page.to);
      unsent += page.packet.text.length;
      const hasMoved = entry.head !== heard;
      if (page.to < page.head || (hasMoved && page.to < (entry.head ?? 0)))
        note(connection, feed, page.to);
      else if (!hasMoved) hub.believe(entry, page.head);
      if (unsent > LOW_WATER_BYTES) {
        outbound.send(connection);
        unsent = 0;
      }
    }
  }

  #finish(connection: Connection): void {
    connection.missed = undefined;
    connection.held = undefined;
    if (connection.isCaughtUp) return;
    connection.isCaughtUp = true;
    this.#parts.counts.catchUps++;
    this.#parts.outbound.queue(connection, CAUGHT_UP);
  }
}

function note(connection: Connection, feed: FeedId, position: number): void {
  const noted = connection.missed?.get(feed);
  if (noted === undefined || noted > position) connection.missed?.set(feed, position);
}

function isFocus(feed: FeedId, focus: ChannelId | null): boolean {
  const name = feedName(feed);
  return name.kind === 'channel' && name.channel === focus;
}
