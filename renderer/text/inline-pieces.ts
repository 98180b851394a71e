/**
 * Cuts a paragraph into pieces that the inline rules read in time. A piece ends after a blank; a
 * word, a blank or an address that is too long for any rule is a piece of its own, to be shown as
 * it is. What spans two pieces is not read as a mark.
 */
import { LONGEST_ADDRESS, LONGEST_RUN, LONGEST_SPACE, LONGEST_WORD, MOST_MARKS } from './bounds.ts';

export interface InlinePiece {
  readonly text: string;
  /** Shown as it is: handed to no rule. */
  readonly isPlain: boolean;
}

/**
 * A word of ASCII, blanks, or letters of another script, which may go on for long without a blank.
 */
const UNIT = /[!-;=-~]+|\s+|[^!-;=-~\s]+/gu;
const MARK = /\*+|_+|~+|`+|[[\]<!\\&|@]/g;
const ADDRESS = /https?:\/\/[a-z0-9]|www\.[a-z0-9]/i;

/** Together the pieces are the text, in order. */
export function piecesOf(text: string): readonly InlinePiece[] {
  if (text.length <= LONGEST_WORD && countMarks(text) <= MOST_MARKS)
    return [{ text, isPlain: false }];
  const pieces: InlinePiece[] = [];
  let open = '';
  let marks = 0;
  const close = (): void => {
    if (open !== '') pieces.push({ text: open, isPlain: false });
    open = '';
    marks = 0;
  };
  const add = (unit: string): void => {
    const more = countMarks(unit);
    const isBlank = /^\s/.test(unit);
    const isFull = open.length + unit.length > LONGEST_RUN - LONGEST_SPACE;
    if (!isBlank && (isFull || marks + more > MOST_MARKS)) close();
    open += unit;
    marks += more;
  };
  for (const { unit, isPlain } of unitsOf(text)) {
    if (!isPlain) add(unit);
    else {
      close();
      pieces.push({ text: unit, isPlain });
    }
  }
  close();
  return pieces;
}

function* unitsOf(text: string): Generator<{ readonly unit: string; readonly isPlain: boolean }> {
  for (const [unit] of text.matchAll(UNIT)) {
    if (/^\s/.test(unit)) yield { unit, isPlain: unit.length > LONGEST_SPACE };
    else if (unit.length <= LONGEST_WORD || !/^[!-~]/.test(unit)) {
      for (let at = 0; at < unit.length; at += LONGEST_WORD) {
        const part = unit.slice(at, at + LONGEST_WORD);
        yield { unit: part, isPlain: countMarks(part) > MOST_MARKS };
      }
    } else {
      const at = unit.search(ADDRESS);
      const before = at < 0 ? unit : unit.slice(0, at);
      const address = at < 0 ? '' : unit.slice(at);
      if (before !== '') yield { unit: before, isPlain: before.length > LONGEST_WORD };
      if (address !== '') yield { unit: address, isPlain: address.length > LONGEST_ADDRESS };
    }
  }
}

/** What may begin or end something for an inline rule. */
const countMarks = (text: string): number => text.match(MARK)?.length ?? 0;
