/** What a process has used, read inside it: CPU time of all its threads, and memory. */
import { performance } from 'node:perf_hooks';

export interface Usage {
  readonly at: number;
  readonly cpuUs: number;
  readonly userUs: number;
  readonly systemUs: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers outside the JavaScript heap. */
  readonly external: number;
}

declare const gc: ((options?: { type: 'major' }) => void) | undefined;

export function usageNow(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return {
    at: performance.now(),
    cpuUs: user + system,
    userUs: user,
    systemUs: system,
    rss,
    heapUsed,
    external,
  };
}

/** Memory at rest: after full collections, so that what is counted is what is held. Every contestant is measured so. */
export async function usageAtRest(): Promise<Usage> {
  for (let round = 0; round < 3; round++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return usageNow();
}

export interface Spent {
  readonly cpuUs: number;
  readonly tookMs: number;
  /** Share of one core, 0 to 1. */
  readonly share: number;
}

export function spentBetween(before: Usage, after: Usage): Spent {
  const cpuUs = after.cpuUs - before.cpuUs;
  const tookMs = after.at - before.at;
  return { cpuUs, tookMs, share: cpuUs / 1000 / tookMs };
}
