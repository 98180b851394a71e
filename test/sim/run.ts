/**
 * Campaigns from the command line, one process per core. Every violation prints the one command that replays it.
 *   node test/sim/run.ts --seeds 100000 --from 1      a campaign
 *   node test/sim/run.ts --from 4711 --keep history   one seed, with its history written to a file
 *   node test/sim/run.ts --from 4711 --trace          one seed, with everything that happens
 */
import { fork } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runSeed, type Outcome } from './scenario.ts';
import { makeTemplate } from './template.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string' },
    keep: { type: 'string' },
    trace: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
    step: { type: 'string', default: '1' },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);

if (values.worker) await work();
else process.exitCode = await lead();

async function work(): Promise<void> {
  const template = await makeTemplate();
  try {
    for (let seed = from; seed < from + seeds; seed += Number(values.step)) {
      const outcome = await runSeed(seed, {
        template,
        ...(values.trace ? { trace: console.log } : {}),
      });
      const isKept = values.keep !== undefined && (seeds === 1 || outcome.broken.length > 0);
      if (isKept) writeFileSync(`${values.keep}-${seed}.jsonl`, outcome.history);
      await new Promise<void>(
        (resolve) => void process.send?.({ ...outcome, history: '' }, () => resolve()),
      );
    }
  } finally {
    rmSync(template.folder, { recursive: true, force: true });
  }
  process.disconnect();
}

async function lead(): Promise<number> {
  const workers = Math.min(seeds, Number(values.workers ?? availableParallelism()));
  const began = performance.now();
  let [done, simulatedMs, events] = [0, 0, 0];
  const bad: number[] = [];
  const take = (outcome: Outcome): void => {
    done++;
    simulatedMs += outcome.simulatedMs;
    events += outcome.events;
    if (seeds === 1)
      console.log(
        `seed ${outcome.seed}: ${outcome.print}, ${Math.round(outcome.simulatedMs / 1_000)} s simulated, ${outcome.events} moments`,
      );
    else if (done % 1_000 === 0) console.log(`${done} of ${seeds}, ${bad.length} broken`);
    if (outcome.broken.length === 0) return;
    bad.push(outcome.seed);
    console.log(`\nseed ${outcome.seed} broke ${outcome.broken.length} promises:`);
    for (const words of outcome.broken.slice(0, 12)) console.log(`  ${words}`);
    console.log(`  replay: node test/sim/run.ts --from ${outcome.seed}`);
  };
  const runs = Array.from({ length: workers }, (_, index) => {
    const args = [
      '--worker',
      '--from',
      String(from + index),
      '--seeds',
      String(seeds - index),
      '--step',
      String(workers),
    ];
    const child = fork(fileURLToPath(import.meta.url), [
      ...args,
      ...(values.keep === undefined ? [] : ['--keep', values.keep]),
      ...(values.trace ? ['--trace'] : []),
    ]);
    child.on('message', (outcome) => take(outcome as Outcome));
    return new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  });
  const codes = await Promise.all(runs);
  const seconds = (performance.now() - began) / 1_000;
  const days = simulatedMs / 86_400_000;
  console.log(
    `${done} seeds in ${seconds.toFixed(1)} s: ${days.toFixed(2)} simulated days, ${events} moments, ${bad.length} broken`,
  );
  if (done < seeds) console.log(`a worker ended early (${codes.join(', ')})`);
  return bad.length > 0 || done < seeds ? 1 : 0;
}
