/**
 * Rounds of killing from the command line.
 *   node test/system/run.ts --rounds 100 --from 1    a campaign
 *   node test/system/run.ts --from 17                one round; the blows fall at the same messages, the machine decides the rest
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { killRound } from './kill-round.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    from: { type: 'string', default: '1' },
    messages: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '50' },
  },
});
let bad = 0;
for (let seed = Number(values.from); seed < Number(values.from) + Number(values.rounds); seed++) {
  const round = await killRound({
    seed,
    messages: Number(values.messages),
    kills: Number(values.kills),
  });
  console.log(
    `round ${seed}: ${round.messages} messages, killed ${JSON.stringify(round.kills)}, ${round.seconds} s, ${round.broken.length} broken`,
  );
  if (round.broken.length === 0) continue;
  bad++;
  for (const words of round.broken.slice(0, 20)) console.log(`  ${words}`);
  console.log(`  replay: node test/system/run.ts --from ${seed}`);
}
process.exitCode = bad > 0 ? 1 : 0;
