/**
 * The rate limits of the members at this relay. A member has one of each kind, which all of the member's connections
 * and HTTP requests share. Each device (session) has a share in reserve that its other devices cannot use up, so
 * heartbeats and `hello` of one device pass while another one floods.
 */
import type { MemberId, SessionId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { RateLimiter, type Rate } from '../ports/allowance.ts';
import type { Clock } from '../ports/clock.ts';

/** What a device has in reserve, as a part of the member's rate. */
const RESERVED = 0.25;
/** Connections, and frames beyond the limit, that are a flood: this many at once, or one a second for longer. */
const EXCESS: Rate = { perSecond: 1, burst: 300 };
/** A page is answered 5 times a second on average; a desktop that opens a channel asks for a few at once. */
const HISTORY_BURST_SECONDS = 4;
/** Long enough for what the client had sent before it heard of the refusal to arrive, and be refused too: order is kept. */
const MIN_WAIT_MS = 500;
const MINUTE_MS = 60_000;
const HOUR_S = 3_600;

const KINDS = ['frames', 'bytes', 'sends', 'history'] as const;
type Kind = (typeof KINDS)[number];
type ByKind<T> = Readonly<Record<Kind, T>>;

interface Rates {
  readonly common: ByKind<Rate>;
  /** What each device has beyond that. */
  readonly reserved: ByKind<Rate>;
  readonly adds: Rate;
  readonly unknownFramesPerMinute: number;
}

function ratesOf(limits: Limits): Rates {
  const { historyPerSecond, bytesInPerSecond } = limits;
  const common = {
    frames: { perSecond: limits.framesPerSecond, burst: limits.framesBurst },
    bytes: { perSecond: bytesInPerSecond, burst: bytesInPerSecond },
    sends: { perSecond: limits.sendsPerSecond, burst: limits.sendsBurst },
    history: {
      perSecond: historyPerSecond,
      burst: historyPerSecond * HISTORY_BURST_SECONDS,
    },
  };
  return {
    common,
    reserved: byKind((kind) => ({
      perSecond: common[kind].perSecond * RESERVED,
      burst: Math.max(1, common[kind].burst * RESERVED),
    })),
    adds: { perSecond: limits.addsPerHour / HOUR_S, burst: limits.addsBurst },
    unknownFramesPerMinute: limits.unknownFramesPerMinute,
  };
}

const byKind = <T>(make: (kind: Kind) => T): ByKind<T> => ({
  frames: make('frames'),
  bytes: make('bytes'),
  sends: make('sends'),
  history: make('history'),
});
type Limiters = ByKind<RateLimiter>;
const limitersOf = (rates: ByKind<Rate>): Limiters =>
  byKind((kind) => new RateLimiter(rates[kind]));
const areWhole = (limiters: Limiters, now: number): boolean =>
  KINDS.every((kind) => limiters[kind].isWhole(now));

/** All members who sent something lately. */
export class Meters {
  readonly #clock: Clock;
  readonly #rates: Rates;
  readonly #members = new Map<MemberId, MemberMeter>();
  #sweepAt = 0;

  constructor({ clock, limits }: { readonly clock: Clock; readonly limits: Limits }) {
    this.#clock = clock;
    this.#rates = ratesOf(limits);
  }

  /** To be asked for each frame anew: a meter that is whole is forgotten. */
  of(member: MemberId, session: SessionId): Meter {
    const now = this.#clock.monotonic();
    if (now >= this.#sweepAt) this.#sweep(now);
    let meter = this.#members.get(member);
    if (!meter) this.#members.set(member, (meter = new MemberMeter(this.#rates)));
    return meter.of(session);
  }

  /** Members who are kept in mind: for the test of the bound. */
  get size(): number {
    return this.#members.size;
  }

  #sweep(now: number): void {
    this.#sweepAt = now + MINUTE_MS;
    for (const [member, meter] of this.#members)
      if (meter.forgetWhole(now)) this.#members.delete(member);
  }
}

class MemberMeter {
  readonly rates: Rates;
  readonly limiters: Limiters;
  readonly adds: RateLimiter;
  readonly #devices = new Map<SessionId, Meter>();

  constructor(rates: Rates) {
    this.rates = rates;
    this.limiters = limitersOf(rates.common);
    this.adds = new RateLimiter(rates.adds);
  }

  of(session: SessionId): Meter {
    let meter = this.#devices.get(session);
    if (!meter) this.#devices.set(session, (meter = new Meter(this)));
    return meter;
  }

  /** @returns whether nothing is left to be kept in mind */
  forgetWhole(now: number): boolean {
    for (const [session, meter] of this.#devices)
      if (meter.isWhole(now)) this.#devices.delete(session);
    return this.#devices.size === 0 && areWhole(this.limiters, now) && this.adds.isWhole(now);
  }
}

/** One device of a member. */
export class Meter {
  readonly #member: MemberMeter;
  readonly #reserves: Limiters;
  readonly #excess = new RateLimiter(EXCESS);
  #sendsBlockedUntil = 0;
  #unknownSince = 0;
  #unknown = 0;

  constructor(member: MemberMeter) {
    this.#member = member;
    this.#reserves = limitersOf(member.rates.reserved);
  }

  /** @returns 0 when the frame may pass, else how long to wait */
  takeFrame(now: number, bytes: number): number {
    const wait = Math.max(this.#wait('frames', now, 1), this.#wait('bytes', now, bytes));
    if (wait > 0) return Math.max(wait, MIN_WAIT_MS);
    this.#take('frames', now, 1);
    this.#take('bytes', now, bytes);
    return 0;
  }

  /** A change. Once one was refused, all are until the wait is over: none may overtake another. */
  takeSend(now: number): number {
    if (now < this.#sendsBlockedUntil) return this.#sendsBlockedUntil - now;
    const wait = this.#wait('sends', now, 1);
    if (wait > 0) return this.blockSends(now, Math.max(wait, MIN_WAIT_MS));
    this.#take('sends', now, 1);
    return 0;
  }

  blockSends(now: number, wait: number): number {
    this.#sendsBlockedUntil = Math.max(this.#sendsBlockedUntil, now + wait);
    return this.#sendsBlockedUntil - now;
  }

  takeHistory(now: number): number {
    const wait = this.#wait('history', now, 1);
    if (wait === 0) this.#take('history', now, 1);
    return wait;
  }

  /** The member puts `count` people into channels. The wait may be long, and holds up nothing else. */
  takeAdds(now: number, count: number): number {
    const { adds, rates } = this.#member;
    const wait = adds.wait(now, Math.min(count, rates.adds.burst));
    if (wait === 0) adds.take(now, count);
    return wait;
  }

  /** A `hello`, or a frame that should have waited. True when there were too many of these. */
  isFlood(now: number): boolean {
    if (this.#excess.wait(now, 1) > 0) return true;
    this.#excess.take(now, 1);
    return false;
  }

  /** A frame of no known kind. True when there were too many within a minute. */
  isTooUnknown(now: number): boolean {
    if (now - this.#unknownSince >= MINUTE_MS) {
      this.#unknownSince = now;
      this.#unknown = 0;
    }
    return ++this.#unknown >= this.#member.rates.unknownFramesPerMinute;
  }

  isWhole(now: number): boolean {
    return (
      now >= this.#sendsBlockedUntil &&
      now - this.#unknownSince >= MINUTE_MS &&
      this.#excess.isWhole(now) &&
      areWhole(this.#reserves, now)
    );
  }

  /** The member's common rate first; where that is used up, what this device has in reserve. */
  #wait(kind: Kind, now: number, amount: number): number {
    const { rates, limiters } = this.#member;
    const total = limiters[kind];
    const wait = total.wait(now, amount);
    if (wait === 0 || amount > rates.common[kind].burst) return wait;
    // A large frame passes when the reserve is whole, and is waited for afterwards.
    const { burst } = rates.reserved[kind];
    const part = Math.min(amount, burst);
    return Math.min(
      wait,
      Math.max(this.#reserves[kind].wait(now, part), total.wait(now, part, burst)),
    );
  }

  #take(kind: Kind, now: number, amount: number): void {
    const total = this.#member.limiters[kind];
    const own = this.#reserves[kind];
    if (total.wait(now, amount) === 0) own.takeUpTo(now, amount);
    else own.take(now, amount);
    total.take(now, amount);
  }
}
