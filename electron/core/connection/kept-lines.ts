/**
 * The connections that the requests of one line over HTTP share. Who is at the other end of each is proved before its first byte, as
 * everywhere; then it is kept for the next request, for as long as the relay says that it keeps it, and ends with the line.
 */
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, DialFault, RelayTarget, SocketEvents } from '../ports.ts';
import { openLine } from './secure-line.ts';

/** One listens, one speaks, one is for pings: more are never asked for at once. */
const MOST = 4;
/** A relay names a shorter time; this is for one that names none. */
const IDLE_MS = 60_000;

/** Why a request got no connection. */
export class NoLine extends Error {
  readonly fault: DialFault;

  constructor(fault: DialFault) {
    super(fault.kind);
    this.fault = fault;
  }
}

export class KeptLines extends Agent {
  readonly #target: RelayTarget;
  readonly #clock: Clock;
  readonly #onTraffic: SocketEvents['onTraffic'];
  #isOver = false;

  constructor(target: RelayTarget, clock: Clock, onTraffic?: SocketEvents['onTraffic']) {
    super({ keepAlive: true, maxSockets: MOST, maxFreeSockets: MOST, timeout: IDLE_MS });
    this.#target = target;
    this.#clock = clock;
    this.#onTraffic = onTraffic;
  }

  override createConnection(
    _options: ClientRequestArgs,
    done?: (error: Error | null, line: Duplex) => void,
  ): undefined {
    // There is no line beside an error; Node's types know none without.
    const fail = done as ((error: Error) => void) | undefined;
    void openLine(this.#target, this.#clock, this.#onTraffic).then((line) => {
      if (!line.ok) return fail?.(new NoLine(line.error));
      if (!this.#isOver) return done?.(null, line.value);
      line.value.destroy();
      return fail?.(new NoLine({ kind: 'unreachable' }));
    });
    return undefined;
  }

  /** Ends every connection, and those that are still being made. */
  override destroy(): void {
    this.#isOver = true;
    super.destroy();
  }
}
