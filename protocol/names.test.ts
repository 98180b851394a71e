import { expect, test } from 'vitest';
import { findMentions } from './mentions.ts';
import { cleanName, isCleanName, isHandle, suggestHandle } from './names.ts';

test.each([
  ['  Ada   Okafor ', 'Ada Okafor'],
  ['e\u0301', '\u00e9'],
  ['a\u202eb\u0007', 'ab'],
  ['林佳穎', '林佳穎'],
  ['x\ud800', 'x\ufffd'],
  ['\n\t', ''],
])('%j is cleaned to %j', (typed, clean) => {
  expect(cleanName(typed)).toBe(clean);
  expect(isCleanName(clean)).toBe(clean !== '');
});

test.each(['ada', 'ada.okafor', '林佳穎', 'a-b_c', 'x1'])('%s is a handle', (text) =>
  expect(isHandle(text)).toBe(true),
);
test.each(['', 'Ada', 'here', 'channel', '.a', 'a..b', 'a b', 'a@b', 'a.', '\u0301a'])(
  '%j is no handle',
  (text) => expect(isHandle(text)).toBe(false),
);
test.each([
  ['Ada Okafor', 'ada.okafor'],
  ['林佳穎', '林佳穎'],
  ['  !!  ', ''],
  ['Here', ''],
  ['x'.repeat(50), 'x'.repeat(32)],
])('%j suggests %j', (name, handle) => expect(suggestHandle(name)).toBe(handle));

const known = new Set(['ann', '佳穎', 'mateo.ruiz']);
const found = (text: string): readonly string[] =>
  findMentions(text, (handle) => known.has(handle)).map((span) => text.slice(span.from, span.to));

test.each([
  ['hi @ann', ['@ann']],
  ['@Ann, @mateo.ruiz. ok', ['@Ann', '@mateo.ruiz']],
  ['請@佳穎看', ['@佳穎']],
  ['@here and @channel', ['@here', '@channel']],
  ['@anna is not ann', []],
  ['mail ann@ann.com', []],
  ['`@ann` and ```\n@ann\n``` but @ann', ['@ann']],
  ['@nobody', []],
])('in %j the mentions are %j', (text, spans) => expect(found(text)).toEqual(spans));
