/**
 * The arrows between rooms, tested from both sides. `planted/arrows/<room>/refused.ts` holds one bad import a line, each with
 * its words; it is linted as if it stood in that room and has to be refused by the rule of the rooms, alone. The lines of
 * `allowed.ts` have to pass, or the fence would be a wall.
 */
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test, vi } from 'vitest';
import { OBSERVERS, ROOMS, roomOf } from '../../build/lint/rooms.ts';
import { ROOT } from '../../build/scripts/run.ts';
import { plantedLines } from './planted-lines.ts';

// The first case of a kind reads the compiler's libraries or the lint's plugins; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

// What is planted is on no disk, so the rules that need types step aside; the arrows need none.
const eslint = new ESLint({
  cwd: ROOT,
  overrideConfig: [{ files: ['**/*.ts', '**/*.tsx'], ...tseslint.configs.disableTypeChecked }],
  ruleFilter: ({ ruleId }) => ruleId === 'house/rooms',
});

/** What the lint says of one line standing in a room. A row that is one file is planted as that file. */
async function refusalsOf(line: string, at: string): Promise<readonly string[]> {
  const filePath = join(ROOT, at.endsWith('.ts') ? at : join(at, 'planted.ts'));
  const results = await eslint.lintText(`${line}\n`, { filePath });
  return results
    .flatMap((result) => result.messages)
    .map((message) => `${message.ruleId ?? 'broken'}: ${message.message}`);
}

const plantedIn = (at: string): string => `arrows/${at.replace(/\.ts$/, '')}`;

describe.each(ROOMS)('$at', ({ at }) => {
  test('has its fences tested from both sides', () => {
    expect(plantedLines(plantedIn(at), 'refused').length).toBeGreaterThan(0);
    expect(plantedLines(plantedIn(at), 'allowed').length).toBeGreaterThan(0);
  });

  test.each(plantedLines(plantedIn(at), 'refused'))('may not import $words', async ({ line }) => {
    expect(await refusalsOf(line, at)).toEqual([
      expect.stringMatching(`^house/rooms: ${at} may not import `),
    ]);
  });

  test.each(plantedLines(plantedIn(at), 'allowed'))('may import $words', async ({ line }) => {
    expect(await refusalsOf(line, at)).toEqual([]);
  });
});

describe('what stands outside the rooms', () => {
  test.each(OBSERVERS)('%s may look into every room', async (observer) => {
    expect(roomOf(`${observer}/planted.ts`)).toBeUndefined();
    expect(
      await refusalsOf("import '../server/adapters/store-sqlite/store.ts';", observer),
    ).toEqual([]);
  });

  test('a test beside its file may look anywhere', async () => {
    expect(
      await refusalsOf("import '../../test/kit/clock.ts';", 'server/domain/send-message.test.ts'),
    ).toEqual([]);
  });
});
