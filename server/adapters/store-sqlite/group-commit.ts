/**
 * Group commit. Works that are handed over while a transaction is being made durable wait and share the next one, so a thousand sends
 * cost one fsync. SQLite's commit holds this thread, so "while" means: everything the sockets bring in one turn of the event loop.
 *
 *   idle ──run()──▶ scheduled ──soon()──▶ running group ──▶ idle, or scheduled again if works arrived meanwhile
 *
 * Within a group the works run one after the other, in the order of their arrival. One that throws before it wrote anything fails
 * alone. One that throws after it wrote takes the group's transaction down; then each work runs again in a transaction of its own, so
 * that only the guilty one fails. When the machine fails (disk full …) all fail with `StoreUnavailable`, and the next group finds out
 * by itself whether things are well again.
 */
import { StoreUnavailable, type StoredEvent, type WriteTx } from '../../ports/store.ts';
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

interface Waiting {
  readonly work: (tx: WriteTx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly isDone: true; readonly value: unknown } | { readonly isDone: false; readonly error: unknown };

/** So that one transaction cannot hold the thread for ever when very much arrives at once. */
const MAX_GROUP = 2_000;

export class GroupCommit {
  readonly #parts: GroupCommitParts;
  #queue: Waiting[] = [];
  #isScheduled = false;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  run<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new StoreUnavailable('the store is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Lets what is waiting finish and takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#queue.length > 0 || this.#running) {
      if (this.#running) await this.#running;
      else this.#start();
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running) return;
    this.#isScheduled = true;
    this.#parts.soon(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    if (this.#running || this.#queue.length === 0) return;
    const group = this.#queue.length > MAX_GROUP ? this.#queue.splice(0, MAX_GROUP) : this.#queue;
    if (group === this.#queue) this.#queue = [];
    this.#running = this.#runGroup(group).finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  async #runGroup(group: readonly Waiting[]): Promise<void> {
    const outcomes = await this.#attempt(group);
    if (outcomes === 'apart') {
      for (const one of group) await this.#runGroup([one]);
      return;
    }
    group.forEach((one, index) => {
      const outcome = outcomes[index];
      if (outcome?.isDone) one.resolve(outcome.value);
      else one.reject(outcome?.error);
    });
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
