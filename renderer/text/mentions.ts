/**
 * Finds `@handle`, `@here`, `@channel` and `#channel` in a run of plain text, to draw them as chips. The rule for `@` is the
 * wire's (protocol/mentions.ts), which the window may not import; a test holds the two together. Code has been taken out by
 * the Markdown lexer before a run comes here.
 */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'mention';
      readonly text: string;
      readonly whom: 'handle' | 'here' | 'channel';
      readonly handle: string;
    }
  | { readonly type: 'channel'; readonly text: string; readonly name: string };

export interface Known {
  isHandle(handle: string): boolean;
  isChannel(name: string): boolean;
}

const START =
  /(?<![\p{Script=Latin}\p{N}_@/.])@(?=[\p{L}\p{N}])|(?<![\p{Script=Latin}\p{N}_#/&])#(?=[\p{L}\p{N}])/gu;
const HANDLE_RUN = /^[\p{L}\p{M}\p{N}._-]{1,64}/u;
const NAME_RUN = /^[^\n#@]{1,80}/u;
/** A text that names more than this is not read by names. */
const MOST_STARTS = 300;
const LATIN = /[\p{Script=Latin}\p{N}]/u;

export function findPieces(text: string, known: Known): readonly Piece[] {
  if (!text.includes('@') && !text.includes('#')) return [{ type: 'text', text }];
  const pieces: Piece[] = [];
  let done = 0;
  let starts = 0;
  for (const { index } of text.matchAll(START)) {
    if (index < done) continue;
    if (++starts > MOST_STARTS) break;
    const piece =
      text[index] === '@' ? mentionAt(text, index, known) : channelAt(text, index, known);
    if (piece === undefined) continue;
    if (index > done) pieces.push({ type: 'text', text: text.slice(done, index) });
    pieces.push(piece);
    done = index + piece.text.length;
  }
  if (done < text.length) pieces.push({ type: 'text', text: text.slice(done) });
  return pieces;
}

function mentionAt(text: string, at: number, known: Known): Piece | undefined {
  const run = HANDLE_RUN.exec(text.slice(at + 1, at + 70))?.[0] ?? '';
  for (const { length, word } of cuts(run)) {
    const shown = text.slice(at, at + 1 + length);
    if (word === 'here' || word === 'channel')
      return { type: 'mention', text: shown, whom: word, handle: word };
    if (known.isHandle(word)) return { type: 'mention', text: shown, whom: 'handle', handle: word };
  }
  return undefined;
}

function channelAt(text: string, at: number, known: Known): Piece | undefined {
  const run = NAME_RUN.exec(text.slice(at + 1, at + 90))?.[0] ?? '';
  for (const { length, word } of cuts(run)) {
    if (known.isChannel(word))
      return { type: 'channel', text: text.slice(at, at + 1 + length), name: word };
  }
  return undefined;
}

/** Ever shorter beginnings of a run; Latin words are not cut in the middle, Chinese is written without spaces. */
function* cuts(run: string): Generator<{ readonly length: number; readonly word: string }> {
  for (let length = run.length; length > 0; length--) {
    const next = run.charAt(length);
    if (next !== '' && LATIN.test(next) && LATIN.test(run.charAt(length - 1))) continue;
    yield { length, word: run.slice(0, length).normalize('NFC').toLowerCase() };
  }
}
