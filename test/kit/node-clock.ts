/**
 * The clock of one computer in a simulated world: it may go wrong, stop while the computer sleeps, and end when the process is killed.
 * While it sleeps no timer fires. On waking, those that fell due by its own monotonic clock fire at once, in their order; where that
 * clock stood still they go on where they were. After `kill` no timer ever fires again, so that whatever a killed process still holds
 * stays silent.
 */
import type { FakeClock } from './fake-clock.ts';

export interface NodeClock {
  now(): number;
  monotonic(): number;
  after(ms: number, run: () => void): () => void;
  /** Sets the wall clock of this computer off the world's by so much. */
  setSkew(ms: number): void;
  sleep(): void;
  wake(): void;
  kill(): void;
  readonly isAsleep: boolean;
  /** No timer is due within so much time. */
  isQuietFor(ms: number): boolean;
}

export interface NodeClockParts {
  readonly world: FakeClock;
  readonly skewMs?: number;
  /** Whether the monotonic clock stands still during sleep (Linux) or runs on (elsewhere). */
  readonly stopsInSleep?: boolean;
}

export function createNodeClock({
  world,
  skewMs = 0,
  stopsInSleep = true,
}: NodeClockParts): NodeClock {
  // Monotonic clocks begin anywhere but at 0.
  const bootedAt = world.monotonic() - 1_000_000;
  let skew = skewMs;
  let slept = 0;
  let asleepSince: number | undefined;
  let isDead = false;
  let late: (() => void)[] = [];
  const dues = new Set<{ readonly due: number }>();
  const monotonic = (): number => {
    const still = asleepSince === undefined || !stopsInSleep ? 0 : world.monotonic() - asleepSince;
    return world.monotonic() - bootedAt - slept - still;
  };
  return {
    now: () => world.now() + skew,
    monotonic,
    after(ms, run) {
      const due = monotonic() + Math.max(0, ms);
      const entry = { due };
      dues.add(entry);
      let isOff = false;
      let cancel: () => void = () => undefined;
      const fire = (): void => {
        if (isOff || isDead) return;
        if (asleepSince !== undefined) return void late.push(fire);
        const early = due - monotonic();
        if (early > 0) {
          cancel = world.after(early, fire);
          return;
        }
        isOff = true;
        dues.delete(entry);
        run();
      };
      cancel = world.after(ms, fire);
      return () => {
        isOff = true;
        dues.delete(entry);
        cancel();
      };
    },
    setSkew(ms) {
      skew = ms;
    },
    sleep() {
      asleepSince ??= world.monotonic();
    },
    wake() {
      if (asleepSince === undefined) return;
      if (stopsInSleep) slept += world.monotonic() - asleepSince;
      asleepSince = undefined;
      const due = late;
      late = [];
      for (const fire of due) world.after(0, fire);
    },
    kill() {
      isDead = true;
      late = [];
    },
    get isAsleep() {
      return asleepSince !== undefined;
    },
    isQuietFor(ms) {
      const until = monotonic() + ms;
      for (const { due } of dues) if (due <= until) return false;
      return true;
    },
  };
}
