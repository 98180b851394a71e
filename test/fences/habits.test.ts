/**
 * The habits the lint keeps, tested from both sides. Each file in `planted/habits/refused/` names on its first line the rule
 * that has to refuse it (and the room it is planted in); its namesake in `allowed/` does the same thing well and has to pass.
 * Files that name no room are linted where they lie, with types.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test, vi } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';

// The first case of a kind reads the compiler's libraries or the lint's plugins; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const PLANTED = join(import.meta.dirname, 'planted/habits');
const names = readdirSync(join(PLANTED, 'refused'));

const inRooms = new ESLint({
  cwd: ROOT,
  overrideConfig: [{ files: ['**/*.ts', '**/*.tsx'], ...tseslint.configs.disableTypeChecked }],
});
const withTypes = new ESLint({
  cwd: ROOT,
  overrideConfig: [
    { ignores: ['!test/fences/planted/'] },
    { languageOptions: { parserOptions: { project: 'test/fences/planted/tsconfig.json' } } },
  ],
});

interface Planted {
  readonly rule: string;
  readonly rules: readonly string[];
}

async function lintPlanted(kind: 'refused' | 'allowed', name: string): Promise<Planted> {
  const path = join(PLANTED, kind, name);
  const text = readFileSync(path, 'utf8');
  const [, rule = '', room] = /^\/\/ (\S+)(?: in (\S+))?/.exec(text) ?? [];
  const [result] = await (room === undefined
    ? withTypes.lintFiles([path])
    : inRooms.lintText(text, { filePath: join(ROOT, room, `planted${extname(name)}`) }));
  return { rule, rules: (result?.messages ?? []).map(({ ruleId }) => String(ruleId)) };
}

test.each(names)('%s is refused by its rule, and the good way is not', async (name) => {
  const bad = await lintPlanted('refused', name);
  expect(bad.rules).toContain(bad.rule);
  const good = await lintPlanted('allowed', name);
  expect(good.rule).toBe(bad.rule);
  expect(good.rules).not.toContain(bad.rule);
  expect(good.rules).not.toContain('null');
});

test('every planted fault has its good way beside it', () => {
  expect(readdirSync(join(PLANTED, 'allowed'))).toEqual(names);
});
