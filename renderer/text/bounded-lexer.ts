/**
 * The lexer of `marked`, which hands its rules no more than they read in time: a long paragraph
 * goes to the inline rules in pieces, a long quote or list to the block rules in parts, and neither
 * is nested without end. The text stays whole; beyond a bound, marks in it are letters. The lexer
 * alone decides what is a fence: nothing looks at the text before it.
 */
import { Lexer, Marked, Tokenizer, type Token, type Tokens, type TokensList } from 'marked';
import {
  DEEPEST_BLOCK,
  DEEPEST_INLINE,
  MOST_LINES,
  MOST_OPENERS,
  MOST_PARTS,
  MOST_READINGS,
} from './bounds.ts';
import { hanEmphasis } from './han-emphasis.ts';
import { piecesOf } from './inline-pieces.ts';

const OPENERS = new RegExp(
  String.raw`^[ \t]*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*){${MOST_OPENERS + 1}}`,
);
const QUOTE = /^ {0,3}>/;
const LIST = /^ {0,3}(?:[-+*]|\d{1,9}[.)])/;

/** The lexer calls these where a block begins: never for a line within a fence. */
class BoundedTokenizer extends Tokenizer {
  override blockquote(src: string): Tokens.Blockquote | undefined {
    return isBounded(src, QUOTE) ? super.blockquote(firstLines(src)) : undefined;
  }

  override list(src: string): Tokens.List | undefined {
    return isBounded(src, LIST) ? super.list(firstLines(src)) : undefined;
  }
}

const isBounded = (src: string, start: RegExp): boolean => start.test(src) && !OPENERS.test(src);

function firstLines(src: string): string {
  let end = -1;
  for (let line = 0; line < MOST_LINES; line++) {
    end = src.indexOf('\n', end + 1);
    if (end < 0) return src;
  }
  return src.slice(0, end + 1);
}

const GRAMMAR = new Marked({ gfm: true, breaks: true, extensions: [hanEmphasis] }).defaults;

/** @throws Error  the rules would read the text too often, or make too many parts of it */
export function lexBounded(text: string): readonly Token[] {
  return new BoundedLexer(MOST_READINGS * text.length).lex(text);
}

class BoundedLexer extends Lexer {
  #blockDepth = 0;
  #inlineDepth = 0;
  #runs = 0;
  #left: number;

  constructor(left: number) {
    super({ ...GRAMMAR, tokenizer: new BoundedTokenizer() });
    this.#left = left;
  }

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(
    src: string,
    tokens?: TokensList,
    lastParagraphClipped?: boolean,
  ): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped = false): Token[] {
    this.#left -= src.length;
    if (this.#left < 0) throw new Error('nested too often');
    if (this.#blockDepth >= DEEPEST_BLOCK) {
      tokens.push({ type: 'paragraph', raw: src, text: src, tokens: asLetters(src) });
      return tokens;
    }
    this.#blockDepth++;
    try {
      return super.blockTokens(src, tokens, lastParagraphClipped);
    } finally {
      this.#blockDepth--;
    }
  }

  override inline(src: string, tokens?: Token[]): Token[] {
    if (++this.#runs > MOST_PARTS) throw new Error('too many parts');
    return super.inline(src, tokens);
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (this.#inlineDepth >= DEEPEST_INLINE) {
      tokens.push(...asLetters(src));
      return tokens;
    }
    this.#inlineDepth++;
    try {
      if (this.#inlineDepth > 1) return super.inlineTokens(src, tokens);
      for (const { text, isPlain } of piecesOf(src)) {
        if (isPlain) tokens.push(...asLetters(text));
        else super.inlineTokens(text, tokens);
      }
      return tokens;
    } finally {
      this.#inlineDepth--;
    }
  }
}

const asLetters = (text: string): Token[] =>
  text
    .split(/(\n)/)
    .filter((part) => part !== '')
    .map((part) =>
      part === '\n'
        ? { type: 'br', raw: part }
        : { type: 'text', raw: part, text: part, escaped: false },
    );
