/**
 * What the one polite live region says. Taken from the change of the state, never from the list on screen, so that each new
 * message is announced once, however often its row is drawn, and pages of history are not announced at all.
 */
import type { MessageRow, TimelineRow, WindowState } from '../../electron/bridge/views.ts';

export interface Announcement {
  readonly n: number;
  /** New messages of others at the live end, oldest first; at most three, the rest only counted. */
  readonly messages: readonly { readonly author: string; readonly text: string }[];
  readonly count: number;
  readonly hasFailed: boolean;
}

const MOST_SPOKEN = 3;

/** @returns null when nothing is to be said */
export function announce(before: WindowState, after: WindowState, n: number): Announcement | null {
  const was = before.timeline;
  const is = after.timeline;
  if (was === null || is === null || was === is || was.rows === is.rows) return null;
  // A stretch that was not at the live end gains history, not news.
  if (was.team !== is.team || was.channel !== is.channel || was.hasNewer || was.rows.length === 0)
    return null;
  const me = after.teams[is.team]?.team.me;
  const last = lastSentOrder(was.rows);
  const fresh = newsAfter(is.rows, last).filter((row) => row.author !== me);
  const hasFailed = countFailed(is.rows) > countFailed(was.rows);
  if (fresh.length === 0 && !hasFailed) return null;
  const messages =
    fresh.length <= MOST_SPOKEN ? fresh.map(({ author, text }) => ({ author, text })) : [];
  return { n, messages, count: fresh.length, hasFailed };
}

function lastSentOrder(rows: readonly TimelineRow[]): number {
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (row && (row.type !== 'message' || row.seq !== null)) return row.order;
  }
  return -Infinity;
}

function newsAfter(rows: readonly TimelineRow[], order: number): readonly MessageRow[] {
  const news: MessageRow[] = [];
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (!row || row.order <= order) break;
    if (row.type === 'message' && row.seq !== null && !row.isDeleted) news.push(row);
  }
  return news.reverse();
}

const countFailed = (rows: readonly TimelineRow[]): number => {
  let failed = 0;
  // What was not sent stands at the tail.
  for (let at = rows.length - 1; at >= 0; at--) {
    const row = rows[at];
    if (row?.type !== 'message' || row.seq !== null) break;
    if (row.delivery.state === 'failed') failed++;
  }
  return failed;
};
