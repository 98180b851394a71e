/**
 * Group commit. Works that are handed over while a transaction is being made durable wait and share the next one, so a thousand sends
 * cost one fsync. SQLite's commit holds this thread, so "while" means: everything the sockets bring in one turn of the event loop.
 *
 * Within a group the works run one after the other, in the order of their arrival. One that throws before it wrote anything fails
 * alone. One that throws after it wrote takes the group's transaction down; then each work runs again in a transaction of its own, so
 * that only the guilty one fails. When the machine fails (disk full …) all fail with `StoreUnavailable`, and the next group finds out
 * by itself whether things are well again.
 */
import type { StoredEvent, WriteTx } from '../../ports/store.ts';
import { answer, CommitQueue, type Outcome, type Waiting } from '../commit-queue.ts';
import { asStoreError, isMachineFault } from './faults.ts';

/** One SQLite transaction at a time, with the writer's memory beside it. */
export interface Transactions {
  readonly tx: WriteTx;
  /** @throws when the store may not be written (now, or by this process any more) */
  begin(): void;
  /** Durable when it returns. @returns the group's events in order */
  commit(): readonly StoredEvent[];
  /** Undoes everything since `begin`, in memory too. Never throws. */
  rollback(): void;
  /** Grows with every write. */
  writeCount(): number;
}

export interface GroupCommitParts {
  readonly transactions: Transactions;
  /** Runs the callback when the current turn's input has been read. */
  readonly soon: (run: () => void) => void;
  readonly onCommitted: (events: readonly StoredEvent[]) => void;
}

/** So that one transaction cannot hold the thread for ever when very much arrives at once. */
const MAX_GROUP = 2_000;

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
    const outcomes = await this.#attempt(group);
    if (outcomes !== 'apart') return answer(group, outcomes);
    for (const one of group) await this.#runGroup([one]);
  }

  async #attempt(group: readonly Waiting[]): Promise<readonly Outcome[] | 'apart'> {
    const { transactions } = this.#parts;
    const outcomes: Outcome[] = [];
    try {
      transactions.begin();
      for (const { work } of group) {
        const before = transactions.writeCount();
        try {
          outcomes.push({ isDone: true, value: await work(transactions.tx) });
        } catch (error) {
          if (isMachineFault(error)) throw error;
          if (transactions.writeCount() !== before) {
            transactions.rollback();
            return group.length > 1 ? 'apart' : [{ isDone: false, error }];
          }
          outcomes.push({ isDone: false, error });
        }
      }
      const events = transactions.commit();
      if (events.length > 0) this.#parts.onCommitted(events);
      return outcomes;
    } catch (error) {
      transactions.rollback();
      const fault = asStoreError(error);
      return group.map(() => ({ isDone: false, error: fault }));
    }
  }
}
