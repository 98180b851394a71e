/**
 * Markdown to a small tree of our own, by the lexer of `marked` alone: no HTML string is ever made,
 * so there is nothing to sanitise. What the tree has no word for (HTML, images, definitions) stays
 * in it as the letters that were typed. What the rules read and what the tree holds is bounded
 * (`bounds.ts`): 16 KiB of anything is read and drawn within 50 ms.
 */
import type { Token, Tokens } from 'marked';
import { lexBounded } from './bounded-lexer.ts';
import { MOST_PARTS } from './bounds.ts';
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
  /** Letters and line ends as they were typed, with no mark read. */
  | { readonly type: 'plain'; readonly text: string }
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

export function parseMarkdown(text: string, known: Known): readonly Block[] {
  try {
    return createReader(known).blocks(lexBounded(text));
  } catch {
    // More than the bounds allow, or a text that the lexer calls endless: the letters are still
    // worth showing.
    return [{ type: 'plain', text }];
  }
}

const BREAK: Inline = { type: 'break' };

// Chinese is written without spaces: an address ends where a full-width mark begins.
const FULL_WIDTH_END =
  /[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201d\u2026]/u;

function createReader(known: Known): {
  blocks(tokens: readonly Token[]): readonly Block[];
} {
  let left = MOST_PARTS;
  function counted<Part>(parts: readonly Part[]): readonly Part[] {
    left -= parts.length;
    if (left < 0) throw new Error('too many parts');
    return parts;
  }

  const letters = (text: string): readonly Inline[] => counted([{ type: 'text', text }]);
  const pieces = (text: string): readonly Inline[] => counted(findPieces(text, known));

  function inlines(tokens: readonly Token[] | undefined, raw: string): readonly Inline[] {
    if (tokens === undefined) return pieces(raw);
    return joinText(tokens).flatMap(inline);
  }

  function inline(token: Token): readonly Inline[] {
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
        return one.tokens ? inlines(one.tokens, one.raw) : pieces(one.raw);
      case 'escape':
        return letters(one.text);
      case 'strong':
      case 'em':
      case 'del':
        return counted([{ type: one.type, children: inlines(one.tokens, one.text) }]);
      case 'codespan':
        return counted([{ type: 'code', text: one.text }]);
      case 'br':
        return counted([BREAK]);
      case 'link':
        return link(one);
      default:
        // HTML, images and whatever a later lexer may invent.
        return letters(token.raw);
    }
  }

  function link(token: Tokens.Link): readonly Inline[] {
    const isAddress =
      token.autolink === true || token.href === token.raw || token.raw === token.text;
    const end = isAddress ? token.raw.search(FULL_WIDTH_END) : -1;
    if (end > 0) {
      const address = token.raw.slice(0, end);
      return [...linkTo(address, letters(address)), ...pieces(token.raw.slice(end))];
    }
    if (isAddress) return linkTo(token.href, letters(token.raw.replace(/^<|>$/g, '')));
    const safe = safeLink(token.href);
    // The whole of it stays visible, so that nobody wonders where the address went.
    if (safe === null) return letters(token.raw);
    return [{ type: 'link', ...safe, children: withoutChips(inlines(token.tokens, token.text)) }];
  }

  function linkTo(address: string, children: readonly Inline[]): readonly Inline[] {
    const safe = safeLink(address.startsWith('www.') ? `http://${address}` : address);
    return safe === null ? children : [{ type: 'link', ...safe, children }];
  }

  function cells(row: readonly Tokens.TableCell[]): readonly Cell[] {
    return row.map((cell) => ({
      align: cell.align === 'center' ? 'center' : cell.align === 'right' ? 'end' : 'start',
      children: inlines(cell.tokens, cell.text),
    }));
  }

  function block(token: Token): Block | null {
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
        return { type: 'paragraph', children: inlines(one.tokens, one.text) };
      case 'heading':
        return {
          type: 'heading',
          level: one.depth,
          children: inlines(one.tokens, one.text),
        };
      case 'code':
        // Four spaces before a line are how people paste, not how they mark code.
        if (one.codeBlockStyle === 'indented')
          return { type: 'paragraph', children: lines(withoutLastLineEnds(one.raw)) };
        return {
          type: 'code',
          language: /^[\w+#.-]{1,24}/.exec(one.lang ?? '')?.[0].toLowerCase() ?? '',
          text: one.text,
        };
      case 'blockquote':
        return { type: 'quote', children: blocks(one.tokens) };
      case 'list':
        return {
          type: 'list',
          start: one.ordered ? Number(one.start) || 1 : null,
          items: one.items.map((item) => listItem(item)),
        };
      case 'hr':
        return { type: 'rule' };
      case 'table':
        return {
          type: 'table',
          head: cells(one.header),
          rows: one.rows.map((row) => cells(row)),
        };
      default:
        return { type: 'paragraph', children: lines(withoutLastLineEnds(token.raw)) };
    }
  }

  function listItem(item: Tokens.ListItem): ListItem {
    const children = item.tokens.filter((token) => token.type !== 'checkbox');
    return {
      isDone: item.task ? item.checked === true : null,
      children: blocks(children),
    };
  }

  const lines = (text: string): readonly Inline[] =>
    text
      .split('\n')
      .flatMap((line, at): readonly Inline[] => [...(at > 0 ? [BREAK] : []), ...letters(line)]);

  function blocks(tokens: readonly Token[]): readonly Block[] {
    const shown = tokens.filter(({ type }) => type !== 'space');
    return counted(shown).flatMap((token) => block(token) ?? []);
  }

  return { blocks };
}

/** Not by an expression: `\n+$` tries each line end of a long run of them anew. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 10) end--;
  return text.slice(0, end);
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

/**
 * The lexer cuts text at characters that might have begun something; a name must be whole to be
 * found.
 */
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
    case 'plain':
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
