/**
 * Completion of `@` and `#` while writing: finds what is being named at the caret and who or what that could be. Pure. Works
 * for Chinese, which puts no space before an `@` and matches anywhere in a name.
 */
import type { ChannelView, MemberView } from '../../../electron/bridge/views.ts';

export interface Asked {
  readonly sign: '@' | '#';
  readonly typed: string;
  /** UTF-16 offset of the sign. */
  readonly from: number;
  readonly to: number;
}

export type Suggestion =
  | {
      readonly kind: 'member';
      readonly id: string;
      readonly insert: string;
      readonly member: MemberView;
    }
  | { readonly kind: 'everyone'; readonly id: 'here' | 'channel'; readonly insert: string }
  | {
      readonly kind: 'channel';
      readonly id: string;
      readonly insert: string;
      readonly channel: ChannelView;
    };

const MOST = 8;
const BEFORE_CARET = /(?<![\p{Script=Latin}\p{N}_@#/.&])([@#])([\p{L}\p{M}\p{N}._-]{0,40})$/u;

/** @returns what is being named just before the caret, outside code */
export function askedAt(text: string, caret: number): Asked | null {
  const before = text.slice(Math.max(0, caret - 64), caret);
  const match = BEFORE_CARET.exec(before);
  if (!match) return null;
  const lineStart = text.lastIndexOf('\n', caret - 1) + 1;
  const ticks = text.slice(lineStart, caret).split('`').length - 1;
  const fences = text.slice(0, lineStart).match(/^ {0,3}```/gm)?.length ?? 0;
  if (ticks % 2 === 1 || fences % 2 === 1) return null;
  const typed = match[2] ?? '';
  return {
    sign: match[1] === '#' ? '#' : '@',
    typed: typed.toLowerCase(),
    from: caret - typed.length - 1,
    to: caret,
  };
}

/** Lower is better; Infinity does not match. */
export function rank(typed: string, ...names: readonly string[]): number {
  if (typed === '') return 2;
  let best = Infinity;
  for (const name of names) {
    const lower = name.toLowerCase();
    const at = lower.indexOf(typed);
    if (at === 0) best = Math.min(best, lower === typed ? 0 : 1);
    else if (at > 0) best = Math.min(best, /[\s._-]/.test(lower.charAt(at - 1)) ? 2 : 3);
  }
  return best;
}

export interface Nameable {
  readonly members: readonly MemberView[];
  readonly channels: readonly ChannelView[];
  readonly me: string;
  /** Here and channel make sense where more than two listen. */
  readonly hasEveryone: boolean;
}

export function suggest(
  asked: Asked,
  { members, channels, me, hasEveryone }: Nameable,
): readonly Suggestion[] {
  if (asked.sign === '#') {
    return sorted(
      channels.filter((one) => one.name !== '' && !one.isArchived),
      (one) => rank(asked.typed, one.name),
    ).map((channel) => ({
      kind: 'channel',
      id: channel.id,
      insert: `#${channel.name}`,
      channel,
    }));
  }
  const people = sorted(
    members.filter((one) => one.isActive && one.id !== me),
    (one) => rank(asked.typed, one.handle, one.name),
  ).map((member): Suggestion => ({
    kind: 'member',
    id: member.id,
    insert: `@${member.handle}`,
    member,
  }));
  const all = hasEveryone
    ? (['here', 'channel'] as const)
        .filter((id) => rank(asked.typed, id) <= 1 || (asked.typed === '' && people.length < MOST))
        .map((id): Suggestion => ({ kind: 'everyone', id, insert: `@${id}` }))
    : [];
  return [...people, ...all].slice(0, MOST);
}

function sorted<T>(all: readonly T[], rankOf: (one: T) => number): readonly T[] {
  return all
    .map((one, at) => ({ one, at, rank: rankOf(one) }))
    .filter(({ rank: value }) => value < Infinity)
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .slice(0, MOST)
    .map(({ one }) => one);
}

export interface Completed {
  readonly text: string;
  readonly caret: number;
}

/** Puts the suggestion in place of what was typed, with a space after it. */
export function complete(text: string, asked: Asked, { insert }: Suggestion): Completed {
  const after = text.slice(asked.to);
  const gap = /^\s/.test(after) ? '' : ' ';
  const head = text.slice(0, asked.from) + insert;
  return { text: head + gap + after, caret: head.length + 1 };
}
