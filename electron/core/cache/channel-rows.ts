/**
 * The cached channels: describing facts, the own mark in each, and the summary the sidebar is drawn from. One read
 * brings all three for a whole team.
 */
import type { Channel, ChannelKind, Level } from '../../../protocol/entities.ts';
import type { ChannelId, MemberId } from '../../../protocol/ids.ts';
import { CHANNEL_KINDS, LEVELS } from '../../../protocol/entities.ts';
import { soundRows, type RowForm } from './sound-rows.ts';
import type { Sqlite } from './sqlite.ts';

export interface Summary {
  readonly head: number;
  /** What the counts were made with. */
  readonly readSeq: number;
  readonly mask: number;
  readonly unread: number;
  readonly mentions: number;
  readonly lastAt: number;
}

/** What the relay counted in a span of which not everything is here. */
export interface RelayCount {
  readonly from: number;
  readonly to: number;
  /** What later events say of these messages is not in it; 0 when such an event has come. */
  readonly head: number;
  readonly messages: number;
  readonly mentions: number;
  readonly mentionsWithoutChannel: number;
}

export interface CachedChannel {
  readonly key: number;
  readonly facts: Channel;
  readonly isJoined: boolean;
  readonly mark: { readonly readSeq: number; readonly level: Level } | undefined;
  readonly summary: Summary | undefined;
}

interface Row {
  readonly key: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly topic: string;
  readonly is_archived: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly members: string | null;
  readonly facts_seq: number;
  readonly is_joined: number;
  readonly mark_seq: number | null;
  readonly level: string | null;
  readonly head: number | null;
  readonly read_seq: number;
  readonly mask: number;
  readonly unread: number;
  readonly mentions: number;
  readonly last_at: number;
}

export interface ChannelRows {
  all(team: number): CachedChannel[];
  /** Inserts or replaces the facts; the key stays the same for the life of the row. */
  put(team: number, facts: Channel, isJoined: boolean): number;
  putMark(
    team: number,
    channel: number,
    mark: { readonly readSeq: number; readonly level: Level },
  ): void;
  putSummary(team: number, channel: number, summary: Summary): void;
  relayCounts(team: number): { readonly channel: number; readonly count: RelayCount }[];
  /** Null removes it. */
  putRelayCount(team: number, channel: number, count: RelayCount | null): void;
  remove(team: number, channel: number): void;
}

export const CHANNEL_SQL = {
  all: `SELECT c.key, c.id, c.kind, c.name, c.topic, c.is_archived, c.created_at, c.created_by, c.members, c.facts_seq, c.is_joined,
      m.read_seq AS mark_seq, m.level, s.head, s.read_seq, s.mask, s.unread, s.mentions, s.last_at
    FROM channel c
    LEFT JOIN mark m ON m.team = c.team AND m.channel = c.key
    LEFT JOIN summary s ON s.team = c.team AND s.channel = c.key
    WHERE c.team = ?`,
} as const;

