import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { REFUSAL_KINDS } from '../../protocol/errors.ts';
import { CATALOGUE, type MessageKey } from './catalogue.ts';
import { chooseLanguage, createWords } from './words.ts';
import { problemWords } from './problems.ts';

const entries = Object.entries(CATALOGUE);
const RENDERER = join(import.meta.dirname, '..');

/** Names and kinds of everything a message asks for. */
function asksFor(elements: readonly MessageFormatElement[], into = new Set<string>()): ReadonlySet<string> {
  for (const one of elements) {
    if (one.type === TYPE.argument || one.type === TYPE.number || one.type === TYPE.date || one.type === TYPE.time) into.add(one.value);
    if (one.type === TYPE.plural || one.type === TYPE.select) {
      into.add(one.value);
      for (const option of Object.values(one.options)) asksFor(option.value, into);
    }
    if (one.type === TYPE.tag) {
      into.add(`<${one.value}>`);
      asksFor(one.children, into);
    }
  }
  return into;
}

describe('the catalogue', () => {
  it('says something in both languages for every key, and asks for the same', () => {
    for (const [key, [en, zh]] of entries) {
      expect([en.trim(), zh.trim()], key).toEqual([en, zh]);
      expect([en.length, zh.length], key).not.toContain(0);
      expect([...asksFor(parse(zh))].sort(), key).toEqual([...asksFor(parse(en))].sort());
    }
  });

  it('the Chinese is Chinese, but for names and keys', () => {
    const same = new Set<string>(['look.english', 'look.chinese', 'look.enter', 'settings.version', 'time.day-and-clock']);
    const untranslated = entries.filter(([key, [en, zh]]) => !same.has(key) && (en === zh || !/\p{Script=Han}|^\{name\}/u.test(zh)));
    expect(untranslated.map(([key]) => key)).toEqual([]);
  });

  it('uses full-width marks in Chinese, and traditional characters', () => {
    for (const [key, [, zh]] of entries) {
      expect(zh.replace(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, ''), key).not.toMatch(/\p{Script=Han}[,;?!]/u);
      expect(zh, key).not.toMatch(/[们这个时间发现设关开请应说话没还进过点传员认为错误录创删编辑]/u);
    }
  });

  it('has no exclamation mark in it', () => {
    for (const [key, both] of entries) for (const text of both) expect(text, key).not.toMatch(/[!\uff01]/);
  });

  it('counts by the rules of the language', () => {
    const en = createWords('en');
    expect([1, 2].map((count) => en.say('talk.n-new', { count }))).toEqual(['1 new message', '2 new messages']);
    expect(createWords('zh-Hant').say('talk.n-new', { count: 1 })).toBe('1 則新訊息');
  });

  it('words every refusal there is', () => {
    const words = createWords('en');
    for (const kind of REFUSAL_KINDS) expect(`problem.${kind}` in CATALOGUE, kind).toBe(true);
    expect(problemWords(words, 'something-of-the-future')).toBe(words.say('problem.internal'));
    expect(problemWords(words, { kind: 'taken', field: 'account.handle' })).toBe(words.say('problem.taken-handle'));
  });
});

it('the system decides the language where the person did not', () => {
  expect([
    chooseLanguage('system', 'zh-TW'),
    chooseLanguage('system', 'zh-Hant-HK'),
    chooseLanguage('system', 'de-AT'),
    chooseLanguage('en', 'zh-TW'),
  ]).toEqual(['zh-Hant', 'zh-Hant', 'en', 'en']);
});

describe('the sources of the window', () => {
  const sources = readdirSync(RENDERER, { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.tsx$/.test(path) && !/\.test\.tsx$/.test(path) && !path.startsWith('dev'),
  );
  const SPOKEN_ATTRIBUTES = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label', 'hint', 'aria-description']);
  // An address shows its own form in every language.
  const ALLOWED = new Set(['landline://join?…']);

  it('hold no word of their own', () => {
    for (const path of sources) expect(wordsIn(path), path).toEqual([]);
  });

  function wordsIn(path: string): readonly string[] {
    const file = ts.createSourceFile(path, readFileSync(join(RENDERER, path), 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
    const found: string[] = [];
    const look = (node: ts.Node): void => {
      if (ts.isJsxText(node) && /\p{L}{2}/u.test(node.text)) found.push(node.text.trim());
      if (
        ts.isJsxAttribute(node) &&
        SPOKEN_ATTRIBUTES.has(node.name.getText(file)) &&
        node.initializer &&
        ts.isStringLiteral(node.initializer)
      ) {
        if (/\p{L}{2}/u.test(node.initializer.text) && !ALLOWED.has(node.initializer.text)) found.push(node.initializer.text);
      }
      ts.forEachChild(node, look);
    };
    look(file);
    return found;
  }

  it('uses every message, and none that is not there', () => {
    const all = readdirSync(RENDERER, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('dev') && !path.startsWith('i18n/messages') && !/\.test\./.test(path))
      .map((path) => readFileSync(join(RENDERER, path), 'utf8'))
      .join('\n');
    // Keys that are put together where they are said.
    const MADE =
      /^(?:problem|presence|role|wire\.stopped|stopped|notice|done|why\.outcome|why\.rule|settings|account\.(?:start|setup|join|sign-in)|notify\.test|level)\./;
    const unused = (Object.keys(CATALOGUE) as MessageKey[]).filter((key) => !all.includes(`'${key}'`) && !MADE.test(key));
    expect(unused).toEqual([]);
  });
});
