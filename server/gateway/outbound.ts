/**
 * What goes out: per connection a short queue for this turn of the event loop, and a policy for those who read slower than others
 * write. `ws` would queue without end; here a client that falls behind is first spared signals, then not pushed to any more (it is
 * answered from the store when it has caught up), and at last closed as `slow`, to resume by position. Nobody waits for anybody.
 */
import { CLOSE } from '../../protocol/close-codes.ts';
import type { FeedId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Connection } from './connection.ts';
import type { Counts, SlowReason } from './counts.ts';
import type { Packet } from './packet.ts';

export interface OutboundParts {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: Counts;
  readonly soon: (run: () => void) => void;
  readonly close: (connection: Connection, code: number) => void;
  /** The wire has taken what was queued; somebody who had fallen behind may go on. */
  readonly onDrained: (connection: Connection) => void;
}

/** A catch-up goes on when less than this waits in the wire. */
export const LOW_WATER_BYTES = 64 * 1024;

export class Outbound {
  readonly #parts: OutboundParts;
  readonly #lagging = new Set<Connection>();
  #dirty: Connection[] = [];
  #isScheduled = false;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  /** Bytes that wait in all wires together. */
  get queuedBytes(): number {
    let sum = 0;
    for (const connection of this.#lagging) sum += connection.wire.queuedBytes;
    return sum;
  }

  /** An answer to this client, or part of its catch-up: always goes. */
  queue(connection: Connection, packet: Packet): void {
    if (connection.stage === 'closed') return;
    if (connection.out) {
      connection.out.push(packet);
      return;
    }
    connection.out = [packet];
    this.#dirty.push(connection);
    this.#schedule();
  }

  /** Events after `position` up to `to` of a feed: pushed to the live, noted for the others. */
  push(connection: Connection, packet: Packet, feed: FeedId, position: number, to: number): void {
    const { missed } = connection;
    if (missed) {
      // A page may have brought them already: it was read after their commit.
      const held = connection.held?.get(feed) ?? position;
      if (held < to && !missed.has(feed)) missed.set(feed, Math.max(held, position));
      return;
    }
    if (connection.stage !== 'open') return;
    if (connection.lag && connection.wire.queuedBytes > this.#parts.limits.outboundBehindBytes) {
      connection.missed = new Map([[feed, position]]);
      this.#parts.counts.behind++;
      this.#parts.log.info('client-behind', {
        member: connection.member.id,
        session: connection.session,
      });
      return;
    }
    this.queue(connection, packet);
  }

  /** Worth something now or never: the first thing a slow client is spared. */
  signal(connection: Connection, packet: Packet): void {
    if (connection.stage !== 'open' || connection.missed) return;
    if (connection.lag && connection.wire.queuedBytes > this.#parts.limits.outboundDropSignalsBytes)
      return;
    this.queue(connection, packet);
  }

  /** Writes what every connection has waiting, each in one write. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const connection of dirty) this.send(connection);
  }

  /** Writes what this connection has waiting. */
  send(connection: Connection): void {
    const { out, wire } = connection;
    if (!out) return;
    connection.out = undefined;
    if (connection.stage === 'closed') return;
    wire.send(out);
    const queued = wire.queuedBytes;
    if (queued === 0) return;
    if (!connection.lag) {
      connection.lag = { taken: wire.takenBytes, since: this.#parts.clock.monotonic() };
      this.#lagging.add(connection);
    }
    if (queued > this.#parts.limits.outboundCloseBytes) this.#giveUp(connection, 'too-much');
  }

  /** The wire says that it took everything. */
  drained(connection: Connection): void {
    if (!connection.lag) return;
    if (connection.wire.queuedBytes === 0) {
      connection.lag = undefined;
      this.#lagging.delete(connection);
    }
    this.#parts.onDrained(connection);
  }

  /** Looks after those who lag: once per tick of the wheel. */
  tend(): void {
    if (this.#lagging.size === 0) return;
    const { limits, clock } = this.#parts;
    const now = clock.monotonic();
    let total = 0;
    for (const connection of this.#lagging) {
      const { lag, wire } = connection;
      const queued = wire.queuedBytes;
      if (!lag || queued === 0) {
        this.drained(connection);
        continue;
      }
      total += queued;
      const taken = wire.takenBytes;
      if (taken !== lag.taken) {
        lag.taken = taken;
        lag.since = now;
        if (queued <= LOW_WATER_BYTES) this.#parts.onDrained(connection);
      } else if (now - lag.since >= limits.outboundStallMs) {
        this.#giveUp(connection, 'stalled');
      }
    }
    if (total > limits.outboundTotalBytes) this.#shed(total);
  }

  forget(connection: Connection): void {
    connection.out = undefined;
    connection.lag = undefined;
    this.#lagging.delete(connection);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#parts.soon(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Too much waits in all wires together: the largest go first. */
  #shed(total: number): void {
    const byQueue = [...this.#lagging].map((connection) => ({
      connection,
      queued: connection.wire.queuedBytes,
    }));
    byQueue.sort((a, b) => b.queued - a.queued);
    for (const { connection, queued } of byQueue) {
      if (total <= this.#parts.limits.outboundTotalBytes) return;
      total -= queued;
      this.#giveUp(connection, 'shed');
    }
  }

  #giveUp(connection: Connection, why: SlowReason): void {
    const { log, close, counts } = this.#parts;
    counts.slow[why]++;
    log.info('client-slow', {
      member: connection.member.id,
      session: connection.session,
      why,
      queued: connection.wire.queuedBytes,
    });
    close(connection, CLOSE.slow);
  }
}