export function createChannelRows(db: Sqlite): ChannelRows {
  const all = db.prepare<readonly [number], Row>('channel.all', CHANNEL_SQL.all);
  const put = db.prepare<
    readonly [
      number,
      string,
      string,
      string,
      string,
      number,
      number,
      string,
      string | null,
      number,
      number,
    ],
    { readonly key: number }
  >(
    'channel.put',
    `INSERT INTO channel (team, id, kind, name, topic, is_archived, created_at, created_by, members, facts_seq, is_joined)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (team, id) DO UPDATE SET kind = excluded.kind, name = excluded.name, topic = excluded.topic,
       is_archived = excluded.is_archived, created_at = excluded.created_at, created_by = excluded.created_by,
       members = excluded.members, facts_seq = excluded.facts_seq, is_joined = excluded.is_joined
     RETURNING key`,
  );
  const putMark = db.prepare<readonly [number, number, number, string]>(
    'mark.put',
    'INSERT OR REPLACE INTO mark (team, channel, read_seq, level) VALUES (?, ?, ?, ?)',
  );
  const putSummary = db.prepare<
    readonly [number, number, number, number, number, number, number, number]
  >(
    'summary.put',
    'INSERT OR REPLACE INTO summary (team, channel, head, read_seq, mask, unread, mentions, last_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const relayCounts = db.prepare<readonly [number], RelayCountRow>(
    'relay-count.all',
    `SELECT channel, from_seq, to_seq, head, messages, mentions, without_channel FROM relay_count
     WHERE team = ?`,
  );
  const putRelayCount = db.prepare<
    readonly [number, number, number, number, number, number, number, number]
  >('relay-count.put', 'INSERT OR REPLACE INTO relay_count VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const removeRelayCount = db.prepare<readonly [number, number]>(
    'relay-count.remove',
    'DELETE FROM relay_count WHERE team = ? AND channel = ?',
  );
  const soundCount = soundRows<RelayCountRow>(db, {
    channel: 'integer',
    from_seq: 'integer',
    to_seq: 'integer',
    head: 'integer',
    messages: 'integer',
    mentions: 'integer',
    without_channel: 'integer',
  });
  const removals = ['mark', 'summary', 'relay_count'].map((table) =>
    db.prepare<readonly [number, number]>(
      `${table}.remove`,
      `DELETE FROM ${table} WHERE team = ? AND channel = ?`,
    ),
  );
  const remove = db.prepare<readonly [number, number]>(
    'channel.remove',
    'DELETE FROM channel WHERE team = ? AND key = ?',
  );

  const isNone = soundRows<Pick<Row, 'mark_seq' | 'level' | 'head'>>(db, {
    mark_seq: 'integer?',
    level: 'text?',
    head: 'integer?',
  });
  const facts = soundRows<FactsRow>(db, FACTS_FORM);
  const mark = soundRows<Pick<Row, 'mark_seq' | 'level'>>(db, {
    mark_seq: 'integer',
    level: LEVELS,
  });
  const summary = soundRows<Pick<Row, SummaryColumn>>(db, SUMMARY_FORM);
  const sound = (row: Row): Row => {
    facts(row);
    isNone(row);
    if (row.mark_seq !== null) mark(row);
    if (row.head !== null) summary(row);
    return row;
  };

  return {
    all: (team) => all.all(team).map((row) => read(sound(row))),
    put: (team, facts, isJoined) => {
      const members = facts.members ? JSON.stringify(facts.members) : null;
      const row = put.get(
        team,
        facts.id,
        facts.kind,
        facts.name,
        facts.topic,
        facts.isArchived ? 1 : 0,
        facts.createdAt,
        facts.createdBy,
        members,
        facts.seq,
        isJoined ? 1 : 0,
      );
      return row?.key ?? 0;
    },
    putMark: (team, channel, mark) => void putMark.run(team, channel, mark.readSeq, mark.level),
    putSummary: (team, channel, s) =>
      void putSummary.run(team, channel, s.head, s.readSeq, s.mask, s.unread, s.mentions, s.lastAt),
    relayCounts: (team) =>
      relayCounts
        .all(team)
        .map(soundCount)
        .map((row) => ({
          channel: row.channel,
          count: {
            from: row.from_seq,
            to: row.to_seq,
            head: row.head,
            messages: row.messages,
            mentions: row.mentions,
            mentionsWithoutChannel: row.without_channel,
          },
        })),
    putRelayCount: (team, channel, c) =>
      void (c
        ? putRelayCount.run(
            team,
            channel,
            c.from,
            c.to,
            c.head,
            c.messages,
            c.mentions,
            c.mentionsWithoutChannel,
          )
        : removeRelayCount.run(team, channel)),
    remove: (team, channel) => {
      for (const removal of removals) removal.run(team, channel);
      remove.run(team, channel);
    },
  };
}

interface RelayCountRow {
  readonly channel: number;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly head: number;
  readonly messages: number;
  readonly mentions: number;
  readonly without_channel: number;
}

type SummaryColumn = 'head' | 'read_seq' | 'mask' | 'unread' | 'mentions' | 'last_at';
type FactsRow = Omit<Row, SummaryColumn | 'mark_seq' | 'level'>;
const FACTS_FORM: RowForm<FactsRow> = {
  key: 'integer',
  id: 'text',
  kind: CHANNEL_KINDS,
  name: 'text',
  topic: 'text',
  is_archived: 'flag',
  created_at: 'integer',
  created_by: 'text',
  members: 'list?',
  facts_seq: 'integer',
  is_joined: 'flag',
};
const SUMMARY_FORM: RowForm<Pick<Row, SummaryColumn>> = {
  head: 'integer',
  read_seq: 'integer',
  mask: 'integer',
  unread: 'integer',
  mentions: 'integer',
  last_at: 'integer',
};

function read(row: Row): CachedChannel {
  return {
    key: row.key,
    facts: {
      id: row.id as ChannelId,
      kind: row.kind as ChannelKind,
      name: row.name,
      topic: row.topic,
      isArchived: row.is_archived === 1,
      createdAt: row.created_at,
      createdBy: row.created_by as MemberId,
      ...(row.members === null ? {} : { members: JSON.parse(row.members) as MemberId[] }),
      seq: row.facts_seq,
    },
    isJoined: row.is_joined === 1,
    mark: row.mark_seq === null ? undefined : { readSeq: row.mark_seq, level: row.level as Level },
    summary:
      row.head === null
        ? undefined
        : {
            head: row.head,
            readSeq: row.read_seq,
            mask: row.mask,
            unread: row.unread,
            mentions: row.mentions,
            lastAt: row.last_at,
          },
  };
}
