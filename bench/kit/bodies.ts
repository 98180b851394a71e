/**
 * The text of a benchmark message: a mark, the message's number, filler. ASCII without quotes, `@` or backslashes, so that it
 * travels unescaped and every contestant carries the same bytes.
 */
export const MARK = 60; // '<', twice
const DIGITS = 8;
const HEAD = 2 + DIGITS + 1;

const FILLER = 'the quick brown fox jumps over the lazy dog and comes home late for tea, again. ';

/** Makes the bodies of one length. Cheap: the filler is built once. */
export function bodiesOf(bytes: number): (n: number) => string {
  if (bytes < HEAD) throw new Error(`a body has at least ${HEAD} bytes`);
  const filler = FILLER.repeat(Math.ceil(bytes / FILLER.length)).slice(0, bytes - HEAD);
  return (n) => `<<${String(n).padStart(DIGITS, '0')}:${filler}`;
}

/** Calls back with the number of every body between `from` and `to`; returns how many there were. */
export function eachBody(
  buffer: Buffer,
  from: number,
  to: number,
  bodyBytes: number,
  take: (n: number) => void,
): number {
  let count = 0;
  const last = to - HEAD;
  for (let at = from; at <= last; at++) {
    if (buffer[at] !== MARK || buffer[at + 1] !== MARK) continue;
    let n = 0;
    for (let i = at + 2; i < at + 2 + DIGITS; i++) n = n * 10 + ((buffer[i] ?? 0) - 48);
    take(n);
    count += 1;
    at += bodyBytes - 1;
  }
  return count;
}
