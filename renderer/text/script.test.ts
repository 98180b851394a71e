import { expect, it } from 'vitest';
import { languageOf } from './script.ts';

it.each([
  ['我剛把草稿放進來', 'zh-Hant'],
  ['明日の打ち合わせ', 'ja'],
  ['오늘 회의', 'ko'],
  ['plain English', undefined],
  ['mixed 中文 and English', 'zh-Hant'],
  ['صباح الخير', undefined],
  ['カタカナ', 'ja'],
])('%j is drawn as %s', (text, language) => expect(languageOf(text)).toBe(language));
