/** A clock that stands still until the test moves it, for relay and desktop alike. */
export interface FakeClock {
  now(): number;
  monotonic(): number;
  after(ms: number, run: () => void): () => void;
  /** Moves both clocks and runs what falls due on the way, in order. */
  advance(ms: number): void;
  /** Sets the wall clock alone, as an administrator or NTP does. */
  setWall(now: number): void;
  /** Timers that have not run and were not cancelled. */
  readonly pending: number;
}

export function createFakeClock(start = Date.UTC(2026, 0, 5, 9)): FakeClock {
  let elapsed = 0;
  let offset = start;
  let nextId = 0;
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  return {
    now: () => offset + elapsed,
    monotonic: () => elapsed,
    after(ms, run) {
      const id = nextId++;
      timers.set(id, { at: elapsed + Math.max(0, ms), run });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= until).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (!due) break;
        timers.delete(due[0]);
        elapsed = Math.max(elapsed, due[1].at);
        due[1].run();
      }
      elapsed = until;
    },
    setWall(now) {
      offset = now - elapsed;
    },
    get pending() {
      return timers.size;
    },
  };
}
