/**
 * Who a text calls. `@handle`, `@here` and `@channel` count outside code. Chinese is written
 * without spaces, so a handle ends where the longest known handle ends: in `@佳穎請看` the handle is
 * `佳穎` if a member is called that.
 */

export interface MentionSpan {
  /** UTF-16 offsets into the text, `@` included. */
  readonly from: number;
  readonly to: number;
  readonly whom: 'handle' | 'here' | 'channel';
  readonly handle: string;
}

const BACKTICK = 0x60;
// A Latin letter, digit, `.` or `/` before the `@` makes it an address, not a mention; a Chinese
// character does not.
const START = /(?<![\p{Script=Latin}\p{N}_@/.])@(?=[\p{L}\p{N}])/gu;
const RUN = /^[\p{L}\p{M}\p{N}._-]{1,64}/u;

/** @param isKnown whether a lower-case handle belongs to a member */
export function findMentions(
  text: string,
  isKnown: (handle: string) => boolean,
): readonly MentionSpan[] {
  if (!text.includes('@')) return [];
  const code = codeSpans(text);
  let span = code.next();
  const found: MentionSpan[] = [];
  for (const { index } of text.matchAll(START)) {
    while (!span.done && span.value.to <= index) span = code.next();
    if (!span.done && span.value.from <= index) continue;
    const run = RUN.exec(text.slice(index + 1, index + 70))?.[0] ?? '';
    const known = longestKnown(run, isKnown);
    if (known)
      found.push({
        from: index,
        to: index + 1 + known.length,
        whom: known.whom,
        handle: known.handle,
      });
  }
  return found;
}

/**
 * The code in a text, in order, in time that grows with its length. Three or more backticks reach
 * to as many again, or to the end of the text. One or two reach to the next run of exactly as many,
 * and without one they are no code.
 */
function* codeSpans(text: string): Generator<{ readonly from: number; readonly to: number }> {
  /**
   * Where the next run of exactly so many begins, kept until it is passed; -1 where there is none.
   */
  const next = { 1: 0, 2: 0 };
  const findRun = (count: 1 | 2, from: number): number => {
    if (next[count] < 0 || next[count] >= from) return next[count];
    let at = text.indexOf('`', from);
    while (at >= 0 && runAt(text, at) !== count) at = text.indexOf('`', at + runAt(text, at));
    return (next[count] = at);
  };
  for (let at = text.indexOf('`'); at >= 0; at = text.indexOf('`', at)) {
    const length = runAt(text, at);
    if (length >= 3) {
      const close = text.indexOf('`'.repeat(length), at + length);
      const to = close < 0 ? text.length : close + length;
      yield { from: at, to };
      at = to;
      continue;
    }
    const close = findRun(length === 1 ? 1 : 2, at + length);
    if (close < 0) at++;
    else {
      yield { from: at, to: close + length };
      at = close + length;
    }
  }
}

function runAt(text: string, at: number): number {
  let end = at;
  while (text.charCodeAt(end) === BACKTICK) end++;
  return end - at;
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

/**
 * Whom a text calls, as bits: they stand beside each cached message, so that counting mentions is
 * one comparison.
 */
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
