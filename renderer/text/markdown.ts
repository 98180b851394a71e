/**
 * Markdown to a small tree of our own, by the lexer of `marked` alone: no HTML string is ever made, so there is nothing to
 * sanitise. What the tree has no word for (HTML, images, definitions) stays in it as the letters that were typed. Depth and
 * size are bounded, and a text so tangled that the lexer would take long is shown plain: 16 KiB of anything is read within
 * 50 ms.
 */
import { Lexer, Marked, type Token, type Tokens } from 'marked';
import { hanEmphasis } from './han-emphasis.ts';
import { safeLink } from './links.ts';
import { findPieces, type Known, type Piece } from './mentions.ts';

export type Inline =
  | Piece
  | { readonly type: 'strong' | 'em' | 'del'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | {
      readonly type: 'link';
      readonly href: string;
      readonly punycodeHost: string | null;
      readonly children: readonly Inline[];
    }
  | { readonly type: 'break' };

export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'heading'; readonly level: number; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | { readonly type: 'list'; readonly start: number | null; readonly items: readonly ListItem[] }
  | { readonly type: 'rule' }
  | {
      readonly type: 'table';
      readonly head: readonly Cell[];
      readonly rows: readonly (readonly Cell[])[];
    };

export interface ListItem {
  /** Null unless it is a task. */
  readonly isDone: boolean | null;
  readonly children: readonly Block[];
}
export interface Cell {
  readonly align: 'start' | 'center' | 'end';
  readonly children: readonly Inline[];
}

const GRAMMAR = new Marked({ gfm: true, breaks: true, extensions: [hanEmphasis] });

const DEEPEST = 12;
const MOST_NODES = 4_000;
/** Marks the lexer has to weigh against each other; beyond this its time grows with their square. */
const MOST_MARKS = 1_200;
const MARKS = /[*_~[<!#>\-+|&`\\@=]/g;
/** Quotes and lists opened inside one another on one line: the lexer recurses, and would run out of stack. */
const NESTED_OPENERS = /^[ \t]*(?:(?:>|[-+*]|\d{1,9}[.)])[ \t]*){10,}/m;
const DEEP_INDENT = /^[ \t]{24,}(?:[-+*>]|\d{1,9}[.)])/m;
/** A fence with more after it than a language is no fence people write. */
const LONGEST_FENCE_LINE = 120;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

export function parseMarkdown(text: string, known: Known): readonly Block[] {
  if (isTangled(text)) return plain(text);
  let tokens: readonly Token[];
  try {
    tokens = new Lexer(GRAMMAR.defaults).lex(text);
  } catch {
    // The lexer throws on inputs it calls endless; the letters are still worth showing.
    return plain(text);
  }
  return createReader(known).blocks(tokens, 0);
}

function isTangled(text: string): boolean {
  if (NESTED_OPENERS.test(text) || DEEP_INDENT.test(text)) return true;
  if (text.length < MOST_MARKS) return false;
  return marksOutsideFences(text) > MOST_MARKS;
}

/** Line by line, as one expression over it all would itself be slow on what it is to guard against. */
function marksOutsideFences(text: string): number {
  let marks = 0;
  let open = '';
  for (const line of text.split('\n')) {
    const fence = FENCE.exec(line)?.[1];
    if (fence !== undefined) marks += fence.length;
    if (open === '') {
      if (fence !== undefined && line.length < LONGEST_FENCE_LINE) open = fence;
      else marks += line.match(MARKS)?.length ?? 0;
    } else if (fence?.startsWith(open)) open = '';
  }
  return marks;
}

function plain(text: string): readonly Block[] {
  const lines = text.split('\n');
  return [
    {
      type: 'paragraph',
      children: lines.flatMap((line, at): Inline[] => [
        ...(at > 0 ? [BREAK] : []),
        { type: 'text', text: line },
      ]),
    },
  ];
}

const BREAK: Inline = { type: 'break' };

// Chinese is written without spaces: an address ends where a full-width mark begins.
const FULL_WIDTH_END =
  /[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201d\u2026]/u;

function createReader(known: Known): {
  blocks(tokens: readonly Token[], depth: number): readonly Block[];
} {
  let left = MOST_NODES;

  const letters = (text: string): readonly Inline[] => [{ type: 'text', text }];

  function inlines(
    tokens: readonly Token[] | undefined,
    raw: string,
    depth: number,
  ): readonly Inline[] {
    if (tokens === undefined) return findPieces(raw, known);
    if (depth > DEEPEST || left <= 0) return letters(raw);
    const made: Inline[] = [];
    for (const token of joinText(tokens)) {
      if (left-- <= 0) made.push({ type: 'text', text: token.raw });
      else made.push(...inline(token, depth + 1));
    }
    return made;
  }

  function inline(token: Token, depth: number): readonly Inline[] {
    const one = token as
      | Tokens.Text
      | Tokens.Strong
      | Tokens.Em
      | Tokens.Del
      | Tokens.Codespan
      | Tokens.Br
      | Tokens.Link
      | Tokens.Escape;
    switch (one.type) {
      case 'text':
        // As typed: the lexer has resolved character references in `text`.
        return one.tokens ? inlines(one.tokens, one.raw, depth) : findPieces(one.raw, known);
      case 'escape':
        return letters(one.text);
      case 'strong':
      case 'em':
      case 'del':
        return [{ type: one.type, children: inlines(one.tokens, one.text, depth) }];
      case 'codespan':
        return [{ type: 'code', text: one.text }];
      case 'br':
        return [BREAK];
      case 'link':
        return link(one, depth);
      default:
        // HTML, images and whatever a later lexer may invent.
        return letters(token.raw);
    }
  }

  function link(token: Tokens.Link, depth: number): readonly Inline[] {
    const isAddress =
      token.autolink === true || token.href === token.raw || token.raw === token.text;
    const end = isAddress ? token.raw.search(FULL_WIDTH_END) : -1;
    if (end > 0) {
      const address = token.raw.slice(0, end);
      return [...linkTo(address, letters(address)), ...findPieces(token.raw.slice(end), known)];
    }
    if (isAddress) return linkTo(token.href, letters(token.raw.replace(/^<|>$/g, '')));
    const safe = safeLink(token.href);
    // The whole of it stays visible, so that nobody wonders where the address went.
    if (safe === null) return letters(token.raw);
    return [
      { type: 'link', ...safe, children: withoutChips(inlines(token.tokens, token.text, depth)) },
    ];
  }

  function linkTo(address: string, children: readonly Inline[]): readonly Inline[] {
    const safe = safeLink(address.startsWith('www.') ? `http://${address}` : address);
    return safe === null ? children : [{ type: 'link', ...safe, children }];
  }

  function cells(row: readonly Tokens.TableCell[], depth: number): readonly Cell[] {
    return row.map((cell) => ({
      align: cell.align === 'center' ? 'center' : cell.align === 'right' ? 'end' : 'start',
      children: inlines(cell.tokens, cell.text, depth),
    }));
  }

  function block(token: Token, depth: number): Block | null {
    const one = token as
      | Tokens.Paragraph
      | Tokens.Heading
      | Tokens.Code
      | Tokens.Blockquote
      | Tokens.List
      | Tokens.Hr
      | Tokens.Table
      | Tokens.Text
      | Tokens.Space;
    switch (one.type) {
      case 'space':
        return null;
      case 'paragraph':
      case 'text':
        return { type: 'paragraph', children: inlines(one.tokens, one.text, depth) };
      case 'heading':
        return {
          type: 'heading',
          level: one.depth,
          children: inlines(one.tokens, one.text, depth),
        };
      case 'code':
        // Four spaces before a line are how people paste, not how they mark code.
        if (one.codeBlockStyle === 'indented')
          return { type: 'paragraph', children: lines(one.raw.replace(/\n+$/, '')) };
        return {
          type: 'code',
          language: /^[\w+#.-]{1,24}/.exec(one.lang ?? '')?.[0].toLowerCase() ?? '',
          text: one.text,
        };
      case 'blockquote':
        return { type: 'quote', children: blocks(one.tokens, depth + 1) };
      case 'list':
        return {
          type: 'list',
          start: one.ordered ? Number(one.start) || 1 : null,
          items: one.items.map((item) => listItem(item, depth)),
        };
      case 'hr':
        return { type: 'rule' };
      case 'table':
        return {
          type: 'table',
          head: cells(one.header, depth),
          rows: one.rows.map((row) => cells(row, depth)),
        };
      default:
        return { type: 'paragraph', children: lines(token.raw.replace(/\n+$/, '')) };
    }
  }

  function listItem(item: Tokens.ListItem, depth: number): ListItem {
    const children = item.tokens.filter((token) => token.type !== 'checkbox');
    return {
      isDone: item.task ? item.checked === true : null,
      children: blocks(children, depth + 1),
    };
  }

  const lines = (text: string): readonly Inline[] =>
    text
      .split('\n')
      .flatMap((line, at): readonly Inline[] => [...(at > 0 ? [BREAK] : []), ...letters(line)]);

  function blocks(tokens: readonly Token[], depth: number): readonly Block[] {
    const made: Block[] = [];
    for (const token of tokens) {
      const isOver = left-- <= 0 || depth > DEEPEST;
      const one = isOver
        ? { type: 'paragraph' as const, children: lines(token.raw) }
        : block(token, depth);
      if (one) made.push(one);
    }
    return made;
  }

  return { blocks };
}

/** A chip inside a link would be a button inside a link: two things at one place. */
function withoutChips(children: readonly Inline[]): readonly Inline[] {
  return children.map((one): Inline => {
    if (one.type === 'mention' || one.type === 'channel') return { type: 'text', text: one.text };
    if (one.type === 'strong' || one.type === 'em' || one.type === 'del')
      return { ...one, children: withoutChips(one.children) };
    return one;
  });
}

/** The lexer cuts text at characters that might have begun something; a name must be whole to be found. */
function joinText(tokens: readonly Token[]): readonly Token[] {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    if (token.type === 'text' && last?.type === 'text' && !token.tokens && !last.tokens) {
      joined[joined.length - 1] = {
        ...last,
        raw: last.raw + token.raw,
        text: `${last['text'] as string}${token['text'] as string}`,
      };
    } else joined.push(token);
  }
  return joined;
}

/** The text without its marks, for a line in a list, an announcement, or the clipboard's sake. */
export function toPlainText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join('\n');
}

function blockText(block: Block): string {
  switch (block.type) {
    case 'paragraph':
    case 'heading':
      return inlineText(block.children);
    case 'code':
      return block.text;
    case 'quote':
      return toPlainText(block.children);
    case 'list':
      return block.items.map((item) => toPlainText(item.children)).join('\n');
    case 'rule':
      return '';
    case 'table':
      return [block.head, ...block.rows]
        .map((row) => row.map((cell) => inlineText(cell.children)).join(' '))
        .join('\n');
  }
}

function inlineText(children: readonly Inline[]): string {
  return children
    .map((one) =>
      one.type === 'break' ? '\n' : 'children' in one ? inlineText(one.children) : one.text,
    )
    .join('');
}
