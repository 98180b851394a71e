// The campaign's own test: each fault that is planted has to be found within a number of seeds, and an honest team passes the same ones.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PLANTS } from './plants.ts';
import { runSeed } from './scenario.ts';
import { makeTemplate, type Template } from './template.ts';

/** No fault may hide for longer. */
const SEEDS = 25;
const FROM = 1;

let template: Template;
beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => rmSync(template.folder, { recursive: true }));

test.each(Object.entries(PLANTS))('%s: found', async (name, plant) => {
  for (let seed = FROM; seed < FROM + SEEDS; seed++) {
    const { broken } = await runSeed(seed, { template, plant: plant() });
    if (broken.length === 0) continue;
    if (process.env['PLANTS'] !== undefined)
      console.log(`${name}: seed ${seed}: ${broken[0]?.slice(0, 200)}`);
    return;
  }
  expect.fail(`not found in ${SEEDS} seeds`);
});
