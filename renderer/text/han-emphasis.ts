/**
 * Emphasis as it is written in Chinese and Japanese: no spaces round it, full-width marks inside it. CommonMark reads neither
 * `**重點：**請看` nor `請看**「附件」**` as emphasis, because it judges by spaces and punctuation; the people who write so mean it.
 */
import type { TokenizerExtension, TokenizerThis, Tokens } from 'marked';

const FULL_WIDTH = String.raw`[\u2014\u2018-\u201d\u2026\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]`;
const LONGEST = 1_000;
const MARKED = new RegExp(
  String.raw`^(\*{1,3})(?![\s*])([^*\n]{1,${LONGEST}}?)(?<!\s)\1(?!\*)`,
  'u',
);
const EDGE = new RegExp(String.raw`^${FULL_WIDTH}|${FULL_WIDTH}$`, 'u');

export const hanEmphasis: TokenizerExtension = {
  name: 'hanEmphasis',
  level: 'inline',
  start: (source: string) => {
    const at = source.indexOf('*');
    return at < 0 ? undefined : at;
  },
  tokenizer(this: TokenizerThis, source: string) {
    const match = MARKED.exec(source);
    const sign = match?.[1];
    const inside = match?.[2];
    if (!match || sign === undefined || inside === undefined || !EDGE.test(inside))
      return undefined;
    const tokens = this.lexer.inlineTokens(inside);
    const em = { type: 'em', raw: match[0], text: inside, tokens } as const satisfies Tokens.Em;
    if (sign === '*') return em;
    const strong = {
      type: 'strong',
      raw: match[0],
      text: inside,
      tokens: sign === '***' ? [em] : tokens,
    } as const satisfies Tokens.Strong;
    return strong;
  },
};
