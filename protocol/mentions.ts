/**
 * Who a text calls. `@handle`, `@here` and `@channel` count outside code. Chinese is written without spaces, so a
 * handle ends where the longest known handle ends: in `@佳穎請看` the handle is `佳穎` if a member is called that.
 */

export interface MentionSpan {
  /** UTF-16 offsets into the text, `@` included. */
  readonly from: number;
  readonly to: number;
  readonly whom: 'handle' | 'here' | 'channel';
  readonly handle: string;
}

const CODE = /(`{3,})[\s\S]*?(?:\1|$)|(`+)[^`](?:[\s\S]*?[^`])?\2(?!`)/gu;
// A Latin letter, digit, `.` or `/` before the `@` makes it an address, not a mention; a Chinese character does not.
const START = /(?<![\p{Script=Latin}\p{N}_@/.])@(?=[\p{L}\p{N}])/gu;
const RUN = /^[\p{L}\p{M}\p{N}._-]{1,64}/u;

/** @param isKnown whether a lower-case handle belongs to a member */
export function findMentions(
  text: string,
  isKnown: (handle: string) => boolean,
): readonly MentionSpan[] {
  if (!text.includes('@')) return [];
  const code: (readonly [number, number])[] = [];
  if (text.includes('`'))
    for (const match of text.matchAll(CODE))
      code.push([match.index, match.index + match[0].length]);
  const found: MentionSpan[] = [];
  for (const { index } of text.matchAll(START)) {
    if (code.some(([from, to]) => index >= from && index < to)) continue;
    const run = RUN.exec(text.slice(index + 1, index + 70))?.[0] ?? '';
    const span = longestKnown(run, isKnown);
    if (span)
      found.push({
        from: index,
        to: index + 1 + span.length,
        whom: span.whom,
        handle: span.handle,
      });
  }
  return found;
}

function longestKnown(
  run: string,
  isKnown: (handle: string) => boolean,
):
  | { readonly length: number; readonly whom: MentionSpan['whom']; readonly handle: string }
  | undefined {
  for (let length = run.length; length > 0; length--) {
    const next = run.charAt(length);
    // Latin words are not cut in the middle: `@anna` is not a mention of `ann`.
    if (
      next !== '' &&
      /[\p{Script=Latin}\p{N}]/u.test(next) &&
      /[\p{Script=Latin}\p{N}]/u.test(run.charAt(length - 1))
    )
      continue;
    const handle = run.slice(0, length).normalize('NFC').toLowerCase();
    if (handle === 'here' || handle === 'channel') return { length, whom: handle, handle };
    if (isKnown(handle)) return { length, whom: 'handle', handle };
  }
  return undefined;
}

/** Whom a text calls, as bits: they stand beside each cached message, so that counting mentions is one comparison. */
export const CALLS = { me: 1, here: 2, channel: 4 } as const;

/** Which calls count as a mention of oneself. */
export const callsMask = (ignoreChannelMentions: boolean): number =>
  ignoreChannelMentions ? CALLS.me | CALLS.here : CALLS.me | CALLS.here | CALLS.channel;

export function callsOf(
  text: string,
  myHandle: string,
  isKnown: (handle: string) => boolean,
): number {
  let calls = 0;
  for (const { whom, handle } of findMentions(text, isKnown)) {
    if (whom === 'here') calls |= CALLS.here;
    else if (whom === 'channel') calls |= CALLS.channel;
    else if (handle === myHandle) calls |= CALLS.me;
  }
  return calls;
}
