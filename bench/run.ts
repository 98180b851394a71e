/**
 * `npm run bench`: puts every question of this folder and prints its tables, with all figures beside something else measured in the
 * same run. `--quick` is a look of a few minutes, `--only a,b` a part; the full run is what docs/PERFORMANCE.md quotes. Writes
 * everything it measured to .cache/bench/. Fails when a delivery was missing, doubled or out of order; an aim that was missed is said,
 * not failed, since another machine has other figures.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMet, type Aim } from './kit/question.ts';
import { canPin } from './kit/remote.ts';
import { figure, tableText } from './kit/table.ts';
import { QUESTIONS } from './questions.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const names = values.only?.split(',') ?? QUESTIONS.map(({ name }) => name);
const unknown = names.filter((name) => !QUESTIONS.some((question) => question.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no question ${unknown.join(', ')}. The questions are: ${QUESTIONS.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(1);
}

const machine = {
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: process.platform,
  node: process.version,
  isPinned: canPin,
};
console.log(
  `${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}, loopback.`,
);
if (!canPin)
  console.log('No taskset here: server and load share all cores, and only ratios mean something.');
if (values.quick)
  console.log('Quick: one short repetition each. Figures of a quick run are not to be quoted.');

const folder = join(import.meta.dirname, '../.cache/bench');
mkdirSync(folder, { recursive: true });
const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
const verdict = (aim: Aim): string =>
  isMet(aim, aim.moonshot) ? 'moonshot' : isMet(aim, aim.accept) ? 'accepted' : 'missed';
const aims: Aim[] = [];
const wrongs: string[] = [];

for (const question of QUESTIONS.filter(({ name }) => names.includes(name))) {
  console.log(`\n== ${question.name}: ${question.asks}`);
  const answer = await question.answer({
    isQuick: values.quick,
    log: (line) => console.log(`   ${line}`),
  });
  for (const table of answer.tables) console.log(tableText(table));
  aims.push(...answer.aims);
  wrongs.push(...answer.wrongs);
  const { raw, tables } = answer;
  writeFileSync(
    join(folder, `${stamp}-${question.name}.json`),
    JSON.stringify({ machine, isQuick: values.quick, tables, raw }, null, 1),
  );
}

const rows = aims.map((aim) => [
  `${aim.id} ${aim.what}`,
  figure(aim.measured),
  figure(aim.accept),
  figure(aim.moonshot),
  verdict(aim),
]);
console.log(
  tableText({
    title: 'Aims',
    columns: ['what', 'measured', 'accept', 'moonshot', ''],
    rows,
    notes: [],
  }),
);
for (const wrong of wrongs) console.error(`WRONG ${wrong}`);
console.log(
  wrongs.length === 0 ? '\nEvery delivery arrived once and in order.' : `\n${wrongs.length} wrong.`,
);
process.exitCode = wrongs.length === 0 ? 0 : 1;
