/**
 * What a member says counts for the whole team: with lines to several relays they may say no more than with one. No message waits for
 * that. A relay lets through what it knows to be allowed, says a moment later how much that was, hears how much it was at all relays, and
 * gives the less until it is made up for.
 *
 * So of N relays each lets through a burst, and what comes back until it has heard of the others; what was too much of it is waited for. Over
 * a longer time a member says what one relay would let them say.
 */
import type { MemberId } from '../../protocol/ids.ts';
import type { Limits } from '../../protocol/limits.ts';
import { after, waitFor } from '../ports/allowance.ts';
import type { Budget, Budgets } from '../ports/budgets.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { background } from './background.ts';

export interface TeamMetersParts {
  readonly budgets: Pick<Budgets, 'settle'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, Rates | 'settleEveryMs'>;
  readonly log: Log;
}

type Rates =
  'sendsPerSecond' | 'sendsBurst' | 'framesPerSecond' | 'framesBurst' | 'bytesInPerSecond';

/** Changes over any line; frames, and their bytes, over requests: those of a line are its relay's business. */
const KINDS = ['sends', 'frames', 'bytes'] as const;
export type Said = (typeof KINDS)[number];

interface Count {
  readonly budget: Budget;
  wholeAt: number;
  /** What the others were not told, and since when. */
  said: number;
  since: number;
}

/** One member's, as far as this relay knows. */
export class TeamMeter {
  readonly #counts: Readonly<Record<Said, Count>>;
  readonly #onSaid: () => void;

  constructor(member: MemberId, limits: TeamMetersParts['limits'], onSaid: () => void) {
    const count = (kind: Said, perSecond: number, burst: number): Count => ({
      budget: { name: `${kind} of ${member}`, perSecond, burst },
      wholeAt: 0,
      said: 0,
      since: 0,
    });
    this.#counts = {
      sends: count('sends', limits.sendsPerSecond, limits.sendsBurst),
      frames: count('frames', limits.framesPerSecond, limits.framesBurst),
      bytes: count('bytes', limits.bytesInPerSecond, limits.bytesInPerSecond),
    };
    this.#onSaid = onSaid;
  }

  /** @returns 0 when it may be said, else how long to wait */
  wait(kind: Said, now: number, amount: number): number {
    const { budget, wholeAt } = this.#counts[kind];
    return waitFor(wholeAt, now, amount, budget.perSecond, budget.burst);
  }

  note(kind: Said, now: number, amount: number): void {
    const count = this.#counts[kind];
    count.wholeAt = after(count.wholeAt, now, amount, count.budget.perSecond);
    if (count.said === 0) count.since = now;
    count.said += amount;
    this.#onSaid();
  }

  /** What the others do not know yet. */
  *unsettled(): Iterable<Count> {
    for (const kind of KINDS) if (this.#counts[kind].said > 0) yield this.#counts[kind];
  }

  isWhole(now: number): boolean {
    return KINDS.every((kind) => this.#counts[kind].wholeAt <= now);
  }
}

export class TeamMeters {
  readonly #parts: TeamMetersParts;
  readonly #meters = new Map<MemberId, TeamMeter>();
  #cancel: (() => void) | undefined;
  #isDisposed = false;

  constructor(parts: TeamMetersParts) {
    this.#parts = parts;
  }

  of(member: MemberId): TeamMeter {
    let meter = this.#meters.get(member);
    if (!meter)
      this.#meters.set(
        member,
        (meter = new TeamMeter(member, this.#parts.limits, () => this.#plan())),
      );
    return meter;
  }

  /** Members who said something lately: for the test of the bound. */
  get size(): number {
    return this.#meters.size;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancel?.();
  }

  #plan(): void {
    if (this.#cancel || this.#isDisposed) return;
    const { clock, limits, log } = this.#parts;
    this.#cancel = clock.after(limits.settleEveryMs, () =>
      background(this.#settle(), log, 'settle'),
    );
  }

  async #settle(): Promise<void> {
    const { budgets, clock } = this.#parts;
    const from = clock.monotonic();
    const counts = [...this.#meters.values()].flatMap((meter) => [...meter.unsettled()]);
    if (counts.length > 0) {
      const uses = counts.map(({ budget, said, since }) => ({
        budget,
        amount: said,
        overMs: from - since,
      }));
      for (const count of counts) count.said = 0;
      const levels = await budgets.settle(uses);
      const now = clock.monotonic();
      for (const [at, count] of counts.entries()) {
        // What was said while the answer was on its way is not in it.
        const wholeAt = after(now + (levels[at] ?? 0), now, count.said, count.budget.perSecond);
        count.wholeAt = Math.max(count.wholeAt, wholeAt);
      }
    }
    const now = clock.monotonic();
    for (const [member, meter] of this.#meters) if (meter.isWhole(now)) this.#meters.delete(member);
    this.#cancel = undefined;
    if (this.#meters.size > 0) this.#plan();
  }
}
