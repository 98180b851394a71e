/**
 * Storms from the command line.
 *   node test/cluster/campaign.ts --schedules 1000 --seed 1 [--balancer haproxy] [--standby synchronous|asynchronous]
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    schedules: { type: 'string', default: '20' },
    balancer: { type: 'string', default: 'nginx' },
    standby: { type: 'string' },
  },
});
const { broken, messages, blows, healedMs } = await storm({
  seed: Number(values.seed),
  schedules: Number(values.schedules),
  balancer: values.balancer === 'haproxy' ? 'haproxy' : 'nginx',
  standby:
    values.standby === 'synchronous' || values.standby === 'asynchronous'
      ? values.standby
      : undefined,
  log: (line) => console.log(line),
});
const sorted = healedMs.toSorted((a, b) => a - b);
console.log(
  `${messages} messages, ${JSON.stringify(blows)}, whole again after ${sorted[sorted.length >> 1]} ms (median), ${sorted.at(-1)} ms (longest)`,
);
for (const words of broken.slice(0, 40)) console.log(`  ${words}`);
process.exitCode = broken.length > 0 ? 1 : 0;
