// A seed that gave another run each time could be neither replayed nor believed.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testSeeds } from './campaign.ts';
import { runSeed } from './scenario.ts';
import { makeTemplate, type Template } from './template.ts';

let template: Template;
beforeAll(async () => {
  template = await makeTemplate();
});
afterAll(() => rmSync(template.folder, { recursive: true }));

test.each([1, 2, 3, 4, 5])(
  'seed %i is the same run every time, over a team that was made anew',
  async (seed) => {
    const first = await runSeed(seed, { template });
    const anew = await makeTemplate();
    const second = await runSeed(seed, { template: anew });
    rmSync(anew.folder, { recursive: true });
    expect(second.history).toBe(first.history);
    expect(second.print).toBe(first.print);
  },
);

test('two seeds are two runs', async () => {
  const [one, other] = [await runSeed(6, { template }), await runSeed(11, { template })];
  expect(one.print).not.toBe(other.print);
});

/** Found something once. What they found is told by hand in `stories.test.ts`. */
const KNOWN = [360, 372, 477, 499, 1004, 1446, 20452];
testSeeds(KNOWN);
