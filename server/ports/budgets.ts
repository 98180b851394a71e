/**
 * Budgets: how often something may be done, counted over all nodes of the team. A budget comes back evenly; it is made by the first who
 * asks for it, and forgotten when it is whole again.
 *
 * What every adapter guarantees:
 * - Of the budgets of one `take` either all give one or none does, also while several nodes ask.
 * - Nothing rejects, and nothing waits for longer than `budgetAnswerMs`. While the other nodes cannot be asked this node counts alone: it then
 *   lets through what one node may, never everything, and never nobody.
 * - What this node has let through is held against it even if all else is forgotten.
 * - Names do not leave the node in clear.
 */
export interface Budget {
  /** Whose, and of what: `address 10.0.0.7`. */
  readonly name: string;
  readonly perSecond: number;
  /** So much at once, when it is whole. At least 1. */
  readonly burst: number;
}

export type Taken =
  { readonly isTaken: true } | { readonly isTaken: false; readonly retryAfterMs: number };

export interface Budgets {
  /** `degraded`: this node counts alone. */
  readonly state: 'well' | 'degraded';
  /** One from each, or from none and how long to wait. */
  take(budgets: readonly Budget[]): Promise<Taken>;
  /** One to each: it was taken for nothing. May be lost. */
  giveBack(budgets: readonly Budget[]): void;
  /** Remembers a name for so long. May be lost. */
  remember(name: string, forMs: number): void;
  knows(name: string): Promise<boolean>;
  close(): Promise<void>;
}
