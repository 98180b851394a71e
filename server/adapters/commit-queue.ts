/**
 * Works that share transactions. What is handed over while a group is under way waits, in the order of its arrival, and is the next one.
 * What a transaction is, and what becomes of a group in which one failed, is each store's own.
 *
 *   idle ──run()──▶ scheduled ──soon()──▶ a group runs ──▶ idle, or scheduled again if works arrived meanwhile
 */
import { StoreUnavailable, type WriteTx } from '../ports/store.ts';

export interface Waiting {
  readonly work: (tx: WriteTx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What one work of a group came to. */
export type Outcome =
  | { readonly isDone: true; readonly value: unknown }
  | { readonly isDone: false; readonly error: unknown };

export interface CommitQueueParts {
  /** Runs the callback when the current turn's input has been read. */
  readonly soon: (run: () => void) => void;
  /** Works that a group may hold. */
  readonly mostPerGroup: number;
  /** Answers each work of the group, by `answer` or by itself. Never rejects. */
  readonly runGroup: (group: readonly Waiting[]) => Promise<void>;
}

export class CommitQueue {
  readonly #parts: CommitQueueParts;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: CommitQueueParts) {
    this.#parts = parts;
  }

  run<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new StoreUnavailable('the store is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Lets what is waiting finish and takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#waiting.length > 0 || this.#running) {
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
    if (this.#running || this.#waiting.length === 0) return;
    const { mostPerGroup, runGroup } = this.#parts;
    const group =
      this.#waiting.length > mostPerGroup ? this.#waiting.splice(0, mostPerGroup) : this.#waiting;
    if (group === this.#waiting) this.#waiting = [];
    this.#running = runGroup(group).finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

/** Each work of the group hears what it came to. @param outcomes  in the group's order */
export function answer(group: readonly Waiting[], outcomes: readonly Outcome[]): void {
  group.forEach((one, index) => {
    const outcome = outcomes[index];
    if (outcome?.isDone) one.resolve(outcome.value);
    else one.reject(outcome?.error);
  });
}
