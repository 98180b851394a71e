/**
 * Rows of a timeline from what is in the cache and in the outbox. One message is one row all its life, under its id,
 * whether it waits, is there, was changed or is gone.
 */
import type { MessageRow, TimelineRow } from '../../bridge/views.ts';
import type { CachedMessage } from '../cache/message-rows.ts';
import type { CachedNote } from '../cache/log-rows.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import { callsMask } from '../../../protocol/mentions.ts';
import { holesIn } from '../sync/intervals.ts';
import type { ChannelState } from '../sync/replica.ts';
import type { Team } from '../teams/team.ts';

/** Beyond every sequence number, and still an exact integer with the outbox's own numbers added. */
const PENDING_ORDER = 2 ** 52;

export interface RowMaker {
  message(message: CachedMessage): MessageRow;
  note(note: CachedNote): TimelineRow;
  /** A message of ours that has no number yet. */
  pending(row: OutboxRow): MessageRow | undefined;
  holes(channel: ChannelState, from: number, to: number): readonly TimelineRow[];
}

export const noteKey = (seq: number, part: number): string =>
  part === 0 ? `note-${seq}` : `note-${seq}-${part}`;
export const holeKey = (from: number): string => `hole-${from}`;

export function createRowMaker(
  team: Team,
  channel: string,
  ignoreChannelMentions: () => boolean,
): RowMaker {
  const { outbox, record } = team;

  const deliveryOf = (row: OutboxRow): MessageRow['delivery'] =>
    row.state === 'failed'
      ? { state: 'failed', why: row.why ?? 'internal' }
      : { state: 'sending', isWaiting: !outbox.isUnderWay(row) };

  return {
    message: (message) => {
      const onTheWay = outbox
        .ofMessage(channel, message.id)
        .filter((row) => !row.isOffer && (row.frame.t === 'edit' || row.frame.t === 'delete'));
      const last = onTheWay.at(-1);
      const isGone =
        message.isDeleted ||
        onTheWay.some((row) => row.frame.t === 'delete' && row.state === 'waiting');
      const edit = onTheWay.findLast((row) => row.frame.t === 'edit');
      const text = isGone ? '' : edit?.frame.t === 'edit' ? edit.frame.text : message.text;
      return {
        type: 'message',
        key: message.id,
        order: message.seq,
        id: message.id,
        seq: message.seq,
        author: message.author,
        at: message.at,
        text,
        editedAt: isGone ? null : (edit?.at ?? message.editedAt),
        isDeleted: isGone,
        mentionsMe:
          !isGone &&
          message.author !== record.me &&
          (message.calls & callsMask(ignoreChannelMentions())) !== 0,
        delivery: last && !message.isDeleted ? deliveryOf(last) : { state: 'sent' },
      };
    },

    note: ({ seq, part, at, by, note }) => ({
      type: 'note',
      key: noteKey(seq, part),
      // Two notes of one event stand between the same neighbours, in their own order.
      order: seq + part / 2,
      seq,
      at,
      by,
      note: JSON.parse(note) as Extract<TimelineRow, { readonly type: 'note' }>['note'],
    }),

    pending: (row) => {
      if (row.frame.t !== 'post' || row.isOffer) return undefined;
      const after = outbox.ofMessage(row.channel, row.op);
      if (after.some((one) => one.frame.t === 'delete')) return undefined;
      const edit = after.findLast((one) => one.frame.t === 'edit');
      return {
        type: 'message',
        key: row.op,
        order: PENDING_ORDER + row.n,
        id: row.op,
        seq: null,
        author: record.me,
        at: row.at,
        text: edit?.frame.t === 'edit' ? edit.frame.text : row.frame.text,
        editedAt: null,
        isDeleted: false,
        mentionsMe: false,
        delivery: deliveryOf(row),
      };
    },

    holes: ({ held }, from, to) =>
      holesIn(held, from, to).map((hole) => ({
        type: 'hole',
        key: holeKey(hole.from),
        order: hole.from,
        from: hole.from,
        to: hole.to,
      })),
  };
}
