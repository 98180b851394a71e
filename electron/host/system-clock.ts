/** The computer's own clock and chance, as the ports the core asks for. Timers do not keep the process alive by themselves. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../core/ports.ts';

export const createSystemClock = (): Clock => ({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
});

/** 48 bits from the system's generator, as a fraction. */
const BITS = 48;

export const createSystemRandom = (): Random => ({
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(BITS / 8).readUIntBE(0, BITS / 8) / 2 ** BITS,
});
