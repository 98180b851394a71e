/**
 * Draws what the person sent and the core has not confirmed yet into the timeline that the core
 * gave. Pure.
 */
import type { MessageRow, TimelineRow, TimelineView } from '../../../electron/bridge/views.ts';
import type { SendingText } from '../../state/store.ts';

/** Behind everything that the core can give, which has its own place for what is pending. */
const LAST_ORDER = 2 ** 52 + 2 ** 51;
const SENDING: MessageRow['delivery'] = { state: 'sending', isWaiting: false };

export function withSending(
  timeline: TimelineView,
  sending: readonly SendingText[],
  me: string,
): TimelineView {
  const here = sending.filter(
    (one) => one.team === timeline.team && one.channel === timeline.channel,
  );
  if (here.length === 0) return timeline;
  const edits = new Map(
    here.flatMap((one) => (one.kind === 'edit' ? [[one.message, one] as const] : [])),
  );
  const rows: TimelineRow[] = timeline.rows.map((row) => {
    const edit = row.type === 'message' && !row.isDeleted ? edits.get(row.key) : undefined;
    return edit === undefined || row.type !== 'message' || row.text === edit.text
      ? row
      : { ...row, text: edit.text, editedAt: edit.at, delivery: SENDING };
  });
  if (timeline.hasNewer) return { ...timeline, rows };
  const known = new Set(timeline.rows.map((row) => row.key));
  for (const [at, one] of here.entries())
    if (one.kind === 'post' && !known.has(one.message)) rows.push(pending(one, at, me));
  return { ...timeline, rows };
}

const pending = ({ message, at, text }: SendingText, n: number, author: string): MessageRow => ({
  type: 'message',
  key: message,
  order: LAST_ORDER + n,
  id: message,
  seq: null,
  author,
  at,
  text,
  editedAt: null,
  isDeleted: false,
  mentionsMe: false,
  delivery: SENDING,
});
