/**
 * The loaded stretch of one channel's timeline, for one window. It is named by two numbers, `low` and `high` (null: to
 * the live end), and its rows follow from them, the cache and the outbox. `view` builds all rows; `changes` builds only
 * those that were touched; both must come to the same, which a standing test holds them to. Bounded: what is far from
 * where the person reads is let go.
 */
import type { Interval } from '../../../protocol/feeds.ts';
import { channelFeed } from '../../../protocol/ids.ts';
import { ok, type Result } from '../../../protocol/result.ts';
import type { Problem } from '../../bridge/commands.ts';
import type { BridgeEvent } from '../../bridge/events.ts';
import type { TimelineRow, TimelineView } from '../../bridge/views.ts';
import { problem } from '../problems.ts';
import { holesIn, intervalAt, topOf } from '../sync/intervals.ts';
import { readSeqOf, type ChannelState } from '../sync/replica.ts';
import type { Team } from '../teams/team.ts';
import { createRowMaker, noteKey } from './rows.ts';

export type OpenAt = 'unread' | 'end' | { readonly message: string };

export interface TimelineParts {
  readonly team: Team;
  readonly channel: ChannelState;
  readonly at: OpenAt;
  readonly ignoreChannelMentions: () => boolean;
  /** Rows or edges are other than they were. */
  readonly onChanged: () => void;
}

type Done = Promise<Result<null, Problem>>;

export interface Timeline {
  readonly team: string;
  readonly channel: string;
  view(): TimelineView;
  /** What to tell a window that holds what was last given out. Undefined: nothing changed. */
  changes(): Extract<BridgeEvent, { readonly kind: 'rows' }> | undefined;
  older(): Done;
  newer(): Done;
  fill(hole: Interval): Done;
  touchMessage(id: string): void;
  touchNote(seq: number): void;
  touchStretch(): void;
  /** Every row may be drawn otherwise (a setting). */
  touchAll(): void;
}

export const PAGE_ROWS = 200;
const OPEN_ROWS = 200;
const CONTEXT_ROWS = 60;
const MOST_ROWS = 2_000;
/** Let go at once, so that it does not happen with every row. */
const LET_GO_ROWS = 400;

type RowsEvent = Extract<BridgeEvent, { readonly kind: 'rows' }>;

