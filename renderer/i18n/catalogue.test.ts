import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { finding, SAYINGS, type Saying } from '../../doctor/findings.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { REFUSAL_KINDS } from '../../protocol/errors.ts';
import { CATALOGUE, type MessageKey } from './catalogue.ts';
import { adviceWords, closeWords, findingWords, turnWords } from './line-words.ts';
import { chooseLanguage, createWords } from './words.ts';
import { problemWords } from './problems.ts';

const entries = Object.entries(CATALOGUE);
const RENDERER = join(import.meta.dirname, '..');

/** Names and kinds of everything a message asks for. */
function asksFor(
  elements: readonly MessageFormatElement[],
  into = new Set<string>(),
): ReadonlySet<string> {
  for (const one of elements) {
    if (
      one.type === TYPE.argument ||
      one.type === TYPE.number ||
      one.type === TYPE.date ||
      one.type === TYPE.time
    )
      into.add(one.value);
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
    const same = new Set<string>([
      'look.english',
      'look.chinese',
      'look.enter',
      'settings.version',
      'time.day-and-clock',
      'wire.door-name.socket',
      'lab.dash',
      // Units are written alike in both.
      'history.megabytes',
      'history.gigabytes',
      'unsent.number',
      'unsent.about',
    ]);
    const untranslated = entries.filter(
      ([key, [en, zh]]) => !same.has(key) && (en === zh || !/\p{Script=Han}|^\{name\}/u.test(zh)),
    );
    expect(untranslated.map(([key]) => key)).toEqual([]);
  });

  it('uses full-width marks in Chinese, and traditional characters', () => {
    for (const [key, [, zh]] of entries) {
      expect(zh.replace(/\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, ''), key).not.toMatch(
        /\p{Script=Han}[,;:?!()]|[()]\p{Script=Han}/u,
      );
      expect(zh, key).not.toMatch(
        /[们这个时间发现设关开请应说话没还进过点传员认为错误录创删编辑]/u,
      );
    }
  });

  it('has no exclamation mark in it', () => {
    for (const [key, both] of entries)
      for (const text of both) expect(text, key).not.toMatch(/[!\uff01]/);
  });

  it('counts by the rules of the language', () => {
    const en = createWords('en');
    expect([1, 2].map((count) => en.say('talk.n-new', { count }))).toEqual([
      '1 new message',
      '2 new messages',
    ]);
    expect(createWords('zh-Hant').say('talk.n-new', { count: 1 })).toBe('1 則新訊息');
  });

  it('words every finding of the doctor, what to do about each problem, and every close code', () => {
    const words = createWords('en');
    const facts = Object.fromEntries(
      'name addresses code port seen expected team status min max seconds silent pause ms'
        .split(' ')
        .map((name) => [name, 7]),
    );
    for (const [step, ways] of Object.entries(SAYINGS)) {
      expect(`step.${step}` in CATALOGUE, step).toBe(true);
      for (const [way, grade] of Object.entries(ways)) {
        const found = finding(`${step}.${way}` as Saying, facts);
        expect(findingWords(words, found), found.says).not.toBe('');
        expect(adviceWords(words, found) !== undefined, found.says).toBe(grade === 'problem');
      }
    }
    for (const code of Object.values(CLOSE))
      expect(`close.${code}` in CATALOGUE, String(code)).toBe(true);
    expect([closeWords(words, 4499), closeWords(words, 4999)]).toEqual([
      words.say('close.again'),
      words.say('close.stop'),
    ]);
  });

  it('words every refusal there is', () => {
    const words = createWords('en');
    for (const kind of REFUSAL_KINDS) expect(`problem.${kind}` in CATALOGUE, kind).toBe(true);
    expect(problemWords(words, 'something-of-the-future')).toBe(words.say('problem.internal'));
    expect(problemWords(words, { kind: 'rate-limited', field: 'members' })).toBe(
      words.say('problem.rate-limited-members'),
    );
    expect(problemWords(words, { kind: 'taken', field: 'account.handle' })).toBe(
      words.say('problem.taken-handle'),
    );
  });
});

