/**
 * What reaches the rules of `marked`, whatever is in a message: the bounds that keep the window
 * from standing still.
 */
import { Tokenizer, type Token, type Tokens } from 'marked';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fillPattern, PATTERNS } from '../../bench/kit/text-patterns.ts';
import { lexBounded } from './bounded-lexer.ts';
import {
  DEEPEST_BLOCK,
  DEEPEST_INLINE,
  LONGEST_ADDRESS,
  LONGEST_RUN,
  LONGEST_SPACE,
  LONGEST_WORD,
  MOST_LINES,
  MOST_MARKS,
  MOST_OPENERS,
  MOST_PARTS,
  MOST_READINGS,
} from './bounds.ts';
import { piecesOf } from './inline-pieces.ts';
import { parseMarkdown } from './markdown.ts';

const BYTES = 16 * 1024;
const known = { isHandle: () => false, isChannel: () => false };
const longest = (text: string, unit: RegExp): number =>
  Math.max(0, ...[...text.matchAll(unit)].map(([found]) => found.length));

afterEach(() => vi.restoreAllMocks());

describe('the pieces of a paragraph', () => {
  it.each(PATTERNS)('of 16 KiB of $part hold it all, none beyond a bound', (pattern) => {
    const text = fillPattern(pattern, BYTES);
    const pieces = piecesOf(text);
    expect(pieces.map((piece) => piece.text).join('')).toBe(text);
    for (const { text: piece } of pieces.filter(({ isPlain }) => !isPlain)) {
      expect(piece.length).toBeLessThanOrEqual(LONGEST_RUN);
      expect(piece.match(/\*+|_+|~+|`+|[[\]<!\\&|@]/g)?.length ?? 0).toBeLessThanOrEqual(
        MOST_MARKS,
      );
      expect(longest(piece, /[!-;=-~]+/g)).toBeLessThanOrEqual(LONGEST_WORD);
      expect(longest(piece, /\s+/g)).toBeLessThanOrEqual(LONGEST_SPACE);
    }
  });

  it('are one where people write', () => {
    const text = 'See **the plan** in [the paper](https://example.com/a), please. '.repeat(20);
    expect(piecesOf(text)).toEqual([{ text, isPlain: false }]);
  });

  it('keep a long web address whole, and what no link may be out of the rules', () => {
    const address = `https://example.com/${'a'.repeat(LONGEST_ADDRESS - 20)}`;
    expect(piecesOf(`see ${address}`).filter(({ isPlain }) => isPlain)).toEqual([]);
    expect(piecesOf(`see ${address}a`).at(-1)).toEqual({ text: `${address}a`, isPlain: true });
  });

  it('end at a line end or a blank', () => {
    const line = `${'word '.repeat(30)}\n`;
    for (const { text } of piecesOf(line.repeat(60)).slice(0, -1)) expect(text).toMatch(/\s$/);
  });
});

describe('the rules', () => {
  it.each(PATTERNS)('read at most so much of 16 KiB of $part', (pattern) => {
    const text = fillPattern(pattern, BYTES);
    const inline = vi.spyOn(Tokenizer.prototype, 'inlineText');
    const quotes = vi.spyOn(Tokenizer.prototype, 'blockquote');
    const lists = vi.spyOn(Tokenizer.prototype, 'list');
    parseMarkdown(text, known);
    const reads = inline.mock.calls.map(([src]) => src);
    expect(Math.max(0, ...reads.map((src) => src.length))).toBeLessThanOrEqual(LONGEST_RUN);
    const blocks = [...quotes.mock.calls, ...lists.mock.calls].map(([src]) => src);
    expect(Math.max(0, ...blocks.map((src) => src.split('\n').length - 1))).toBeLessThanOrEqual(
      MOST_LINES,
    );
    // Each level of quotes and lists reads its part once more, and no more than so often in all.
    expect(blocks.reduce((sum, src) => sum + src.length, 0)).toBeLessThanOrEqual(
      2 * MOST_READINGS * text.length,
    );
  });

  it(`are not asked for a quote or list of more than ${MOST_OPENERS} on one line`, () => {
    const types = (text: string): readonly string[] => lexBounded(text).map(({ type }) => type);
    expect(types(`${'> '.repeat(MOST_OPENERS)}x`)).toEqual(['blockquote']);
    expect(types(`${'> '.repeat(MOST_OPENERS + 1)}x`)).toEqual(['paragraph']);
    expect(types(`${'- '.repeat(MOST_OPENERS + 1)}x`)).toEqual(['paragraph']);
  });

  it('go so deep and no deeper into lists within lists', () => {
    const depthOf = (tokens: readonly Token[]): number =>
      Math.max(
        0,
        ...tokens.map((token) =>
          token.type === 'list'
            ? 1 + Math.max(...(token as Tokens.List).items.map(({ tokens: all }) => depthOf(all)))
            : 0,
        ),
      );
    const nested = Array.from({ length: 40 }, (_, at) => `${'  '.repeat(at)}- x`).join('\n');
    expect(depthOf(lexBounded(nested))).toBe(DEEPEST_BLOCK);
  });
});

it('emphasis within emphasis is read so deep and no deeper', () => {
  const depthOf = (tokens: readonly Token[] = []): number =>
    Math.max(0, ...tokens.map((one) => (one.type === 'text' ? 0 : 1 + depthOf(childrenOf(one)))));
  const childrenOf = (token: Token): readonly Token[] | undefined => (token as Tokens.Em).tokens;
  const nested = `${'*a _b '.repeat(10)}x${'_ y* y'.repeat(10)}`;
  expect(depthOf(lexBounded(nested))).toBe(1 + DEEPEST_INLINE);
});

describe('a fence', () => {
  const code = (text: string) => [{ type: 'code', language: '', text }];

  it.each([
    ['quotes within quotes', '> '.repeat(12) + 'x'],
    ['a list far to the right', `${' '.repeat(30)}- x`],
    ['more marks than a paragraph may have', '*_[`'.repeat(400)],
    ['what looks like its end and is none', '``` no end\n'.repeat(3) + '`'.repeat(2)],
    ['a long word', 'a'.repeat(4_000)],
  ])('is what the lexer takes for one, with %s in it', (_what, text) => {
    expect(parseMarkdown(`\`\`\`\n${text}\n\`\`\``, known)).toEqual(code(text));
  });

  it('that never ends is code to the end, and a paragraph before one is still read', () => {
    expect(parseMarkdown('**a**\n\n```\n**b**', known)).toMatchObject([
      { type: 'paragraph', children: [{ type: 'strong' }] },
      { type: 'code', text: '**b**' },
    ]);
  });
});

it('a message of too many parts is shown as it was typed', () => {
  const text = 'a\n\n'.repeat(MOST_PARTS + 1);
  expect(parseMarkdown(text, known)).toEqual([{ type: 'plain', text }]);
  expect(parseMarkdown('a\n\n'.repeat(300), known)).toHaveLength(300);
});
