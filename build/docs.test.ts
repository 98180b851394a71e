/**
 * The documents against the house: a file, link, command, frame, close code or option that a document names is there. Whoever moves or
 * renames something learns here which page told of it.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLOSE } from '../protocol/close-codes.ts';
import { EVENT_SCHEMAS } from '../protocol/feeds.ts';
import { closedLine } from '../protocol/doors.ts';
import { DOWN_SCHEMAS } from '../protocol/frames-down.ts';
import { UP_SCHEMAS } from '../protocol/frames-up.ts';
import { usage } from '../server/cli/arguments.ts';
import { CONFIG_OPTIONS } from '../server/config.ts';
import { FIGURES } from '../server/observe/metrics.ts';
import { PROMISES } from '../test/kit/checks.ts';
import { ROOT } from './scripts/run.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).map((path) =>
  path.replaceAll('\\', '/'),
);
const ROOMS = [
  '.ci',
  '.github',
  'bench',
  'build',
  'docs',
  'electron',
  'protocol',
  'renderer',
  'server',
  'test',
];
const FILES: ReadonlySet<string> = new Set(
  globSync(
    ROOMS.map((room) => `${room}/**/*.{ts,tsx,js,cjs,mjs,json,css,yml,md}`),
    { cwd: ROOT },
  ).map((path) => basename(path)),
);
const SCRIPTS = Object.keys(
  (JSON.parse(read('package.json')) as { readonly scripts: object }).scripts,
);

/** What stands in `code`, on one line. */
const codeIn = (text: string): readonly string[] =>
  [...text.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');

/** As the pages of a repository name their headings. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

const isThere = (path: string): boolean =>
  path.includes('*') ? globSync(path, { cwd: ROOT }).length > 0 : existsSync(join(ROOT, path));

/** Everything the text names that is not there. @param at  the document's path from the root */
function missing(at: string, text: string): readonly string[] {
  const wrong: string[] = [];
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const to = path === '' ? at : join(dirname(at), path);
    if (!isThere(to)) wrong.push(target);
    else if (
      anchor !== undefined &&
      ![...read(to).matchAll(/^#+ (.*)$/gm)].some(
        ([, heading = '']) => anchorOf(heading) === anchor,
      )
    )
      wrong.push(target);
  }
  for (const code of codeIn(text)) {
    const [word = ''] = code.split(' ');
    if (ROOMS.some((room) => word.startsWith(`${room}/`)) && /^[\w./*@-]+$/.test(word)) {
      if (!isThere(word)) wrong.push(word);
    } else if (/^[\w.-]+\.(?:tsx?|cjs|css|yml)$/.test(word) && !FILES.has(word)) wrong.push(word);
  }
  for (const [, script = ''] of text.matchAll(/npm run (?:-s )?([\w-]+)/g))
    if (!SCRIPTS.includes(script)) wrong.push(`npm run ${script}`);
  for (const [, path = ''] of text.matchAll(
    /(?:^|[\s`])(?:npx )?node (?:-r \S+ )?([\w/]+\.(?:ts|js))/g,
  ))
    if (!isThere(path)) wrong.push(path);
  return wrong;
}

test('what is not there is found, whatever way it is named', () => {
  const page = [
    'See [the house](gone.md), [a part](../README.md#no-such-part) and `server/nobody.ts`, or `nowhere-at-all.ts` beside it.',
    'Run `npm run frobnicate`, or:',
    '```\nnode test/nothing/run.ts --all\n```',
    '`server/gone/*.ts` was all of it. [This one](PROTOCOL.md#limits) is, and `protocol/limits.ts`, `policy.ts`, `npm run bench`.',
  ].join('\n');
  expect(missing('docs/PAGE.md', page)).toEqual([
    'gone.md',
    '../README.md#no-such-part',
    'server/nobody.ts',
    'nowhere-at-all.ts',
    'server/gone/*.ts',
    'npm run frobnicate',
    'test/nothing/run.ts',
  ]);
});

test.each(DOCUMENTS)('%s names nothing that is not there', (path) => {
  expect(missing(path, read(path))).toEqual([]);
});

describe('docs/PROTOCOL.md', () => {
  const text = read('docs/PROTOCOL.md');
  const spoken = new Set([
    ...codeIn(text).flatMap((code) => code.split(/[ ,]/)),
    ...[...text.matchAll(/"(?:t|kind)": "([\w-]+)"/g)].map(([, name]) => name ?? ''),
  ]);

  test('tells of every frame and every event', () => {
    const all = [UP_SCHEMAS, DOWN_SCHEMAS, EVENT_SCHEMAS].flatMap((schemas) =>
      Object.keys(schemas),
    );
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter((name) => !spoken.has(name))).toEqual([]);
  });

  test('shows no frame that does not exist', () => {
    const known = new Set([
      ...[UP_SCHEMAS, DOWN_SCHEMAS].flatMap((schemas) => Object.keys(schemas)),
      closedLine.shape.t.value,
    ]);
    const shown = [...text.matchAll(/"t": "([\w-]+)"/g)].map(([, name]) => name ?? '');
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter((name) => !known.has(name))).toEqual([]);
  });

  test('has the close codes as they are, all of them', () => {
    const told = [...text.matchAll(/^\| (4\d{3}) \|/gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(CLOSE).toSorted((a, b) => a - b));
  });
});

describe('docs/OPERATIONS.md', () => {
  const text = read('docs/OPERATIONS.md');

  test('tells of every option with its variable, and of no other', () => {
    const told = [...text.matchAll(/^\| `--([\w-]+) (?:\\\||[^|])*\| `(\w+)` \|/gm)].map(
      ([, option, variable]) => [option, variable],
    );
    expect(told).toEqual(
      Object.keys(CONFIG_OPTIONS).map((option) => [
        option,
        `LANDLINE_${option.toUpperCase().replaceAll('-', '_')}`,
      ]),
    );
  });

  test('tells of every figure with its kind, and of no other', () => {
    const told = [...text.matchAll(/^\| `(landline_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    expect(told).toEqual(FIGURES.map(({ name, type }) => [name, type]));
  });

  test('tells of every command, and of no other', () => {
    const commands = [...usage().matchAll(/^ {2}([a-z]+(?: [a-z-]+)?) /gm)].map(([, name = '']) =>
      name.trim(),
    );
    expect(commands).toContain('member reset-password');
    const told = new Set(
      [...text.matchAll(/landline-relay (?:-- )?((?:(?:member|restored) )?[a-z][a-z-]*)/g)].map(
        ([, name = '']) => name,
      ),
    );
    expect([...told].toSorted()).toEqual(commands.toSorted());
  });
});

test('docs/TESTING.md has a line for every checker', () => {
  const told = [...read('docs/TESTING.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  for (const name of Object.keys(PROMISES)) expect(told).toContain(name);
});
