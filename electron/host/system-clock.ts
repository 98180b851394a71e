/** The computer's own clock and chance, as the ports the core asks for. Timers do not keep the process alive by themselves. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../core/ports.ts';

/** A timer of Node holds no more, and takes what is longer for one millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

export const createSystemClock = (): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer =
        left > LONGEST_MS
          ? setTimeout(() => wait(left - LONGEST_MS), LONGEST_MS)
          : setTimeout(run, left);
      timer.unref();
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
});

/** 48 bits from the system's generator, as a fraction. */
const BITS = 48;

export const createSystemRandom = (): Random => ({
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(BITS / 8).readUIntBE(0, BITS / 8) / 2 ** BITS,
});