it.each(['en', 'zh-Hant'] as const)(
  'who is signed in on too many devices reads where to sign one out (%s)',
  (language) => {
    const words = createWords(language);
    const said = problemWords(words, { kind: 'too-many-sessions' });
    expect(said).toContain(words.say('settings.title'));
    expect(said).toContain(words.say('settings.sessions'));
    expect(said).not.toBe(words.say('problem.internal'));
  },
);

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
    (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !/^(?:dev|i18n)\b/.test(path),
  );
  const SPOKEN = new Set([
    'aria-label',
    'title',
    'placeholder',
    'alt',
    'label',
    'hint',
    'aria-description',
    'aria-valuetext',
  ]);
  // An address shows its own form in every language.
  const ALLOWED = new Set(['landline://join?…']);

  it('hold no word of their own', () => {
    expect(sources.length).toBeGreaterThan(80);
    for (const path of sources)
      expect(wordsIn(path, readFileSync(join(RENDERER, path), 'utf8')), path).toEqual([]);
  });

  it('would be found with one, wherever it stands', () => {
    const planted = `
      const rows = [{ id: 'one', label: 'Planted one' }];
      export const Planted = ({ name, isOn }: Props) => (
        <p title="Planted two" aria-label={isOn ? 'Planted three' : words.say('act.cancel')} className="not spoken">
          Planted four {isOn && 'Planted five'} {isOn ? <b>{\`Planted six \${name}\`}</b> : name ?? 'Planted seven'}
          {'Planted ' + name} {words.say('act.cancel')} {isOn === 'neither is this' ? styles['nor this'] : name}
        </p>
      );`;
    expect(wordsIn('planted.tsx', planted).toSorted()).toEqual(
      [
        'Planted',
        ...['five', 'four', 'one', 'seven', 'six', 'three', 'two'].map((one) => `Planted ${one}`),
      ].toSorted(),
    );
  });

  function wordsIn(path: string, text: string): readonly string[] {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
    const found: string[] = [];
    const hear = (words: string): void => {
      if (/\p{L}{2}/u.test(words) && !ALLOWED.has(words)) found.push(words.trim());
    };
    /** Hears what an expression may come to on the screen; what it only compares, looks up or hands on is not spoken. */
    const speak = (node: ts.Expression | undefined): void => {
      if (node === undefined) return;
      if (ts.isStringLiteralLike(node)) hear(node.text);
      else if (ts.isTemplateExpression(node))
        for (const part of [node.head, ...node.templateSpans.map(({ literal }) => literal)])
          hear(part.text);
      else if (ts.isParenthesizedExpression(node)) speak(node.expression);
      else if (ts.isConditionalExpression(node))
        for (const one of [node.whenTrue, node.whenFalse]) speak(one);
      else if (ts.isBinaryExpression(node) && JOINS.has(node.operatorToken.kind))
        for (const one of [node.left, node.right]) speak(one);
    };
    const look = (node: ts.Node): void => {
      if (ts.isJsxText(node)) hear(node.text);
      if (
        ts.isJsxExpression(node) &&
        (ts.isJsxElement(node.parent) || ts.isJsxFragment(node.parent))
      )
        speak(node.expression);
      if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText(file)) && node.initializer) {
        speak(
          ts.isJsxExpression(node.initializer) ? node.initializer.expression : node.initializer,
        );
      }
      // One small word in a table is a name for programs.
      const isTable =
        ts.isPropertyAssignment(node) && SPOKEN.has(node.name.getText(file).replaceAll("'", ''));
      if (
        isTable &&
        !(ts.isStringLiteral(node.initializer) && /^[a-z-]+$/.test(node.initializer.text))
      )
        speak(node.initializer);
      ts.forEachChild(node, look);
    };
    look(file);
    return found;
  }
  const JOINS: ReadonlySet<ts.SyntaxKind> = new Set([
    ts.SyntaxKind.AmpersandAmpersandToken,
    ts.SyntaxKind.BarBarToken,
    ts.SyntaxKind.QuestionQuestionToken,
    ts.SyntaxKind.PlusToken,
  ]);

  it('uses every message, and none that is not there', () => {
    const all = readdirSync(RENDERER, { recursive: true, encoding: 'utf8' })
      .filter(
        (path) =>
          /\.tsx?$/.test(path) &&
          !path.startsWith('dev') &&
          !path.startsWith('i18n/messages') &&
          !/\.test\./.test(path),
      )
      .map((path) => readFileSync(join(RENDERER, path), 'utf8'))
      .join('\n');
    // Keys that are put together where they are said.
    const MADE =
      /^(?:problem|presence|role|wire\.stopped|wire\.door|wire\.door-name|stopped|notice|done|why\.outcome|why\.rule|settings|account\.(?:start|setup|join|sign-in)|notify\.test|level|composer\.not-kept|unsent\.(?:kind|where)|step|doctor|advice|turn|close|lab\.(?:why|cpu|cannot))\./;
    const unused = (Object.keys(CATALOGUE) as MessageKey[]).filter(
      (key) => !all.includes(`'${key}'`) && !MADE.test(key),
    );
    expect(unused).toEqual([]);
  });
});

describe('a turn of the line', () => {
  const AT = 0;
  it('names the door, and who answered', () => {
    const words = createWords('en');
    expect(turnWords(words, { at: AT, kind: 'dialed', door: 'long-poll' })).toBe(
      'Dialling: Long polls',
    );
    expect(turnWords(words, { at: AT, kind: 'upgrade-answered-for', status: 403 })).toBe(
      'Your network answered the upgrade in the relay’s place, with 403',
    );
    expect(turnWords(words, { at: AT, kind: 'cut', silentMs: 15_012 })).toBe(
      'Cut off without a word (1006), after 15 s of silence',
    );
    expect(turnWords(createWords('zh-Hant'), { at: AT, kind: 'answered-for', status: 502 })).toBe(
      '您的網路代替中繼站回答（502）',
    );
  });
});
