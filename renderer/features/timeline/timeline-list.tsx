/**
 * The list of a timeline: only the rows near the view are in the document, held by the end. While a
 * reader is at the end it stays there; anywhere else nothing that is added, measured or loaded
 * moves what they read. Older and newer pages are asked for before their edge is reached.
 */
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import type { TimelineView } from '../../../electron/bridge/views.ts';
import { useWords } from '../../i18n/context.tsx';
import { cx } from '../../ui/cx.ts';
import { ICON } from '../../ui/icon-button.tsx';
import { guessHeight, layOut, type Item } from './items.ts';
import { usePlace } from './place.ts';
import { useRoving } from './roving.ts';
import styles from './timeline-list.module.css';

export interface RowState {
  readonly isTabStop: boolean;
  readonly isTarget: boolean;
  /** The page beyond this edge could not be had: neither from the cache nor from the relay. */
  readonly isRefused: boolean;
}

export interface TimelineListProps {
  readonly label: string;
  readonly timeline: TimelineView;
  readonly me: string;
  /** Kept in the document wherever the view is: what is typed in it must not be lost. */
  readonly editing: string | null;
  /** Grows when the live end shall be shown. */
  readonly toEnd: number;
  /** What was refused while the line was down is asked for again when it is up. */
  readonly isLive: boolean;
  readonly render: (item: Item, state: RowState) => ReactNode;
  readonly onEnd: (isAtEnd: boolean) => void;
  readonly onOlder: () => Promise<boolean>;
  readonly onNewer: () => Promise<boolean>;
  readonly onToEnd: () => void;
  /** A key on a focused message; true when it meant something. */
  readonly onKey: (rowKey: string, key: string) => boolean;
  readonly onLeave: () => void;
}

const NEAR_END_PX = 32;
/** Rows between the view and the edge at which the page beyond is asked for. */
const PAGE_AHEAD = 16;
const OVERSCAN = 8;
const SETTLING_FRAMES = 8;
/** Where the unread line comes to stand, from the top of the view. */
const READING_LINE_PX = 72;

export function TimelineList(props: TimelineListProps) {
  const { label, timeline, me, editing, toEnd, isLive, render, onEnd, onOlder, onNewer, onToEnd } =
    props;
  const words = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useRef<readonly Item[]>([]);
  const { rows: timelineRows, hasOlder, hasNewer, unreadAfter } = timeline;
  const items = useMemo(
    () => layOut(timeline, me, drawn.current),
    // The target is not laid out; naming what is keeps a jump from laying all out anew.
    // eslint-disable-next-line react-hooks/exhaustive-deps -- named one by one
    [timelineRows, hasOlder, hasNewer, unreadAfter, me],
  );
  const [isAtEnd, setIsAtEnd] = useState(false);
  /**
   * At the end of all there is: not at that of a window over older history, which has a page below.
   */
  const [isAtLiveEnd, setIsAtLiveEnd] = useState(false);
  const roving = useRoving(items, scroller, props.onKey, props.onLeave);
  // One key when the focus is in the edit: an item drawn twice would be two of it.
  const keepKeys = useMemo(
    () => [...new Set([editing, roving.focused])].filter((key) => key !== null),
    [editing, roving.focused],
  );

  const getItemKey = useCallback((index: number) => items[index]?.key ?? index, [items]);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => guess(items[index]),
    getItemKey,
    overscan: OVERSCAN,
    anchorTo: 'end',
    followOnAppend: isAtLiveEnd,
    scrollEndThreshold: NEAR_END_PX,
    paddingEnd: 8,
    scrollPaddingStart: READING_LINE_PX,
    initialOffset: () => firstOffset(items),
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      const kept = keepKeys
        .map((key) => items.findIndex((item) => item.key === key))
        .filter((at) => at >= 0 && !shown.includes(at));
      return kept.length === 0 ? shown : [...shown, ...kept].sort((a, b) => a - b);
    },
  });

  const { scrollTo } = usePlace(rows, items, drawn);

  // A channel opens at its unread line, or at its end.
  useLayoutEffect(() => {
    const unread = items.findIndex((item) => item.kind === 'unread');
    if (timeline.target !== null) return;
    if (unread >= 0) scrollTo(unread, 'start');
    else rows.scrollToEnd();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once: the list is keyed by its channel
  }, []);

  const targetAt =
    timeline.target === null ? -1 : items.findIndex((item) => item.key === timeline.target);
  const isTargetThere = targetAt >= 0;
  useLayoutEffect(() => {
    if (isTargetThere) scrollTo(targetAt, 'center');
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each target
  }, [timeline.target, isTargetThere]);

  const firstEnd = useRef(toEnd);
  useLayoutEffect(() => {
    if (toEnd !== firstEnd.current) rows.scrollToEnd();
  }, [toEnd, rows]);

  const lookAtEnd = useCallback(() => {
    const view = scroller.current;
    if (view === null) return;
    const isNear = view.scrollHeight - view.scrollTop - view.clientHeight <= NEAR_END_PX;
    setIsAtEnd(isNear);
    setIsAtLiveEnd(isNear && !hasNewer);
  }, [hasNewer]);
  const total = rows.getTotalSize();
  useLayoutEffect(lookAtEnd, [lookAtEnd, items, total]);
  useEffect(() => onEnd(isAtEnd && !hasNewer), [isAtEnd, hasNewer, onEnd]);
  useEffect(() => () => onEnd(false), [onEnd]);

  // The view itself grows and shrinks (a growing composer, a resized window): the end stays at the
  // end.
  const endHeld = useRef(false);
  useLayoutEffect(() => {
    endHeld.current = isAtEnd;
  }, [isAtEnd]);
  useEffect(() => {
    const view = scroller.current;
    if (view === null) return undefined;
    const observer = new ResizeObserver(() => {
      if (endHeld.current) rows.scrollToEnd();
      lookAtEnd();
    });
    observer.observe(view);
    return () => observer.disconnect();
  }, [rows, lookAtEnd]);

  const shown = rows.getVirtualItems();
  // Of what is in view: a row that is kept for its focus may stand anywhere.
  const { startIndex, endIndex } = rows.range ?? { startIndex: 0, endIndex: 0 };
  // A page that came while the list is still on its way to where it opens would lead it astray.
  const isSettled = useSettled(timeline.target) && shown.length > 0;
  const isOlderRefused = useAsking(
    isSettled && hasOlder && startIndex <= PAGE_AHEAD,
    onOlder,
    timelineRows,
    isLive,
  );
  const isNewerRefused = useAsking(
    isSettled && hasNewer && endIndex >= items.length - PAGE_AHEAD,
    onNewer,
    timelineRows,
    isLive,
  );

  const news = useNews(timeline, me, isAtEnd && !hasNewer);
  const isFar =
    !isAtEnd &&
    (hasNewer || total - (rows.scrollOffset ?? 0) > 2.5 * (rows.scrollRect?.height ?? total));

  return (
    <div className={styles['frame']}>
      <div
        ref={scroller}
        className={styles['scroller']}
        role="group"
        aria-label={label}
        tabIndex={-1}
        onScroll={lookAtEnd}
        onKeyDown={(event) => roving.onKeyDown(event, (index) => scrollTo(index, 'auto'))}
        onFocus={roving.onFocus}
        onBlur={roving.onBlur}
      >
        <div className={styles['rows']} style={{ blockSize: total }}>
          {shown.map((row) => {
            const item = items[row.index];
            return (
              item && (
                <div
                  key={row.key}
                  ref={rows.measureElement}
                  data-index={row.index}
                  className={styles['row']}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  {render(item, {
                    isTabStop: roving.stop === item.key,
                    isTarget: timeline.target === item.key,
                    isRefused: item.kind === 'newer' ? isNewerRefused : isOlderRefused,
                  })}
                </div>
              )
            );
          })}
        </div>
      </div>
      {(news > 0 || isFar) && (
        <button
          type="button"
          className={cx(styles['pill'], news > 0 && styles['loud'])}
          onClick={onToEnd}
        >
          <ArrowDown {...ICON} size={15} />
          {news > 0 ? words.say('talk.n-new', { count: news }) : words.say('talk.to-latest')}
        </button>
      )}
    </div>
  );
}

