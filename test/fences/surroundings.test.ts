/**
 * What each room sees of its surroundings, tested from both sides: every line under `planted/surroundings/<room>/` is compiled
 * as if it stood in that room, with that room's own tsconfig.json. The planted file also imports every package the room may
 * use, because a package whose types drag in Node or the DOM would open the fence for everybody.
 */
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test, vi } from 'vitest';
import { ROOMS } from '../../build/lint/rooms.ts';
import { ROOT } from '../../build/scripts/run.ts';
import { plantedLines, type PlantedLine } from './planted-lines.ts';

// The first case of a kind reads the compiler's libraries or the lint's plugins; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

const WITH_OWN_TSCONFIG = [
  'protocol',
  'doctor',
  'electron/bridge',
  'electron/core',
  'electron/host',
  'electron/main',
  'electron/preload',
  'electron/loopback',
  'electron/loopback/page',
  'renderer',
  'server',
];

/** In no lockfile yet, or styles only: nothing to compile. */
const WITHOUT_TYPES = new Set(['pg', 'redis', '@fontsource-variable/*']);

/** Node's and the DOM's own types are read once for all rooms that read them alike. */
const sources = new Map<string, ts.SourceFile | undefined>();

const packagesOf = (room: string): readonly string[] => [
  ...new Set(
    ROOMS.filter(({ at }) =>
      WITH_OWN_TSCONFIG.includes(at) ? at === room : at.startsWith(`${room}/`),
    )
      .flatMap(({ packages }) => packages)
      .filter((name) => !WITHOUT_TYPES.has(name)),
  ),
];

function optionsOf(room: string): ts.CompilerOptions {
  const path = join(ROOT, room, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as {
    config: unknown;
  };
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, room), undefined, path);
  return {
    ...parsed.options,
    composite: false,
    incremental: false,
    emitDeclarationOnly: false,
    declaration: false,
    noEmit: true,
  };
}

/** Compiles the lines as one file of the room; answers with the text of every line that has an error, and what is wrong elsewhere. */
function refusedLines(
  room: string,
  lines: readonly string[],
  packages: readonly string[],
): readonly string[] {
  const planted = join(ROOT, room, 'planted.ts');
  const imports = packages.map(
    (name, index) => `import type * as P${index} from '${name}'; export type { P${index} };`,
  );
  const text = [...lines, ...imports].join('\n');
  const options = optionsOf(room);
  const host = ts.createCompilerHost(options, true);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (path, language) => {
    if (path === planted) return ts.createSourceFile(path, text, language, true);
    const key = `${path} ${JSON.stringify(language)}`;
    if (!sources.has(key)) sources.set(key, readSource(path, language));
    return sources.get(key);
  };
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (path) => path === planted || fileExists(path);
  const program = ts.createProgram([planted], options, host);
  const refused = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    if (file?.fileName !== planted || start === undefined)
      return ts.flattenDiagnosticMessageText(messageText, '\n');
    return text.split('\n')[file.getLineAndCharacterOfPosition(start).line] ?? '';
  });
  return [...new Set(refused)];
}

const justLines = (planted: readonly PlantedLine[]): readonly string[] =>
  planted.map(({ line }) => line);

describe.each(WITH_OWN_TSCONFIG)('%s', (room) => {
  const refused = plantedLines(`surroundings/${room}`, 'refused');
  const allowed = plantedLines(`surroundings/${room}`, 'allowed');
  const both = [...refused, ...allowed];

  test(`sees ${allowed.map(({ words }) => words).join(', ')}; not ${refused.map(({ words }) => words).join(', ') || 'more'}`, () => {
    expect(allowed).not.toEqual([]);
    expect(refusedLines(room, justLines(both), packagesOf(room))).toEqual(justLines(refused));
  });
});

test.each(WITH_OWN_TSCONFIG)('%s is as strict as every room', (room) => {
  const refused = justLines(plantedLines('surroundings/every-room', 'refused'));
  expect(refusedLines(room, refused, [])).toEqual(refused);
  expect(
    refusedLines(room, justLines(plantedLines('surroundings/every-room', 'allowed')), []),
  ).toEqual([]);
});