/** Opens at the wanted place with what is in the cache; undefined when the message is not. */
export function openTimeline({
  team,
  channel: opened,
  at,
  ignoreChannelMentions,
  onChanged,
}: TimelineParts): Timeline | undefined {
  const { cache, replica, outbox, history } = team;
  const { key } = replica.team;
  const maker = createRowMaker(team, opened.id, ignoreChannelMentions);
  /** Read anew each time: a resync replaces the object. */
  const channelNow = (): ChannelState => replica.channels.get(opened.id) ?? opened;

  let low = 1;
  let high: number | null = null;
  let unreadAfter: number | null = null;
  let target: string | null = null;
  /** What the window was last given: key → the row as JSON, to say only what is different. */
  const given = new Map<string, { readonly order: number; readonly json: string }>();
  let givenEdges = '';
  const touchedMessages = new Set<string>();
  const touchedNotes = new Set<number>();
  let isStretchTouched = false;
  let isAllTouched = false;
  /** The channel the given rows are of. Another object under its id, or none, means that all its rows are others. */
  let givenOf = replica.channels.get(opened.id);

  const messagesAndNotes = (from: number, to: number): TimelineRow[] => {
    const channel = channelNow();
    return [
      ...cache.messages.newer(key, channel.key, from - 1, to, -1).map(maker.message),
      ...cache.log.newerNotes(key, channel.key, from - 1, to, -1).map(maker.note),
    ];
  };

  const pendingRows = (): TimelineRow[] =>
    high === null
      ? outbox.rows
          .filter((row) => row.channel === opened.id)
          .flatMap((row) => maker.pending(row) ?? [])
      : [];

  const holeRows = (): readonly TimelineRow[] => {
    const channel = channelNow();
    return channel.isJoined ? maker.holes(channel, low, high ?? channel.head) : [];
  };

  const allRows = (): TimelineRow[] => {
    const rows = [
      ...messagesAndNotes(low, high ?? Number.MAX_SAFE_INTEGER),
      ...holeRows(),
      ...pendingRows(),
    ];
    return rows.sort((a, b) => a.order - b.order);
  };

  const edges = (): { readonly hasOlder: boolean; readonly hasNewer: boolean } => ({
    hasOlder: low > 1,
    hasNewer: high !== null,
  });

  /** The `count`th shown row going down from below `from` within what is held there; the bottom of the stretch if there are fewer. */
  const reachDown = (from: number, count: number): number => {
    const stretch = intervalAt(channelNow().held, from - 1);
    if (!stretch) return from;
    const channel = channelNow();
    const messages = cache.messages
      .older(key, channel.key, from, stretch.from, count)
      .map((message) => message.seq);
    const notes = cache.log
      .olderNotes(key, channel.key, from, stretch.from, count)
      .map((note) => note.seq);
    const seqs = [...messages, ...notes].sort((a, b) => b - a);
    return seqs.length < count ? stretch.from : (seqs[count - 1] ?? stretch.from);
  };

  /** The same going up from above `from`; null when that comes to the live end. */
  const reachUp = (from: number, count: number): number | null => {
    const channel = channelNow();
    const stretch = intervalAt(channel.held, from + 1);
    const ceiling = stretch?.to ?? from;
    if (stretch) {
      const messages = cache.messages
        .newer(key, channel.key, from, ceiling, count)
        .map((message) => message.seq);
      const notes = cache.log
        .newerNotes(key, channel.key, from, ceiling, count)
        .map((note) => note.seq);
      const seqs = [...messages, ...notes].sort((a, b) => a - b);
      if (seqs.length >= count) return seqs[count - 1] ?? ceiling;
    }
    if (ceiling >= topOf(channel.held)) return null;
    return ceiling;
  };

  const openAtEnd = (): void => {
    const top = topOf(channelNow().held);
    high = null;
    low = top === 0 ? 1 : reachDown(top + 1, OPEN_ROWS);
  };

  const openAround = (seq: number, above: number): void => {
    const stretch = intervalAt(channelNow().held, seq);
    low = stretch ? reachDown(seq + 1, CONTEXT_ROWS) : seq + 1;
    high = reachUp(seq, above);
    if (high !== null && high <= seq && !stretch) openAtEnd();
  };

  const open = (): boolean => {
    const channel = channelNow();
    const readSeq = readSeqOf(channel);
    if (channel.isJoined && channel.unread > 0) unreadAfter = readSeq;
    if (at === 'end') openAtEnd();
    else if (at === 'unread') {
      // With little unread, the live end and some context below the line; with much, the neighbourhood of the line.
      if (unreadAfter === null || channel.unread <= OPEN_ROWS - CONTEXT_ROWS) openAtEnd();
      else openAround(readSeq, OPEN_ROWS);
      if (unreadAfter !== null && low > readSeq && intervalAt(channel.held, readSeq + 1))
        openAround(readSeq, OPEN_ROWS);
    } else {
      const found = cache.messages.byId(key, channel.key, at.message);
      if (!found) return false;
      openAround(found.seq, OPEN_ROWS - CONTEXT_ROWS);
      target = found.id;
    }
    return true;
  };

  const isInside = (seq: number): boolean => seq >= low && (high === null || seq <= high);

  /** Lets rows go at the end the person is not at. */
  const trim = (isReadingDown: boolean): void => {
    const rows = allRows().filter((row) => row.type !== 'message' || row.seq !== null);
    if (rows.length <= MOST_ROWS) return;
    if (isReadingDown) low = Math.floor(rows[rows.length - MOST_ROWS + LET_GO_ROWS]?.order ?? low);
    else high = Math.floor(rows[MOST_ROWS - LET_GO_ROWS]?.order ?? low);
  };

  const changed = (): { readonly ok: true; readonly value: null } => {
    isAllTouched = true;
    onChanged();
    return ok(null);
  };

  const diff = (
    rows: readonly TimelineRow[],
    isComplete: boolean,
    candidates: Iterable<string>,
  ): Pick<RowsEvent, 'put' | 'gone'> => {
    const put: TimelineRow[] = [];
    const present = new Set<string>();
    for (const row of rows) {
      present.add(row.key);
      const json = JSON.stringify(row);
      if (given.get(row.key)?.json === json) continue;
      given.set(row.key, { order: row.order, json });
      put.push(row);
    }
    const gone: string[] = [];
    for (const one of isComplete ? [...given.keys()] : candidates) {
      if (present.has(one) || !given.has(one)) continue;
      given.delete(one);
      gone.push(one);
    }
    return { put, gone };
  };

  const touchedRows = (): { readonly rows: TimelineRow[]; readonly candidates: Set<string> } => {
    const channel = channelNow();
    const rows: TimelineRow[] = [];
    const candidates = new Set<string>(touchedMessages);
    for (const id of touchedMessages) {
      const stored = cache.messages.byId(key, channel.key, id);
      if (stored) {
        if (isInside(stored.seq)) rows.push(maker.message(stored));
        continue;
      }
      const waiting =
        high === null
          ? outbox.rows.find((row) => row.op === id && row.channel === opened.id)
          : undefined;
      const row = waiting && maker.pending(waiting);
      if (row) rows.push(row);
    }
    for (const seq of touchedNotes) {
      for (const part of [0, 1]) candidates.add(noteKey(seq, part));
      if (isInside(seq)) rows.push(...cache.log.notesAt(key, channel.key, seq).map(maker.note));
    }
    if (isStretchTouched) {
      for (const one of given.keys()) if (one.startsWith('hole-')) candidates.add(one);
      rows.push(...holeRows());
    }
    return { rows: rows.sort((a, b) => a.order - b.order), candidates };
  };

  const forgetTouched = (): void => {
    touchedMessages.clear();
    touchedNotes.clear();
    isStretchTouched = false;
    isAllTouched = false;
  };

  if (!open()) return undefined;

  return {
    team: team.id,
    channel: opened.id,
    view: () => {
      forgetTouched();
      givenOf = replica.channels.get(opened.id);
      given.clear();
      const rows = allRows();
      for (const row of rows) given.set(row.key, { order: row.order, json: JSON.stringify(row) });
      givenEdges = JSON.stringify(edges());
      return { team: team.id, channel: opened.id, rows, ...edges(), unreadAfter, target };
    },

    changes: () => {
      const of = replica.channels.get(opened.id);
      if (of !== givenOf) isAllTouched = true;
      givenOf = of;
      // What arrived at the live end pushes what is far above it out.
      if (high === null && given.size + touchedMessages.size > MOST_ROWS) {
        const before = low;
        trim(true);
        isAllTouched ||= low !== before;
      }
      const { rows, candidates } = isAllTouched
        ? { rows: allRows(), candidates: new Set<string>() }
        : touchedRows();
      const { put, gone } = diff(rows, isAllTouched, candidates);
      forgetTouched();
      const nowEdges = JSON.stringify(edges());
      if (put.length === 0 && gone.length === 0 && nowEdges === givenEdges) return undefined;
      givenEdges = nowEdges;
      return { kind: 'rows', put, gone, ...edges() };
    },

    older: async () => {
      if (low <= 1) return ok(null);
      if (!intervalAt(channelNow().held, low - 1)) {
        const hole = holesIn(channelNow().held, 1, low - 1).at(-1);
        if (hole) {
          const got = await history.fetch(channelFeed(opened.id), hole, 'seen');
          // Without the relay, what lies beyond the hole is shown, with the hole before it.
          if (!got.ok && hole.from === 1) return got;
          if (!got.ok) low = hole.from;
        }
      }
      low = reachDown(low, PAGE_ROWS);
      trim(false);
      return changed();
    },

    newer: async () => {
      if (high === null) return ok(null);
      if (!intervalAt(channelNow().held, high + 1)) {
        const hole = holesIn(channelNow().held, high + 1, channelNow().head)[0];
        if (hole && hole.from === high + 1) {
          const span = { from: hole.from, to: Math.min(hole.to, hole.from + PAGE_ROWS - 1) };
          const got = await history.fetch(channelFeed(opened.id), span, 'seen');
          if (!got.ok) high = hole.to;
        }
      }
      if (high !== null) high = reachUp(high, PAGE_ROWS);
      trim(true);
      return changed();
    },

    fill: async (hole) => {
      const open = holesIn(
        channelNow().held,
        Math.max(1, hole.from),
        Math.min(hole.to, channelNow().head),
      ).at(-1);
      if (!open) return ok(null);
      const got = await history.fetch(channelFeed(opened.id), open, 'seen');
      return got.ok ? ok(null) : problem(got.error.kind);
    },

    touchMessage: (id) => {
      touchedMessages.add(id);
      onChanged();
    },
    touchNote: (seq) => {
      touchedNotes.add(seq);
      onChanged();
    },
    touchStretch: () => {
      isStretchTouched = true;
      onChanged();
    },
    touchAll: () => {
      isAllTouched = true;
      onChanged();
    },
  };
}
