/**
 * Draws the tree of a message as React elements. Nothing here takes HTML. Read texts are kept by their letters, so that a row
 * that scrolls back into view is not read again.
 */
import { memo, type ReactNode } from 'react';
import { LONGEST_CONTEXTUAL } from './bounds.ts';
import { CodeBlock } from './code-block.tsx';
import { languageOf } from './script.ts';
import { parseMarkdown, type Block, type Inline } from './markdown.ts';
import type { Known } from './mentions.ts';
import { cx } from '../ui/cx.ts';
import styles from './message-text.module.css';

/** What chips and links need of the team; a new object only when something in it changed. */
export interface TextContext extends Known {
  readonly me: string;
  /** The name to show for a handle. */
  nameOf(handle: string): string | undefined;
  idOf(handle: string): string | undefined;
  channelOf(name: string): string | undefined;
  onMember(member: string): void;
  onChannel(channel: string): void;
  onLink(href: string): void;
}

const KEPT = 400;
const read = new WeakMap<TextContext, Map<string, readonly Block[]>>();

function blocksOf(text: string, context: TextContext): readonly Block[] {
  let texts = read.get(context);
  if (!texts) read.set(context, (texts = new Map<string, readonly Block[]>()));
  const known = texts.get(text);
  if (known) return known;
  const blocks = parseMarkdown(text, context);
  const oldest = texts.size >= KEPT ? texts.keys().next().value : undefined;
  if (oldest !== undefined) texts.delete(oldest);
  texts.set(text, blocks);
  return blocks;
}

export const MessageText = memo(function MessageText({
  text,
  context,
}: {
  readonly text: string;
  readonly context: TextContext;
}) {
  const blocks = blocksOf(text, context);
  return (
    <div
      className={cx(styles['text'], text.length > LONGEST_CONTEXTUAL && styles['long'])}
      dir="auto"
      lang={languageOf(text)}
    >
      {blocks.map((block, at) => drawBlock(block, at, context))}
    </div>
  );
});

function drawBlock(block: Block, key: number, context: TextContext): ReactNode {
  switch (block.type) {
    case 'paragraph':
      return (
        <p key={key} dir="auto" className={cx(isLargeEmoji(block) && styles['emoji'])}>
          {drawInlines(block.children, context)}
        </p>
      );
    case 'heading':
      // A message is no document: headings are weight, and do not enter the page's outline.
      return (
        <p
          key={key}
          dir="auto"
          className={cx(styles['heading'], block.level <= 2 && styles['large'])}
        >
          {drawInlines(block.children, context)}
        </p>
      );
    case 'code':
      return <CodeBlock key={key} code={block.text} language={block.language} />;
    case 'quote':
      return (
        <blockquote key={key}>
          {block.children.map((one, at) => drawBlock(one, at, context))}
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, at) => (
        <li key={at} className={cx(item.isDone !== null && styles['task'])}>
          {item.isDone !== null && (
            <span aria-hidden className={cx(styles['box'], item.isDone && styles['done'])} />
          )}
          {item.children.map((one, place) => drawBlock(one, place, context))}
        </li>
      ));
      return block.start === null ? (
        <ul key={key}>{items}</ul>
      ) : (
        <ol key={key} start={block.start}>
          {items}
        </ol>
      );
    }
    case 'rule':
      return <hr key={key} />;
    case 'plain':
      return (
        <p key={key} dir="auto" className={styles['plain']}>
          {block.text}
        </p>
      );
    case 'table':
      return (
        <div key={key} className={styles['wide']}>
          <table>
            <thead>
              <tr>
                {block.head.map((cell, at) => (
                  <th key={at} style={{ textAlign: cell.align }}>
                    {drawInlines(cell.children, context)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, at) => (
                <tr key={at}>
                  {row.map((cell, place) => (
                    <td key={place} style={{ textAlign: cell.align }}>
                      {drawInlines(cell.children, context)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
  }
}

const drawInlines = (children: readonly Inline[], context: TextContext): ReactNode =>
  children.map((one, at) => drawInline(one, at, context));

function drawInline(one: Inline, key: number, context: TextContext): ReactNode {
  switch (one.type) {
    case 'text':
      return one.text;
    case 'break':
      return <br key={key} />;
    case 'code':
      return <code key={key}>{one.text}</code>;
    case 'strong':
      return <strong key={key}>{drawInlines(one.children, context)}</strong>;
    case 'em':
      return <em key={key}>{drawInlines(one.children, context)}</em>;
    case 'del':
      return <del key={key}>{drawInlines(one.children, context)}</del>;
    case 'link':
      return (
        <a
          key={key}
          href={one.href}
          rel="noreferrer"
          draggable={false}
          title={one.punycodeHost ?? (one.href.length > 300 ? undefined : one.href)}
          onClick={(event) => {
            event.preventDefault();
            context.onLink(one.href);
          }}
          onAuxClick={(event) => event.preventDefault()}
        >
          {drawInlines(one.children, context)}
          {one.punycodeHost !== null && (
            <span className={styles['host']}> [{one.punycodeHost}]</span>
          )}
        </a>
      );
    case 'mention':
      return <MentionChip key={key} piece={one} context={context} />;
    case 'channel': {
      const channel = context.channelOf(one.name);
      return channel === undefined ? (
        one.text
      ) : (
        <button
          key={key}
          type="button"
          className={styles['chip']}
          onClick={() => context.onChannel(channel)}
        >
          {one.text}
        </button>
      );
    }
  }
}

function MentionChip({
  piece,
  context,
}: {
  readonly piece: Extract<Inline, { type: 'mention' }>;
  readonly context: TextContext;
}) {
  if (piece.whom !== 'handle')
    return <span className={cx(styles['chip'], styles['me'])}>{piece.text}</span>;
  const member = context.idOf(piece.handle);
  const isMe = member === context.me;
  return (
    <button
      type="button"
      className={cx(styles['chip'], isMe && styles['me'])}
      title={context.nameOf(piece.handle)}
      onClick={() => member !== undefined && context.onMember(member)}
    >
      {piece.text}
    </button>
  );
}

const ONLY_EMOJI =
  /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\u200d\ufe0f\u20e3]|\s)+$/u;

/** One to three emoji and nothing else are said louder. */
function isLargeEmoji(block: Extract<Block, { type: 'paragraph' }>): boolean {
  const only = block.children.length === 1 ? block.children[0] : undefined;
  return (
    only?.type === 'text' &&
    only.text.length <= 24 &&
    ONLY_EMOJI.test(only.text) &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(only.text)
  );
}
