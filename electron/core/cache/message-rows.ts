/**
 * The cached messages. Keyed by team, channel and sequence number, so that a page of a timeline is one walk along the
 * key. Leaves to others which messages there should be: that is told by the intervals.
 */
import { prepareRows } from './many-rows.ts';
import { soundRows } from './sound-rows.ts';
import type { Sqlite, Value } from './sqlite.ts';

export interface CachedMessage {
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  /** The event whose text this is; 0 for the text it was posted with. */
  readonly editSeq: number;
  readonly editedAt: number | null;
  readonly isDeleted: boolean;
  /** Whom it calls, as bits: @see CALLS in protocol/mentions.ts. */
  readonly calls: number;
}

export interface Counts {
  readonly unread: number;
  readonly mentions: number;
}

interface Row {
  readonly channel: number;
  readonly seq: number;
  readonly id: string;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  readonly edit_seq: number;
  readonly edited_at: number | null;
  readonly is_deleted: number;
  readonly calls: number;
}

export interface MessageRows {
  put(team: number, channel: number, message: CachedMessage): void;
  /** The same for many, in few statements. */
  putAll(team: number, channel: number, messages: readonly CachedMessage[]): void;
  revise(
    team: number,
    channel: number,
    seq: number,
    to: {
      readonly text: string;
      readonly editSeq: number;
      readonly editedAt: number;
      readonly calls: number;
    },
  ): void;
  /** Its words are gone; that there was a message stays. */
  redact(team: number, channel: number, seq: number, editSeq: number): void;
  /** An id names one message of one channel: elsewhere somebody else may have used it. */
  byId(team: number, channel: number, id: string): CachedMessage | undefined;
  /** Up to `limit` with `floor` ≤ seq < `below`, newest first. */
  older(
    team: number,
    channel: number,
    below: number,
    floor: number,
    limit: number,
  ): CachedMessage[];
  /** Up to `limit` with `above` < seq ≤ `ceiling`, oldest first. */
  newer(
    team: number,
    channel: number,
    above: number,
    ceiling: number,
    limit: number,
  ): CachedMessage[];
  lastAt(team: number, channel: number): number;
  /** What others wrote after `readSeq`; `mask` says which calls count as a mention. */
  count(team: number, channel: number, readSeq: number, me: string, mask: number): Counts;
  removeChannel(team: number, channel: number): void;
}

const COLUMNS = 'channel, seq, id, author, at, text, edit_seq, edited_at, is_deleted, calls';

export const MESSAGE_SQL = {
  byId: `SELECT ${COLUMNS} FROM message WHERE team = ? AND id = ? AND channel = ?`,
  older: `SELECT ${COLUMNS} FROM message WHERE team = ? AND channel = ? AND seq < ? AND seq >= ? ORDER BY seq DESC LIMIT ?`,
  newer: `SELECT ${COLUMNS} FROM message WHERE team = ? AND channel = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
  lastAt: 'SELECT at FROM message WHERE team = ? AND channel = ? ORDER BY seq DESC LIMIT 1',
  count: `SELECT count(*) AS unread, count(nullif(calls & ?, 0)) AS mentions FROM message
    WHERE team = ? AND channel = ? AND seq > ? AND author <> ? AND is_deleted = 0`,
} as const;

export function createMessageRows(db: Sqlite): MessageRows {
  const put = prepareRows(
    db,
    'message.put',
    `INSERT OR IGNORE INTO message (team, ${COLUMNS})`,
    11,
  );
  const revise = db.prepare<readonly [string, number, number, number, number, number, number]>(
    'message.revise',
    'UPDATE message SET text = ?, edit_seq = ?, edited_at = ?, calls = ? WHERE team = ? AND channel = ? AND seq = ?',
  );
  const redact = db.prepare<readonly [number, number, number, number]>(
    'message.redact',
    `UPDATE message SET text = '', edit_seq = ?, edited_at = NULL, is_deleted = 1, calls = 0 WHERE team = ? AND channel = ? AND seq = ?`,
  );
  const byId = db.prepare<readonly [number, string, number], Row>(
    'message.by-id',
    MESSAGE_SQL.byId,
  );
  const older = db.prepare<readonly [number, number, number, number, number], Row>(
    'message.older',
    MESSAGE_SQL.older,
  );
  const newer = db.prepare<readonly [number, number, number, number, number], Row>(
    'message.newer',
    MESSAGE_SQL.newer,
  );
  const lastAt = db.prepare<readonly [number, number], { readonly at: number }>(
    'message.last-at',
    MESSAGE_SQL.lastAt,
  );
  const count = db.prepare<readonly [number, number, number, number, string], Counts>(
    'message.count',
    MESSAGE_SQL.count,
  );
  const removeChannel = db.prepare<readonly [number, number]>(
    'message.remove-channel',
    'DELETE FROM message WHERE team = ? AND channel = ?',
  );

  const sound = soundRows<Row>(db, {
    channel: 'integer',
    seq: 'integer',
    id: 'text',
    author: 'text',
    at: 'integer',
    text: 'text',
    edit_seq: 'integer',
    edited_at: 'integer?',
    is_deleted: 'flag',
    calls: 'integer',
  });
  const read = (row: Row): CachedMessage => messageOf(sound(row));

  return {
    put: (team, channel, message) => put([values(team, channel, message)]),
    putAll: (team, channel, messages) =>
      put(messages.map((message) => values(team, channel, message))),
    revise: (team, channel, seq, to) =>
      void revise.run(to.text, to.editSeq, to.editedAt, to.calls, team, channel, seq),
    redact: (team, channel, seq, editSeq) => void redact.run(editSeq, team, channel, seq),
    byId: (team, channel, id) => {
      const row = byId.get(team, id, channel);
      return row && read(row);
    },
    older: (team, channel, below, floor, limit) =>
      older.all(team, channel, below, floor, limit).map(read),
    newer: (team, channel, above, ceiling, limit) =>
      newer.all(team, channel, above, ceiling, limit).map(read),
    lastAt: (team, channel) => lastAt.get(team, channel)?.at ?? 0,
    count: (team, channel, readSeq, me, mask) =>
      count.get(mask, team, channel, readSeq, me) ?? { unread: 0, mentions: 0 },
    removeChannel: (team, channel) => void removeChannel.run(team, channel),
  };
}

const values = (team: number, channel: number, m: CachedMessage): readonly Value[] => [
  team,
  channel,
  m.seq,
  m.id,
  m.author,
  m.at,
  m.text,
  m.editSeq,
  m.editedAt,
  m.isDeleted ? 1 : 0,
  m.calls,
];

const messageOf = (row: Row): CachedMessage => ({
  seq: row.seq,
  id: row.id,
  author: row.author,
  at: row.at,
  text: row.text,
  editSeq: row.edit_seq,
  editedAt: row.edited_at,
  isDeleted: row.is_deleted === 1,
  calls: row.calls,
});
