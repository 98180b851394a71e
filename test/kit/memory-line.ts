/**
 * One connection of a simulated network, with the manners of TCP: each direction keeps its order, and nothing gets lost but by the
 * line's end. What can happen to it: it is slow, one direction goes dead without a sign (a black hole; the sender's system keeps the
 * bytes and delivers them if the hole closes), it is cut, with either side hearing of it late or never, and with what was under way
 * arriving after the next line is already up.
 */
import type { FakeClock } from './fake-clock.ts';

export interface PipeParts {
  readonly clock: FakeClock;
  readonly delayMs: () => number;
  /** A sleeping computer takes nothing in; its system keeps what arrives. */
  readonly isAsleep: () => boolean;
  readonly onDrained?: () => void;
}

interface Parcel {
  readonly at: number;
  readonly bytes: number;
  readonly arrive: () => void;
}

/** One direction. */
export class Pipe {
  readonly #parts: PipeParts;
  #parcels: Parcel[] = [];
  #lastAt = 0;
  #isHole = false;
  #isGone = false;
  #cancel: (() => void) | undefined;
  #isDelivering = false;

  constructor(parts: PipeParts) {
    this.#parts = parts;
  }

  /** Bytes sent and not yet arrived. */
  get underWay(): number {
    return this.#parcels.reduce((sum, parcel) => sum + parcel.bytes, 0);
  }

  send(bytes: number, arrive: () => void): void {
    if (this.#isGone) return;
    const { clock, delayMs } = this.#parts;
    this.#lastAt = Math.max(this.#lastAt, clock.monotonic() + delayMs());
    this.#parcels.push({ at: this.#lastAt, bytes, arrive });
    this.pump();
  }

  hole(): void {
    this.#isHole = true;
  }

  heal(): void {
    this.#isHole = false;
    this.pump();
  }

  /** What is under way never arrives; nothing more is taken. */
  drop(): void {
    this.#isGone = true;
    this.#cancel?.();
    this.#parcels = [];
  }

  /** Delivers what is due. To be called when the receiver wakes. */
  pump(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const had = this.#parcels.length;
    const { clock, isAsleep } = this.#parts;
    for (
      let next = this.#parcels[0];
      next && !this.#isHole && !isAsleep();
      next = this.#parcels[0]
    ) {
      if (next.at > clock.monotonic()) break;
      this.#parcels.shift();
      next.arrive();
    }
    this.#isDelivering = false;
    this.#cancel?.();
    this.#cancel = undefined;
    const next = this.#parcels[0];
    if (next) {
      // A hole or a sleeper is pumped again when that is over.
      if (!this.#isHole && !isAsleep())
        this.#cancel = clock.after(next.at - clock.monotonic(), () => this.pump());
    } else if (had > 0) {
      this.#parts.onDrained?.();
    }
  }
}

/** How a line ends: after how many milliseconds each side hears of it (null: never), and what becomes of the bytes under way. */
export interface Cut {
  readonly clientHearsMs: number | null;
  readonly relayHearsMs: number | null;
  /** Frames the client had sent arrive at the relay all the same, perhaps after those of its next line. */
  readonly isUpLate: boolean;
}

export interface LineEnds {
  /** Once, when the client's side learns that the line is over. */
  clientHears(code: number): void;
  /** Once, when the relay's side learns that the line is over. */
  relayHears(): void;
}

export interface LineParts {
  readonly clock: FakeClock;
  readonly delayMs: () => number;
  readonly isClientAsleep: () => boolean;
  readonly isRelayAsleep: () => boolean;
  readonly ends: LineEnds;
  readonly onDownDrained: () => void;
}

export class Line {
  readonly up: Pipe;
  readonly down: Pipe;
  readonly #parts: LineParts;
  #isClientOver = false;
  #isRelayOver = false;
  #isCut = false;
  #downLeft = Infinity;
  #upLeft = Infinity;

  constructor(parts: LineParts) {
    this.#parts = parts;
    const { clock, delayMs } = parts;
    this.up = new Pipe({ clock, delayMs, isAsleep: parts.isRelayAsleep });
    this.down = new Pipe({
      clock,
      delayMs,
      isAsleep: parts.isClientAsleep,
      onDrained: parts.onDownDrained,
    });
  }

  /** Neither side has ended it and it was not cut. */
  get isUp(): boolean {
    return !this.#isCut && !this.#isClientOver && !this.#isRelayOver;
  }

  /** Nothing more comes to the client on it. */
  get isSilent(): boolean {
    return this.#isCut || this.#isClientOver;
  }

  /** The line is cut when so many more frames have gone that way. */
  cutAfter(way: 'up' | 'down', frames: number): void {
    if (way === 'up') this.#upLeft = frames;
    else this.#downLeft = frames;
  }

  clientSends(bytes: number, arrive: () => void): void {
    if (this.#isCut || this.#isClientOver) return;
    this.up.send(bytes, () => {
      if (!this.#isRelayOver) arrive();
    });
    if (--this.#upLeft <= 0) this.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
  }

  relaySends(bytes: number, arrive: () => void): void {
    if (this.#isCut || this.#isRelayOver) return;
    this.down.send(bytes, () => {
      if (!this.#isClientOver) arrive();
    });
    if (--this.#downLeft <= 0) this.cut({ clientHearsMs: 0, relayHearsMs: 0, isUpLate: false });
  }

  /** The client ends it at once; what it had sent before still arrives, unless `isReset`. */
  clientEnds(isReset: boolean): void {
    if (this.#isClientOver) return;
    this.#isClientOver = true;
    this.down.drop();
    if (this.#isCut) return;
    if (isReset) this.up.drop();
    this.#tellRelay(isReset);
  }

  /** The relay closes it; what it had sent before arrives first, unless it ends without a word (1006). */
  relayEnds(code: number): void {
    if (this.#isRelayOver) return;
    this.#isRelayOver = true;
    this.up.drop();
    if (this.#isCut) return;
    this.down.send(0, () => this.#clientOver(code));
  }

  cut({ clientHearsMs, relayHearsMs, isUpLate }: Cut): void {
    if (this.#isCut) return;
    this.#isCut = true;
    const { clock } = this.#parts;
    this.down.drop();
    if (!isUpLate) this.up.drop();
    else this.up.heal();
    if (clientHearsMs !== null) clock.after(clientHearsMs, () => this.#clientOver(1006));
    if (relayHearsMs === null) return;
    if (isUpLate) this.up.send(0, () => clock.after(relayHearsMs, () => this.#relayOver()));
    else clock.after(relayHearsMs, () => this.#relayOver());
  }

  /** Either side woke up. */
  pump(): void {
    this.up.pump();
    this.down.pump();
  }

  #tellRelay(isReset: boolean): void {
    const { clock, delayMs } = this.#parts;
    if (isReset) clock.after(delayMs(), () => this.#relayOver());
    else this.up.send(0, () => this.#relayOver());
  }

  #clientOver(code: number): void {
    if (this.#isClientOver) return;
    this.#isClientOver = true;
    this.#parts.ends.clientHears(code);
  }

  #relayOver(): void {
    if (this.#isRelayOver) return;
    this.#isRelayOver = true;
    this.#parts.ends.relayHears();
  }
}
