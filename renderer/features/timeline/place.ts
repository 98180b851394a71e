/**
 * The reader's place in the list: what is read stays where it is while rows are added, go and are
 * measured. The virtualizer holds the row at the top of the view; here that is the first message in
 * view. The rows of an edge and of a day keep their index or go when a page comes, so that a list
 * held by them runs on through page after page.
 */
import type { VirtualItem, Virtualizer } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useRef, type RefObject } from 'react';
import type { Item } from './items.ts';

type List = Virtualizer<HTMLDivElement, Element>;
type Align = 'start' | 'center' | 'auto';

/** So many frames a scroll to a row is followed, while rows around it are measured. */
const FOLLOWED_FRAMES = 8;

export interface Place {
  /** Scrolls to an item, and follows it when rows come before it on the way. */
  scrollTo(index: number, align: Align): void;
}

/** @param drawn  the items of the last picture; kept here */
export function usePlace(
  list: List,
  items: readonly Item[],
  drawn: RefObject<readonly Item[]>,
): Place {
  const held = useRef<VirtualItem['key'] | null>(null);
  /**
   * The held message lost or got its author's name, because of what came before it. Its text does
   * not move.
   */
  const regrouped = useRef<VirtualItem['key'] | null>(null);
  const followed = useRef<{ readonly key: string; readonly align: Align } | null>(null);

  useLayoutEffect(() => {
    const rowAt = list.getVirtualItemForOffset;
    list.getVirtualItemForOffset = (offset) => {
      const top = rowAt(offset);
      const found = top && firstMessage(list, drawn.current, top.index);
      held.current = found?.key ?? null;
      return found ?? top;
    };
    list.shouldAdjustScrollPositionOnItemSizeChange = (row) => {
      if (row.key === regrouped.current) {
        regrouped.current = null;
        return true;
      }
      return standsAbove(row, list, heldInView(list, held.current));
    };
    return () => {
      list.getVirtualItemForOffset = rowAt;
    };
  }, [list, drawn]);

  useLayoutEffect(() => {
    const before = drawn.current;
    drawn.current = items;
    if (before === items) return;
    if (isContinued(before, held.current) !== isContinued(items, held.current))
      regrouped.current = held.current;
    const target = followed.current;
    const at = target === null ? -1 : items.findIndex((item) => item.key === target.key);
    if (target !== null && at >= 0) list.scrollToIndex(at, { align: target.align });
  }, [list, items, drawn]);

  const scrollTo = useCallback(
    (index: number, align: Align): void => {
      const key = drawn.current[index]?.key;
      if (key === undefined) return;
      const target = { key, align };
      followed.current = target;
      list.scrollToIndex(index, { align });
      let left = FOLLOWED_FRAMES;
      requestAnimationFrame(function frame() {
        if (followed.current !== target) return;
        if (--left > 0) requestAnimationFrame(frame);
        else followed.current = null;
      });
    },
    [list, drawn],
  );
  return { scrollTo };
}

/** The first row from an index on that is the same whatever is loaded round it. */
function firstMessage(list: List, items: readonly Item[], from: number): VirtualItem | undefined {
  const at = items.findIndex(
    (item, index) => index >= from && (item.kind === 'message' || item.kind === 'note'),
  );
  return list.measurementsCache[at];
}

function isContinued(items: readonly Item[], key: VirtualItem['key'] | null): boolean {
  const item = items.find((one) => one.key === key);
  return item?.kind === 'message' && item.isContinued;
}

/**
 * The index of the held message, or infinity when the reader is elsewhere by now. By the keys that
 * the list has: a row is first measured before the items of this picture are kept.
 */
function heldInView(list: List, key: VirtualItem['key'] | null): number {
  const { count, getItemKey } = list.options;
  let at = 0;
  while (at < count && getItemKey(at) !== key) at++;
  const start = list.measurementsCache[at]?.start ?? NaN;
  const top = list.scrollOffset ?? 0;
  return start >= top && start <= top + (list.scrollRect?.height ?? 0) ? at : Infinity;
}

/**
 * Whether a row that changed its size moves what is read: it stands above the view, or was only
 * guessed at until now and stands above the view or the held message. Unlike the list's own rule
 * also while the reader scrolls up, where a message edited above would push the text away from
 * under them.
 */
function standsAbove(row: VirtualItem, list: List, heldIndex: number): boolean {
  const top = list.scrollOffset ?? 0;
  if (list.itemSizeCache.has(row.key)) return row.end <= top;
  return row.start < top || (heldIndex < Infinity && row.index < heldIndex);
}
