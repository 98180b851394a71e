/**
 * What the gateway counts while it works: plain numbers that only grow, read when somebody asks. Counting a message is an addition and
 * costs no look-up, so nothing is ever switched off. Durations are milliseconds.
 */
import { REFUSAL_KINDS, type RefusalKind } from '../../protocol/errors.ts';

/** Why a client that reads too slowly was closed: one queue was too long, it took nothing for too long, all queues together were too long. */
export type SlowReason = 'too-much' | 'stalled' | 'shed';

export class Counts {
  /** Messages handed to the store. */
  posts = 0;
  /** Changes acknowledged: messages and all others. */
  acks = 0;
  readonly refusals = zeros(REFUSAL_KINDS);
  /** From the arrival of a change to the moment at which it was durable. */
  readonly commit = new Buckets();
  /** From the moment at which a commit was heard of to the write to the last socket of this node. */
  readonly fanOut = new Buckets();
  /** Clients that were brought up to now after their welcome. */
  catchUps = 0;
  /** Pages that were sent for that, and to those who had fallen behind. */
  pages = 0;
  /** Times that a client fell behind and was answered from the store instead of being pushed to. */
  behind = 0;
  readonly slow = zeros<SlowReason>(['too-much', 'stalled', 'shed']);
  /** Sockets that became connections. */
  accepts = 0;
  /** Upgrades that were refused, by the status of the answer. */
  readonly upgradesRefused = new Map<number, number>();
  /** Connections closed before they showed a token, because there were too many. */
  doorFull = 0;
  /** Upgrades told to come back a little later, because too many came at once; among `upgradesRefused` too. */
  sentAway = 0;
  /** Requests refused with 429, because their network or session made too many. */
  requestsLimited = 0;

  upgradeRefused(status: number): void {
    this.upgradesRefused.set(status, (this.upgradesRefused.get(status) ?? 0) + 1);
  }
}

/** Upper ends in milliseconds, inclusive; what is longer than all of them falls into one more. */
const ENDS: readonly number[] = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000,
];

/** How long something took, sorted into buckets of fixed width. */
export class Buckets {
  readonly ends = ENDS;
  /** How many fell into each bucket, one more than there are ends. */
  readonly each = new Float64Array(ENDS.length + 1);
  sum = 0;

  observe(ms: number): void {
    let at = 0;
    while (at < ENDS.length && ms > (ENDS[at] ?? 0)) at++;
    this.each[at] = (this.each[at] ?? 0) + 1;
    this.sum += ms;
  }

  get count(): number {
    return this.each.reduce((sum, one) => sum + one, 0);
  }
}

function zeros<Name extends RefusalKind | SlowReason>(
  names: readonly Name[],
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}