const guess = (item: Item | undefined): number => (item ? guessHeight(item) : 0);

/** Near enough to where the list will open that its first picture already shows the right rows. */
function firstOffset(items: readonly Item[]): number {
  const unread = items.findIndex((item) => item.kind === 'unread');
  const before = unread < 0 ? items : items.slice(0, unread);
  const height = before.reduce((sum, item) => sum + guessHeight(item), 0);
  return Math.max(0, height - (unread < 0 ? window.innerHeight - 200 : READING_LINE_PX));
}

/** False for some frames after the list was sent somewhere: at its opening, and by a jump. */
function useSettled(target: string | null): boolean {
  const [settledFor, setSettledFor] = useState<string | null | undefined>(undefined);
  useEffect(() => {
    let left = SETTLING_FRAMES;
    let handle = requestAnimationFrame(function frame() {
      if (--left > 0) handle = requestAnimationFrame(frame);
      else setSettledFor(target);
    });
    return () => cancelAnimationFrame(handle);
  }, [target]);
  return settledFor === target;
}

/**
 * Asks once for a page each time its edge comes near; what was refused, again when rows or the line
 * have changed.
 * @returns whether the page was refused and nothing has changed since
 */
function useAsking(
  isNear: boolean,
  ask: () => Promise<boolean>,
  rows: unknown,
  isLive: boolean,
): boolean {
  const isAsking = useRef(false);
  const [refused, setRefused] = useState<Seen | null>(null);
  const isRefused = isSame(refused, { rows, isLive });
  useEffect(() => {
    if (!isNear || isAsking.current || isRefused) return;
    isAsking.current = true;
    void ask().then((isDone) => {
      isAsking.current = false;
      setRefused(isDone ? null : { rows, isLive });
    });
  }, [isNear, ask, rows, isLive, isRefused]);
  return isRefused;
}

interface Seen {
  readonly rows: unknown;
  readonly isLive: boolean;
}
const isSame = (one: Seen | null, other: Seen): boolean =>
  one?.rows === other.rows && one?.isLive === other.isLive;

/** How many messages of others came in since the end was last on screen. */
function useNews(timeline: TimelineView, me: string, isAtEnd: boolean): number {
  const last = timeline.rows.at(-1)?.order ?? 0;
  const [seen, setSeen] = useState(last);
  useEffect(() => {
    if (!isAtEnd) return undefined;
    const handle = requestAnimationFrame(() => setSeen(last));
    return () => cancelAnimationFrame(handle);
  }, [isAtEnd, last]);
  if (isAtEnd || timeline.hasNewer) return 0;
  let news = 0;
  for (let at = timeline.rows.length - 1; at >= 0; at--) {
    const row = timeline.rows[at];
    if (!row || row.order <= seen) break;
    if (row.type === 'message' && row.author !== me && !row.isDeleted) news++;
  }
  return news;
}
