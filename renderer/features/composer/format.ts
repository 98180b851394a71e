/** The formatting buttons: put marks round the selection, or take them away; the caret stays where the writer expects it. */
export interface Selection {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}
export type Mark = 'bold' | 'italic' | 'code';

const MARKS: Readonly<Record<Mark, string>> = { bold: '**', italic: '_', code: '`' };

export function format({ text, from, to }: Selection, mark: Mark): Selection {
  const selected = text.slice(from, to);
  if (mark === 'code' && selected.includes('\n')) return fence({ text, from, to });
  const sign = MARKS[mark];
  const outside =
    text.slice(from - sign.length, from) === sign && text.slice(to, to + sign.length) === sign;
  if (outside) {
    return {
      text: text.slice(0, from - sign.length) + selected + text.slice(to + sign.length),
      from: from - sign.length,
      to: to - sign.length,
    };
  }
  const isMarked =
    selected.length >= 2 * sign.length && selected.startsWith(sign) && selected.endsWith(sign);
  if (isMarked) {
    const bare = selected.slice(sign.length, -sign.length);
    return { text: text.slice(0, from) + bare + text.slice(to), from, to: from + bare.length };
  }
  // A mark before a blank would not be read as one.
  const core = selected.trim();
  const lead = selected.length - selected.trimStart().length;
  const start = from + lead;
  const made = text.slice(0, start) + sign + core + sign + text.slice(start + core.length);
  return { text: made, from: start + sign.length, to: start + sign.length + core.length };
}

function fence({ text, from, to }: Selection): Selection {
  const before = text.slice(0, from);
  const lead = before === '' || before.endsWith('\n') ? '' : '\n';
  const after = text.slice(to);
  const tail = after === '' || after.startsWith('\n') ? '' : '\n';
  const start = from + lead.length + 4;
  return {
    text: `${before}${lead}\`\`\`\n${text.slice(from, to)}\n\`\`\`${tail}${after}`,
    from: start,
    to: start + (to - from),
  };
}
