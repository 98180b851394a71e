/**
 * A clock that stands still until the test moves it, for relay and desktop alike. Timers run in the order of their moment, and in the
 * order in which they were set where the moment is the same. What a timer sets for now or for later runs in its turn, also within one
 * `advance`. Letting promises settle between two timers is the business of `turns.ts`.
 */
export interface FakeClock {
  now(): number;
  monotonic(): number;
  after(ms: number, run: () => void): () => void;
  /** Moves both clocks and runs what falls due on the way, in order. */
  advance(ms: number): void;
  /** Moves both clocks to the next timer and runs that one alone; false when there is none. */
  runNext(): boolean;
  /** When the next timer is due, by the monotonic clock. */
  readonly nextAt: number | undefined;
  /** Sets the wall clock alone, as an administrator or NTP does. */
  setWall(now: number): void;
  /** Timers that have not run and were not cancelled. */
  readonly pending: number;
}

interface Timer {
  readonly at: number;
  readonly id: number;
  run: (() => void) | undefined;
}

export function createFakeClock(start = Date.UTC(2026, 0, 5, 9)): FakeClock {
  let elapsed = 0;
  let offset = start;
  let nextId = 0;
  let pending = 0;
  /** A binary heap; what was cancelled stays in it without its `run` until its turn comes. */
  const heap: Timer[] = [];

  const peek = (): Timer | undefined => {
    for (let top = heap[0]; top; top = heap[0]) {
      if (top.run) return top;
      pop(heap);
    }
    return undefined;
  };
  const runTop = (top: Timer): void => {
    pop(heap);
    elapsed = Math.max(elapsed, top.at);
    const { run } = top;
    top.run = undefined;
    pending--;
    run?.();
  };

  return {
    // Whole milliseconds, as every system has them.
    now: () => Math.floor(offset + elapsed),
    monotonic: () => elapsed,
    after(ms, run) {
      const timer: Timer = { at: elapsed + Math.max(0, ms), id: nextId++, run };
      push(heap, timer);
      pending++;
      return () => {
        if (!timer.run) return;
        timer.run = undefined;
        pending--;
      };
    },
    advance(ms) {
      const until = elapsed + ms;
      for (let top = peek(); top && top.at <= until; top = peek()) runTop(top);
      elapsed = until;
    },
    runNext() {
      const top = peek();
      if (top) runTop(top);
      return top !== undefined;
    },
    get nextAt() {
      return peek()?.at;
    },
    setWall(now) {
      offset = now - elapsed;
    },
    get pending() {
      return pending;
    },
  };
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(timer, heap[parent] as Timer)) break;
    heap[at] = heap[parent] as Timer;
    at = parent;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer))
      child++;
    if (!isBefore(heap[child] as Timer, last)) break;
    heap[at] = heap[child] as Timer;
    at = child;
  }
  heap[at] = last;
}
