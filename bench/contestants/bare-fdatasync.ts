/** The floor under every durable acknowledgement: one small append and one fdatasync, again and again, with nothing around them. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { answer } from '../kit/remote.ts';
import { DelayHistogram, type DelaySummary } from '../kit/stats.ts';

export interface Syncing {
  readonly folder: string;
  readonly bytes: number;
  readonly ms: number;
}

answer({
  sync({ folder, bytes, ms }: Syncing): DelaySummary {
    const file = openSync(join(folder, 'log'), 'a');
    const row = Buffer.alloc(bytes, 'x');
    const delays = new DelayHistogram();
    const until = performance.now() + ms;
    for (let at = performance.now(); at < until; at = performance.now()) {
      writeSync(file, row);
      fdatasyncSync(file);
      delays.record((performance.now() - at) * 1000);
    }
    closeSync(file);
    return delays.summary();
  },
});
