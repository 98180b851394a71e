/**
 * From the rows of a timeline to what is drawn: day lines, the unread line, messages grouped by author. Pure, and kept for
 * rows that did not change, so that a new message at the end makes one new item and not a new list of them.
 *
 * Keys say where an item belongs, not where it happens to stand: a day line is keyed by its day, so the list can hold a
 * reader's place while rows are put before and after it.
 */
import type { MessageRow, TimelineRow, TimelineView } from '../../../electron/bridge/views.ts';
import { isSameDay } from '../../time/wording.ts';

export type Item =
  | { readonly kind: 'start'; readonly key: 'start' }
  | { readonly kind: 'older'; readonly key: 'older' }
  | { readonly kind: 'newer'; readonly key: 'newer' }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: 'unread' }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly row: MessageRow;
      readonly isContinued: boolean;
    }
  | {
      readonly kind: 'note';
      readonly key: string;
      readonly row: Extract<TimelineRow, { readonly type: 'note' }>;
    }
  | {
      readonly kind: 'hole';
      readonly key: string;
      readonly row: Extract<TimelineRow, { readonly type: 'hole' }>;
    };

const GROUP_MS = 5 * 60_000;

export function continues(before: TimelineRow | undefined, row: MessageRow): boolean {
  return (
    before?.type === 'message' &&
    before.author === row.author &&
    !before.isDeleted &&
    row.at - before.at < GROUP_MS &&
    row.at >= before.at - GROUP_MS &&
    isSameDay(before.at, row.at)
  );
}

export function layOut(
  timeline: TimelineView,
  me: string,
  previous: readonly Item[] = [],
): readonly Item[] {
  const known = new Map<string, Item>();
  for (const item of previous) known.set(item.key, item);
  const items: Item[] = [
    timeline.hasOlder ? { kind: 'older', key: 'older' } : { kind: 'start', key: 'start' },
  ];
  let before: TimelineRow | undefined;
  let lastDay: number | undefined;
  const days = new Set<string>();
  let isUnreadDrawn = timeline.unreadAfter === null;
  for (const row of timeline.rows) {
    if (row.type !== 'hole') {
      if (lastDay === undefined || !isSameDay(lastDay, row.at)) {
        items.push(dayItem(row.at, known, days));
        before = undefined;
      }
      lastDay = row.at;
    }
    if (!isUnreadDrawn && isFirstUnread(row, timeline.unreadAfter, me)) {
      isUnreadDrawn = true;
      items.push({ kind: 'unread', key: 'unread' });
      before = undefined;
    }
    items.push(rowItem(row, before, known));
    before = row;
  }
  if (timeline.hasNewer) items.push({ kind: 'newer', key: 'newer' });
  return items;
}

const isFirstUnread = (row: TimelineRow, after: number | null, me: string): boolean =>
  row.type === 'message' &&
  row.seq !== null &&
  after !== null &&
  row.seq > after &&
  row.author !== me;

function dayItem(at: number, known: ReadonlyMap<string, Item>, days: Set<string>): Item {
  const date = new Date(at);
  let key = `day:${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
  // The order is the relay's, and its clock may have been set back: a day can come twice.
  while (days.has(key)) key += '+';
  days.add(key);
  return known.get(key) ?? { kind: 'day', key, at };
}

function rowItem(
  row: TimelineRow,
  before: TimelineRow | undefined,
  known: ReadonlyMap<string, Item>,
): Item {
  const old = known.get(row.key);
  switch (row.type) {
    case 'message': {
      const isContinued = continues(before, row);
      return old?.kind === 'message' && old.row === row && old.isContinued === isContinued
        ? old
        : { kind: 'message', key: row.key, row, isContinued };
    }
    case 'note':
      return old?.kind === 'note' && old.row === row ? old : { kind: 'note', key: row.key, row };
    case 'hole':
      return old?.kind === 'hole' && old.row === row ? old : { kind: 'hole', key: row.key, row };
  }
}

/** A guess at an item's height, near enough that the first scroll lands well; the true one is measured. */
export function guessHeight(item: Item): number {
  switch (item.kind) {
    case 'start':
      return 180;
    case 'older':
    case 'newer':
      return 44;
    case 'day':
    case 'unread':
      return 36;
    case 'note':
      return 28;
    case 'hole':
      return 56;
    case 'message': {
      const { text } = item.row;
      const lines = text.split('\n').length + Math.floor(text.length / 90);
      return Math.min(lines, 40) * 22 + (item.isContinued ? 4 : 32);
    }
  }
}
