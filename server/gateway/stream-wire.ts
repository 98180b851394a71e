/**
 * A stream of server-sent events as a wire. The bytes of an event are made once for all streams; what waits is the response's own count
 * and never a second queue. The client cannot answer a ping here: that the network took the beat has to do until its token runs out,
 * when it comes back with a new one.
 */
import type { ServerResponse } from 'node:http';
import { CLOSE } from '../../protocol/close-codes.ts';
import { encodeClosed, encodeEvent, encodeSign } from '../../protocol/doors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Packet } from './packet.ts';
import type { Wire } from './wire.ts';

/** How long a goodbye may take. */
const CLOSE_TIMEOUT_MS = 2_000;

export class StreamWire implements Wire {
  readonly #response: ServerResponse;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #onHeard: () => void;

  /** @param onHeard  the network took what was sent to this client */
  constructor(response: ServerResponse, clock: Pick<Clock, 'after'>, onHeard: () => void) {
    this.#response = response;
    this.#clock = clock;
    this.#onHeard = onHeard;
  }

  get queuedBytes(): number {
    return this.#response.writableLength;
  }

  get takenBytes(): number {
    const { socket } = this.#response;
    return socket ? socket.bytesWritten - socket.writableLength : 0;
  }

  send(packets: readonly Packet[]): void {
    if (!this.#response.writable) return;
    this.#response.cork();
    for (const packet of packets) this.#response.write(packet.event);
    this.#response.uncork();
  }

  ping(): void {
    if (this.#response.writable)
      this.#response.write(encodeSign(), (error) => (error ? undefined : this.#onHeard()));
  }

  close(code: number): void {
    // Who does not read will not read why either.
    if (code === CLOSE.slow) return this.terminate();
    this.#response.end(encodeEvent(encodeClosed(code)));
    this.#response.once(
      'close',
      this.#clock.after(CLOSE_TIMEOUT_MS, () => this.terminate()),
    );
  }

  terminate(): void {
    this.#response.destroy();
  }
}
