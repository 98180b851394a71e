/**
 * Turns of the event loop that a simulation decides. What the parts put off until "the current input has been read" (`soon`) waits here
 * instead of in `setImmediate`. Work that runs outside this thread (a signature in the thread pool) is waited for before anything else
 * goes on, and its results are handed on in the order in which they were asked for, so that one seed always gives one history.
 */
export interface Turns {
  /** For the `soon` of the store and of the relay's core. */
  readonly soon: (run: () => void) => void;
  /** Answers what `work` answers, in its turn. Nothing else goes on meanwhile. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Counts work that needs turns itself, and time outside this thread of which nobody tells: nothing is settled before it is done. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when nothing more happens without time moving. */
  settle(): Promise<void>;
}

interface Held {
  readonly isThere: Promise<unknown>;
  readonly release: () => void;
}

export function createTurns(): Turns {
  const waiting: (() => void)[] = [];
  const held: Held[] = [];
  const tracked = new Set<Promise<unknown>>();
  let wake: () => void = () => undefined;
  return {
    soon: (run) => {
      waiting.push(run);
      wake();
    },
    hold: (work) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const isThere = work.then(
        () => undefined,
        () => undefined,
      );
      held.push({ isThere, release: () => resolve(undefined) });
      wake();
      return promise.then(() => work);
    },
    track: (work) => {
      const settled = work.then(
        () => void tracked.delete(settled),
        () => void tracked.delete(settled),
      );
      tracked.add(settled);
      return work;
    },
    async settle() {
      for (;;) {
        // Between two macrotasks every microtask runs to its end.
        await macrotask();
        const first = held.shift();
        if (first) {
          await first.isThere;
          first.release();
          continue;
        }
        const next = waiting.shift();
        if (next) next();
        else if (tracked.size === 0) return;
        else await Promise.race([...tracked, new Promise<void>((resolve) => (wake = resolve))]);
      }
    },
  };
}

const macrotask = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Lets `turns` hold what WebCrypto signs and verifies in the thread pool. @returns a function that gives WebCrypto back */
export function holdCrypto(turns: Turns): () => void {
  const { subtle } = globalThis.crypto;
  const { sign, verify } = subtle;
  subtle.sign = (...asked) => turns.hold(sign.apply(subtle, asked));
  subtle.verify = (...asked) => turns.hold(verify.apply(subtle, asked));
  return () => void Object.assign(subtle, { sign, verify });
}
