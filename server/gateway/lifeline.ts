/**
 * Tells the living from the dead, for all connections from one wheel: a `hello` that does not come, an access token that ran out, a
 * client that is silent. Each ping is accompanied by a `beat` with the heads of the feeds that moved, so that a client which lost a push
 * finds out within one beat.
 */
import { CLOSE } from '../../protocol/close-codes.ts';
import { PING_SPREAD, type Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Beats } from './beats.ts';
import type { Connection } from './connection.ts';
import type { Hub } from './hub.ts';
import type { Outbound } from './outbound.ts';
import { Wheel } from './wheel.ts';

export interface LifelineParts {
  readonly hub: Pick<Hub, 'moves'>;
  readonly beats: Beats;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly log: Log;
  readonly close: (connection: Connection, code: number) => void;
  readonly terminate: (connection: Connection) => void;
  /** The silence that the client asked for is over. */
  readonly onSpoken: (connection: Connection) => void;
  /** Once per turn of the wheel, while anybody is connected. */
  readonly onTick: () => void;
}

/** After a miss the next ping comes within this part of the relay's own pause: a dead peer is known within 75 s, the jitter included. */
const HURRY = 0.4;

/** Only ever sooner than the relay does by itself: who asked for rare pings would be missed late. */
export const pauseOf = (
  { asksPingMs }: Connection,
  { pingEveryMs }: Pick<Limits, 'pingEveryMs'>,
): number => Math.min(asksPingMs ?? pingEveryMs, pingEveryMs);

export class Lifeline {
  readonly #parts: LifelineParts;
  readonly #wheel: Wheel<Connection>;

  constructor(parts: LifelineParts) {
    this.#parts = parts;
    this.#wheel = new Wheel({
      clock: parts.clock,
      onDue: (connection) => this.#look(connection),
      onTick: parts.onTick,
    });
  }

  /** A socket was accepted: `hello` is due. */
  start(connection: Connection): void {
    this.#wheel.set(connection, this.#parts.limits.helloMs);
  }

  /** `hello` came: from now on the connection is pinged; for the first time after the silence it asked for, if it did. */
  open(connection: Connection, silenceMs = 0): void {
    const now = this.#parts.clock.monotonic();
    connection.beatMoves = this.#parts.hub.moves;
    if (silenceMs === 0) return this.#plan(connection, now);
    connection.isHushed = true;
    connection.pingAt = now + silenceMs;
    this.#set(connection, now);
  }

  /** The access token was renewed. */
  renewed(connection: Connection): void {
    this.#set(connection, this.#parts.clock.monotonic());
  }

  stop(connection: Connection): void {
    this.#wheel.drop(connection);
  }

  dispose(): void {
    this.#wheel.dispose();
  }

  #look(connection: Connection): void {
    const { clock, limits, close, terminate, log } = this.#parts;
    if (connection.stage === 'closed') return;
    if (connection.stage === 'new') return close(connection, CLOSE.helloTimeout);
    const now = clock.monotonic();
    if (now >= connection.accessUntil + limits.accessGraceMs)
      return close(connection, CLOSE.tokenExpired);
    if (now < connection.pingAt) return this.#set(connection, now);
    if (connection.isHushed) {
      connection.isHushed = false;
      this.#parts.onSpoken(connection);
    }
    if (connection.isHeard) connection.misses = 0;
    else if (++connection.misses >= this.#mostMisses(connection)) {
      log.info('client-silent', { member: connection.member.id, session: connection.session });
      return terminate(connection);
    }
    connection.isHeard = false;
    connection.wire.ping();
    this.#beat(connection);
    this.#plan(connection, now);
  }

  /** Who is pinged more often may miss more: a network that stalls for some seconds ends nobody's line sooner. */
  #mostMisses(connection: Connection): number {
    const { limits } = this.#parts;
    return Math.round((limits.pingMisses * limits.pingEveryMs) / pauseOf(connection, limits));
  }

  #beat(connection: Connection): void {
    if (connection.stage !== 'open') return;
    const { beats, outbound } = this.#parts;
    outbound.queue(connection, beats.next(connection));
  }

  #plan(connection: Connection, now: number): void {
    const { random, limits } = this.#parts;
    const spread = 1 - PING_SPREAD + 2 * PING_SPREAD * random.fraction();
    const pause = pauseOf(connection, limits);
    connection.pingAt =
      now + spread * (connection.misses > 0 ? Math.min(pause, HURRY * limits.pingEveryMs) : pause);
    this.#set(connection, now);
  }

  #set(connection: Connection, now: number): void {
    const over = connection.accessUntil + this.#parts.limits.accessGraceMs;
    this.#wheel.set(connection, Math.min(connection.pingAt, over) - now);
  }
}
