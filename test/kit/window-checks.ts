/**
 * The promises about what a person sees, as checkers over the rows of a timeline and the state of a window. Each answers the violations
 * it sees, in words.
 */
import { isDeepStrictEqual } from 'node:util';
import type { TimelineRow, TimelineView } from '../../electron/bridge/views.ts';

const seqOf = (row: TimelineRow): number | null => (row.type === 'hole' ? row.to : row.seq);

/** Rows ascend, each is there once, what is still to be sent stands at the tail, and a message stands where its number says. */
export function rowsInOrder(rows: readonly TimelineRow[]): readonly string[] {
  const found: string[] = [];
  const keys = new Set<string>();
  let isTail = false;
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    if (before && !(before.order < row.order))
      found.push(`row ${row.key} (${row.order}) stands after ${before.key} (${before.order})`);
    if (keys.has(row.key)) found.push(`row ${row.key} is there twice`);
    keys.add(row.key);
    const isPending = row.type === 'message' && row.seq === null;
    if (isTail && !isPending)
      found.push(`row ${row.key} stands below messages that are still to be sent`);
    isTail ||= isPending;
    if (row.type === 'message' && row.seq !== null && row.order !== row.seq)
      found.push(`message ${row.key} has the number ${row.seq} and the order ${row.order}`);
    if (row.type === 'message' && row.seq === null && row.delivery.state === 'sent')
      found.push(`message ${row.key} is called sent without a number`);
  });
  return found;
}

/**
 * What is not adjacent in the feed is not drawn as if it were.
 * @param drawn  the numbers of the feed's events that have a row, ascending
 */
export function noSilentGap(
  rows: readonly TimelineRow[],
  drawn: readonly number[],
): readonly string[] {
  const placed = rows.filter((row) => seqOf(row) !== null);
  const last = Math.max(0, ...placed.map((row) => seqOf(row) ?? 0));
  const first = placed[0];
  if (!first) return [];
  const covered = new Set<number>();
  for (const row of placed) if (row.type !== 'hole') covered.add(row.seq ?? 0);
  const holes = rows.filter((row) => row.type === 'hole');
  const from = first.type === 'hole' ? first.from : (seqOf(first) ?? 0);
  return drawn
    .filter(
      (seq) =>
        seq > from &&
        seq <= last &&
        !covered.has(seq) &&
        !holes.some((hole) => seq >= hole.from && seq <= hole.to),
    )
    .map((seq) => `the row of ${seq} is missing, and no hole says so`);
}

/** At rest, at the live end, a timeline shows everything there is. */
export function showsAll(
  { rows, hasOlder, hasNewer }: TimelineView,
  drawn: readonly number[],
): readonly string[] {
  if (hasNewer) return [];
  const seqs = new Set(rows.flatMap((row) => (row.type === 'hole' ? [] : [row.seq])));
  const low = hasOlder ? Math.min(...rows.map((row) => seqOf(row) ?? Infinity)) : 0;
  return drawn
    .filter((seq) => seq >= low && !seqs.has(seq))
    .map((seq) => `the row of ${seq} is not shown`);
}

/** Watches one window over time: a message that was confirmed never gets another place, and never turns unsent again. */
export function createMoveWatch(): { look(rows: readonly TimelineRow[]): readonly string[] } {
  const places = new Map<string, number>();
  return {
    look(rows) {
      const found: string[] = [];
      for (const row of rows) {
        if (row.type !== 'message') continue;
        const before = places.get(row.key);
        if (row.seq !== null) places.set(row.key, row.seq);
        if (before !== undefined && row.seq !== before)
          found.push(`message ${row.key} moved from ${before} to ${row.seq ?? 'unsent'}`);
      }
      return found;
    },
  };
}

/** The standing rule of the bridge: a snapshot and the events after it come to what a fresh snapshot says. */
export function sameState(built: unknown, fresh: unknown): readonly string[] {
  if (isDeepStrictEqual(built, fresh)) return [];
  const at = firstDifference(built, fresh, '');
  return [`the window differs from a fresh snapshot at ${at.path}: ${at.left} and ${at.right}`];
}

function firstDifference(
  left: unknown,
  right: unknown,
  path: string,
): { readonly path: string; readonly left: string; readonly right: string } {
  if (isObject(left) && isObject(right)) {
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      if (!isDeepStrictEqual(left[key], right[key]))
        return firstDifference(left[key], right[key], `${path}/${key}`);
    }
  }
  return { path, left: short(left), right: short(right) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
const short = (value: unknown): string =>
  value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300);
