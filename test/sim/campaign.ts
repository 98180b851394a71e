/**
 * A range of seeds as tests, for `npm test`: `seeds-*.test.ts` share the first hundred between them.
 * `npm run campaign` runs 20,000.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runSeed } from './scenario.ts';
import { makeTemplate, type Template } from './template.ts';

/** Seeds per test: few enough that a line of progress comes every few seconds. */
const AT_ONCE = 25;
const PATIENCE_MS = 300_000;

export function testSeeds(seeds: readonly number[]): void {
  let template: Template;
  beforeAll(async () => {
    template = await makeTemplate();
  });
  afterAll(() => rmSync(template.folder, { recursive: true }));

  for (let at = 0; at < seeds.length; at += AT_ONCE) {
    const some = seeds.slice(at, at + AT_ONCE);
    test(
      `every promise is kept in the seeds ${some[0]} to ${some.at(-1)}`,
      async () => {
        const found: string[] = [];
        for (const seed of some) {
          const { broken } = await runSeed(seed, { template });
          if (broken.length > 0)
            found.push(
              `seed ${seed}, replay with: node test/sim/run.ts --from ${seed}`,
              ...broken.slice(0, 10),
            );
        }
        expect(found).toEqual([]);
      },
      PATIENCE_MS,
    );
  }
}

export const seedsFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => first + index);
