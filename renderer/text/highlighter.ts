/**
 * Colours blocks of code in a worker, one at a time, and keeps the results by text. A block that
 * takes too long ends the worker and stays plain, as does every block where no worker may start.
 * Results are kept for blocks that stay plain too.
 */
import { HIGHLIGHT_MS, KEPT_BLOCKS, MOST_FAILED_STARTS, WORKER_START_MS } from './bounds.ts';
import type { FromWorker, HighlightJob, Run } from './runs.ts';

export interface HighlightWorker {
  send(job: HighlightJob): void;
  dispose(): void;
}
export interface WorkerEvents {
  readonly onMessage: (message: FromWorker) => void;
  /** The script was refused, not found or threw. */
  readonly onError: () => void;
}

export interface HighlighterParts {
  /** @throws  where the page may start no worker */
  readonly startWorker: (events: WorkerEvents) => HighlightWorker;
  /** @returns takes the call back */
  readonly after: (ms: number, act: () => void) => () => void;
}

type Result = readonly Run[] | null;

export interface Highlighter {
  /** The kept result; undefined when there is none. */
  peek(job: HighlightJob): Result | undefined;
  /**
   * Calls back once with the runs, or with null for a block that stays plain; not after the
   * returned function was called.
   */
  highlight(job: HighlightJob, onResult: (runs: Result) => void): () => void;
}

interface Waiting {
  readonly job: HighlightJob;
  readonly callbacks: Set<(runs: Result) => void>;
}

const keyOf = ({ code, language }: HighlightJob): string => `${language}\n${code}`;

export function createHighlighter({ startWorker, after }: HighlighterParts): Highlighter {
  const kept = new Map<string, Result>();
  const waiting = new Map<string, Waiting>();
  let worker: HighlightWorker | null = null;
  let state: 'starting' | 'idle' | 'busy' = 'starting';
  let current: string | null = null;
  let failedStarts = 0;
  let stopTimer = (): void => undefined;

  const finish = (key: string, runs: Result): void => {
    const callbacks = waiting.get(key)?.callbacks ?? [];
    waiting.delete(key);
    kept.set(key, runs);
    if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value ?? '');
    for (const callback of callbacks) callback(runs);
  };

  const endWorker = (): void => {
    stopTimer();
    worker?.dispose();
    worker = null;
    state = 'starting';
  };

  const fail = (): void => {
    const wasStarting = state === 'starting';
    if (wasStarting) failedStarts++;
    endWorker();
    const key = current;
    current = null;
    if (key !== null) finish(key, null);
    if (failedStarts < MOST_FAILED_STARTS) return next();
    for (const one of [...waiting.keys()]) finish(one, null);
  };

  const start = (): void => {
    let own: HighlightWorker | null = null;
    const ifOwn = (act: () => void) => (): void => {
      if (own === worker) act();
    };
    stopTimer = after(WORKER_START_MS, ifOwn(fail));
    try {
      own = worker = startWorker({
        onMessage: (message) => ifOwn(() => receive(message))(),
        onError: ifOwn(fail),
      });
    } catch {
      fail();
    }
  };

  const receive = (message: FromWorker): void => {
    stopTimer();
    const wasCurrent = current;
    current = null;
    state = 'idle';
    if (message.type === 'ready') failedStarts = 0;
    else if (wasCurrent !== null) finish(wasCurrent, message.runs);
    next();
  };

  function next(): void {
    const [first] = waiting;
    if (first === undefined || state === 'busy') return;
    if (worker === null) return start();
    if (state !== 'idle') return;
    const [key, { job }] = first;
    state = 'busy';
    current = key;
    stopTimer = after(HIGHLIGHT_MS, fail);
    worker.send(job);
  }

  return {
    peek(job) {
      const key = keyOf(job);
      const runs = kept.get(key);
      if (runs === undefined) return undefined;
      kept.delete(key);
      kept.set(key, runs);
      return runs;
    },
    highlight(job, onResult) {
      const key = keyOf(job);
      const known = kept.get(key);
      if (known !== undefined || failedStarts >= MOST_FAILED_STARTS) {
        onResult(known ?? null);
        return () => undefined;
      }
      const one = waiting.get(key) ?? { job, callbacks: new Set() };
      waiting.set(key, one);
      one.callbacks.add(onResult);
      next();
      return () => {
        one.callbacks.delete(onResult);
        // A block that left the view before its turn is not coloured.
        if (one.callbacks.size === 0 && current !== key && waiting.get(key) === one)
          waiting.delete(key);
      };
    },
  };
}
