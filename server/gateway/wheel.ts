/**
 * One timer for all connections. Each has one moment at which it wants to be looked at (hello due, ping due, token over); the wheel
 * keeps them in slots of a quarter second. No connection has a timer or a closure of its own, which is what makes ten thousand idle
 * ones cheap. The timer runs only while there is somebody to look at.
 */
import type { Clock } from '../ports/clock.ts';

export const TICK_MS = 250;
const SLOTS = 256;

/** Something the wheel can carry. It is in one slot at a time; only the wheel touches these fields. */
export interface Spoke {
  /** The tick at which it is due; 0 when it is not on the wheel. */
  dueTick: number;
}

export interface WheelParts<T extends Spoke> {
  readonly clock: Clock;
  /** To be looked at now. It is off the wheel; `set` puts it back. */
  readonly onDue: (spoke: T) => void;
  /** Once per tick, after the due ones. */
  readonly onTick: () => void;
}

export class Wheel<T extends Spoke> {
  readonly #parts: WheelParts<T>;
  readonly #slots: T[][] = Array.from({ length: SLOTS }, () => []);
  #tick = 1;
  #count = 0;
  #startedAt = 0;
  #cancel: (() => void) | undefined;
  #isTurning = false;

  constructor(parts: WheelParts<T>) {
    this.#parts = parts;
  }

  /** Puts it on the wheel, or moves it: due in `ms`, rounded up to the tick. */
  set(spoke: T, ms: number): void {
    if (spoke.dueTick === 0) this.#count++;
    this.#start();
    spoke.dueTick = this.#tick + Math.max(1, Math.ceil(ms / TICK_MS));
    this.#slot(spoke.dueTick).push(spoke);
  }

  /** Takes it off. What lies in a slot for an old due time is skipped when its turn comes. */
  drop(spoke: T): void {
    if (spoke.dueTick === 0) return;
    spoke.dueTick = 0;
    this.#count--;
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const slot of this.#slots) slot.length = 0;
    this.#count = 0;
  }

  #slot(tick: number): T[] {
    return this.#slots[tick % SLOTS] as T[];
  }

  #start(): void {
    if (this.#cancel || this.#isTurning) return;
    // Counted from here, so that a late timer is made up for instead of slowing the wheel down.
    this.#startedAt = this.#parts.clock.monotonic() - this.#tick * TICK_MS;
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#startedAt + (this.#tick + 1) * TICK_MS;
    this.#cancel = this.#parts.clock.after(Math.max(1, next - this.#parts.clock.monotonic()), () =>
      this.#run(),
    );
  }

  #run(): void {
    this.#cancel = undefined;
    const now = Math.floor((this.#parts.clock.monotonic() - this.#startedAt) / TICK_MS);
    // After a long sleep of the machine one round is enough: every slot was passed.
    const last = Math.min(now, this.#tick + SLOTS);
    this.#isTurning = true;
    while (this.#tick < last) {
      this.#tick++;
      this.#turn();
    }
    if (now > this.#tick) this.#startedAt = this.#parts.clock.monotonic() - this.#tick * TICK_MS;
    this.#parts.onTick();
    this.#isTurning = false;
    if (this.#count > 0) this.#schedule();
  }

  #turn(): void {
    const index = this.#tick % SLOTS;
    const slot = this.#slots[index] as T[];
    if (slot.length === 0) return;
    this.#slots[index] = [];
    for (const spoke of slot) {
      if (spoke.dueTick === 0) continue;
      if (spoke.dueTick <= this.#tick) {
        spoke.dueTick = 0;
        this.#count--;
        this.#parts.onDue(spoke);
      } else if (spoke.dueTick % SLOTS === index) {
        // Due in a later round of this same slot.
        this.#slots[index]?.push(spoke);
      }
    }
  }
}
