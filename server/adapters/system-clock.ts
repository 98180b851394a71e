/** The clock and the dice of the real world, and what this process has cost it. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../ports/clock.ts';

/** A timer of Node holds no more, and takes what is longer for one millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer =
        left > LONGEST_MS
          ? setTimeout(() => wait(left - LONGEST_MS), LONGEST_MS)
          : setTimeout(run, left);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random(),
};

/** Processor time of all threads since the start. */
export const processCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1_000);
};
