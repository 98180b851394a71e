/**
 * The language tag of a text, from the script of its letters. Han glyphs differ between Chinese and Japanese fonts, and the
 * browser chooses by `lang`: without it a Chinese sentence may take Japanese forms. Undefined: nothing to choose.
 */
export type TextLanguage = 'zh-Hant' | 'ja' | 'ko';

const HAN = /\p{Script=Han}/u;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HANGUL = /\p{Script=Hangul}/u;

export function languageOf(text: string): TextLanguage | undefined {
  if (KANA.test(text)) return 'ja';
  if (HANGUL.test(text)) return 'ko';
  return HAN.test(text) ? 'zh-Hant' : undefined;
}
