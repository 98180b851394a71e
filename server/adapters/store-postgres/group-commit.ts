/**
 * Group commit over a server. Works that are handed over while a transaction is under way wait and share the next one, so a thousand sends
 * cost one commit and a handful of ways to the server and back.
 *
 *   idle ──run()──▶ scheduled ──soon()──▶ attempt ──▶ told and answered ──▶ idle, or scheduled again if works arrived meanwhile
 *                                          │  ▲ others were in the way: all of it again, some times
 *                                          │  └──────────────────────────┘
 *                                          └─ a work failed after it had written: each once more, in a transaction of its own
 *
 * A work that throws before it wrote anything fails alone. When the server cannot be reached all fail with `StoreUnavailable`; when it went
 * in the middle of a commit, what became of it is found out first, for as long as that makes sense.
 */
import type pg from 'pg';
import type { Epoch } from '../../../protocol/ids.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import { StoreUnavailable, type StoredEvent, type WriteTx } from '../../ports/store.ts';
import { answer, CommitQueue, type Outcome, type Waiting } from '../commit-queue.ts';
import { asStoreError, BecameReadOnly, Contended, InDoubt } from './faults.ts';
import { Transaction } from './transaction.ts';
import { PostgresTx } from './tx.ts';

export type Verdict = 'committed' | 'not committed' | 'unknown';

export interface GroupCommitParts {
  /** The connection for writing. @throws StoreUnavailable while there is none */
  readonly client: () => pg.Client;
  readonly clock: Clock;
  readonly random: Random;
  /** Runs the callback when the current turn's input has been read. */
  readonly soon: (run: () => void) => void;
  readonly onCommitted: (events: readonly StoredEvent[]) => void;
  /** Called with each transaction's view of the epoch. */
  readonly onEpoch: (epoch: Epoch) => void;
  /** The connection leads to a server that takes no writes any more. */
  readonly onReadOnly: () => void;
  /** Finds out what became of a commit whose answer was lost. */
  readonly verdict: (traces: Transaction['traces']) => Promise<Verdict>;
}

type Attempt =
  | { readonly kind: 'ended'; readonly outcomes: readonly Outcome[] }
  /** Somebody in the group fails it for all. */
  | { readonly kind: 'spoiled'; readonly error: unknown }
  | { readonly kind: 'contended'; readonly error: unknown };

/** So that locks are not held for long when very much arrives at once. With 500 a delivery costs a quarter more than with 2,000, with 1,000 hardly. */
const MAX_GROUP = 1_000;
const MAX_TRIES = 8;
const STEP_BACK_MS = 4;

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  readonly #queue: CommitQueue;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
    this.#queue = new CommitQueue({
      soon: parts.soon,
      mostPerGroup: MAX_GROUP,
      runGroup: (group) => this.#runGroup(group),
    });
  }

  run<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    return this.#queue.run(work);
  }

  /** Lets what is waiting finish and takes nothing more. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #runGroup(group: readonly Waiting[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      const attempt = await this.#attempt(group);
      if (attempt.kind === 'ended') return answer(group, attempt.outcomes);
      if (attempt.kind === 'contended' && tries < MAX_TRIES) {
        await this.#stepBack(tries);
        continue;
      }
      if (group.length > 1) {
        for (const one of group) await this.#runGroup([one]);
        return;
      }
      const { error } = attempt;
      group[0]?.reject(error instanceof Contended ? new StoreUnavailable(error.message) : error);
      return;
    }
  }

  /** Whoever was in the way goes first: without a pause we could be back at the lock before they have taken it. */
  #stepBack(tries: number): Promise<void> {
    const { clock, random } = this.#parts;
    return new Promise((resolve) =>
      clock.after(STEP_BACK_MS * tries * (0.5 + random.fraction()), resolve),
    );
  }

  async #attempt(group: readonly Waiting[]): Promise<Attempt> {
    const { client, clock, onEpoch } = this.#parts;
    const turns = group.map(() => new Turn());
    const outcomes: Outcome[] = [];
    let transaction: Transaction | undefined;
    try {
      const shared = (transaction = new Transaction({ client: client(), clock }));
      const works = group.map(({ work }, i) =>
        start(work, new PostgresTx(shared, (turns[i] as Turn).come)),
      );
      await shared.begin();
      for (const [i, { tx, outcome }] of works.entries()) {
        turns[i]?.give();
        const ended = await outcome;
        if (shared.fault !== undefined) throw shared.fault;
        if (!ended.isDone && tx.hasWritten)
          throw new Spoiled('a work failed after it had written', { cause: ended.error });
        outcomes.push(ended);
      }
      this.#tell(await shared.commit());
      if (shared.epoch !== undefined) onEpoch(shared.epoch);
      return { kind: 'ended', outcomes };
    } catch (error) {
      if (error instanceof InDoubt && transaction) return await this.#settle(transaction, outcomes);
      await transaction?.rollback();
      if (asStoreError(error) instanceof BecameReadOnly) this.#parts.onReadOnly();
      return failed(group, error);
    } finally {
      for (const turn of turns) turn.withdraw();
    }
  }

  /** The answer to a commit was lost. */
  async #settle({ traces }: Transaction, outcomes: readonly Outcome[]): Promise<Attempt> {
    const verdict = await this.#parts.verdict(traces);
    if (verdict === 'committed') {
      this.#tell(traces.events);
      return { kind: 'ended', outcomes };
    }
    // Where it is unknown and happened all the same, the sender is told so when it comes again, and everybody else when the heads are
    // looked at after the reconnection.
    const error = new StoreUnavailable(
      `the store went away in the middle of a commit (${verdict})`,
    );
    return { kind: 'ended', outcomes: outcomes.map(() => ({ isDone: false, error })) };
  }

  #tell(events: readonly StoredEvent[]): void {
    if (events.length > 0) this.#parts.onCommitted(events);
  }
}

/** One work's failure takes back what all of the group wrote. */
class Spoiled extends Error {
  override readonly name = 'Spoiled';
}

function failed(group: readonly Waiting[], error: unknown): Attempt {
  if (error instanceof Spoiled) return { kind: 'spoiled', error: error.cause };
  const fault = asStoreError(error);
  if (fault instanceof Contended) return { kind: 'contended', error: fault };
  if (fault instanceof StoreUnavailable)
    return { kind: 'ended', outcomes: group.map(() => ({ isDone: false, error: fault })) };
  return { kind: 'spoiled', error: fault };
}

/** When a work may go on. */
class Turn {
  readonly #turn = Promise.withResolvers<void>();
  #hasCome = false;

  constructor() {
    // A work that has not asked anything yet need not hear that there is no turn.
    this.#turn.promise.catch(() => undefined);
  }

  get come(): Promise<void> {
    return this.#turn.promise;
  }

  give(): void {
    this.#hasCome = true;
    this.#turn.resolve();
  }

  /** There will be none, unless there was. */
  withdraw(): void {
    // An error is dear, and mostly each of them has had its turn.
    if (!this.#hasCome) this.#turn.reject(new StoreUnavailable('the transaction was given up'));
  }
}

/** Sets a work going. What it comes to is never thrown, so that nobody has to be listening yet. */
function start(
  work: Waiting['work'],
  tx: PostgresTx,
): { readonly tx: PostgresTx; readonly outcome: Promise<Outcome> } {
  const run = async (): Promise<Outcome> => {
    try {
      return { isDone: true, value: await work(tx) };
    } catch (error) {
      return { isDone: false, error };
    }
  };
  return { tx, outcome: run() };
}
