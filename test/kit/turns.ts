/**
 * Turns of the event loop that a simulation decides. What the parts put off until "the current input has been read" (`soon`) waits here
 * instead of in `setImmediate`, and work that runs outside JavaScript (a signature in the thread pool) is waited for before time moves,
 * so that one seed always gives one history.
 */
export interface Turns {
  /** For the `soon` of the store and of the relay's core. */
  readonly soon: (run: () => void) => void;
  /** Counts a promise that is fulfilled from outside this thread: nothing settles before it does. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing more happens without time moving. */
  settle(): Promise<void>;
}

export function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  const outside = new Set<Promise<unknown>>();
  return {
    soon: (run) => void waiting.push(run),
    track(work) {
      const settled = work.then(
        () => void outside.delete(settled),
        () => void outside.delete(settled),
      );
      outside.add(settled);
      return work;
    },
    async settle() {
      for (;;) {
        // Between two macrotasks every microtask runs to its end.
        await macrotask();
        const next = waiting.shift();
        if (next) next();
        else if (outside.size > 0) await Promise.race(outside);
        else return;
      }
    },
  };
}

const macrotask = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
