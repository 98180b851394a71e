/**
 * A line to Redis that is there as often as it can be: opened at once, and after every trouble again, by another node of the cluster in
 * turn, with a delay that grows and differs from relay to relay. It keeps nothing for later: while it is down, its owner has no link.
 *
 *   waiting ──▶ opening ──▶ up ──trouble or suspicion──▶ waiting       (closed is reachable from everywhere)
 */
import type { Limits } from '../../protocol/limits.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import {
  RedisConnection,
  redisFault,
  type RedisLink,
  type RedisSettings,
} from './redis-connection.ts';

export interface RedisLineParts {
  readonly redis: RedisSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Pick<Limits, 'redisAnswerMs'>;
  /** Whose line it is, for the log. */
  readonly use: string;
  /** What is listened to. */
  readonly channels: (isCluster: boolean) => readonly string[];
  readonly onUp: (link: RedisLink) => void;
  readonly onDown: () => void;
  readonly onMessage: (channel: string, message: Buffer) => void;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

export class RedisLine {
  readonly #parts: RedisLineParts;
  #connection: RedisConnection | undefined;
  #isUp = false;
  #isClosed = false;
  #tries = 0;
  #cancel = (): void => undefined;

  constructor(parts: RedisLineParts) {
    this.#parts = parts;
    this.#open();
  }

  /** Undefined while the line is down. */
  get link(): RedisLink | undefined {
    return this.#isUp ? this.#connection : undefined;
  }

  /** The owner misses an answer: the line is thrown away, whatever the system says of its socket. */
  suspect(reason: string): void {
    if (this.#connection) this.#fail(this.#connection, reason);
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    this.#cancel();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #open(): void {
    const { redis, clock, limits, channels, onMessage, onUp, log, use } = this.#parts;
    const node = redis.nodes[this.#tries % redis.nodes.length] ?? redis.nodes[0];
    const connection = new RedisConnection(redis, node, {
      onTrouble: (reason) => this.#fail(connection, reason),
      onMessage,
    });
    this.#connection = connection;
    this.#cancel = clock.after(limits.redisAnswerMs, () => this.#fail(connection, 'no-answer'));
    connection.open(channels).then(
      () => {
        if (this.#connection !== connection) return;
        this.#cancel();
        this.#tries = 0;
        this.#isUp = true;
        log.info('redis-up', { use });
        onUp(connection);
      },
      (error: unknown) => this.#fail(connection, redisFault(error)),
    );
  }

  #fail(connection: RedisConnection, reason: string): void {
    if (this.#connection !== connection || this.#isClosed) return;
    const { clock, random, onDown, log, use } = this.#parts;
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#connection = undefined;
    this.#cancel();
    connection.destroy();
    const delayMs =
      Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#tries++) *
      (0.5 + random.fraction() / 2);
    log[wasUp || this.#tries === 1 ? 'warn' : 'debug']('redis-down', {
      use,
      reason,
      delayMs: Math.round(delayMs),
    });
    this.#cancel = clock.after(delayMs, () => this.#open());
    if (wasUp) onDown();
  }
}
