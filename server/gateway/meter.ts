/**
 * How much a client may say. Each allowance is one number (`allowance.ts`): nothing to refill, no timer, and an idle connection costs
 * nothing.
 */
import type { Limits } from '../../protocol/limits.ts';
import { after, waitFor } from '../ports/allowance.ts';

/** Frames beyond the limit that end a connection: this many at once, or one a second for longer. */
const EXCESS_BURST = 300;
const EXCESS_PER_SECOND = 1;
/** A page is answered 5 times a second on average; a desktop that opens a channel asks for a few at once. */
const HISTORY_BURST_SECONDS = 4;
/** Long enough for what the client had sent before it heard of the refusal to arrive, and be refused too: order is kept. */
const MIN_WAIT_MS = 500;
const MINUTE_MS = 60_000;

export class Meter {
  #frames = 0;
  #bytes = 0;
  #sends = 0;
  #history = 0;
  #excess = 0;
  #sendsBlockedUntil = 0;
  #unknownSince = 0;
  #unknown = 0;

  /** @returns 0 when the frame may pass, else how long to wait */
  takeFrame(now: number, bytes: number, limits: Limits): number {
    const wait = waitFor(this.#frames, now, 1, limits.framesPerSecond, limits.framesBurst);
    const byteWait = waitFor(
      this.#bytes,
      now,
      bytes,
      limits.bytesInPerSecond,
      limits.bytesInPerSecond,
    );
    if (wait > 0 || byteWait > 0) return Math.max(wait, byteWait, MIN_WAIT_MS);
    this.#frames = after(this.#frames, now, 1, limits.framesPerSecond);
    this.#bytes = after(this.#bytes, now, bytes, limits.bytesInPerSecond);
    return 0;
  }

  /** A change. Once one was refused, all are until the wait is over: none may overtake another. */
  takeSend(now: number, limits: Limits): number {
    if (now < this.#sendsBlockedUntil) return this.#sendsBlockedUntil - now;
    const wait = waitFor(this.#sends, now, 1, limits.sendsPerSecond, limits.sendsBurst);
    if (wait > 0) return this.blockSends(now, Math.max(wait, MIN_WAIT_MS));
    this.#sends = after(this.#sends, now, 1, limits.sendsPerSecond);
    return 0;
  }

  blockSends(now: number, wait: number): number {
    this.#sendsBlockedUntil = Math.max(this.#sendsBlockedUntil, now + wait);
    return this.#sendsBlockedUntil - now;
  }

  takeHistory(now: number, limits: Limits): number {
    const wait = waitFor(
      this.#history,
      now,
      1,
      limits.historyPerSecond,
      limits.historyPerSecond * HISTORY_BURST_SECONDS,
    );
    if (wait > 0) return wait;
    this.#history = after(this.#history, now, 1, limits.historyPerSecond);
    return 0;
  }

  /** A frame came although it was told to wait. True when that has gone on for too long. */
  isFlood(now: number): boolean {
    if (waitFor(this.#excess, now, 1, EXCESS_PER_SECOND, EXCESS_BURST) > 0) return true;
    this.#excess = after(this.#excess, now, 1, EXCESS_PER_SECOND);
    return false;
  }

  /** A frame nobody knows. True when there were too many within a minute. */
  isTooUnknown(now: number, limits: Limits): boolean {
    if (now - this.#unknownSince >= MINUTE_MS) {
      this.#unknownSince = now;
      this.#unknown = 0;
    }
    return ++this.#unknown >= limits.unknownFramesPerMinute;
  }
}
