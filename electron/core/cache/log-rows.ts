/**
 * What a channel's feed leaves in the cache beside its messages: notes between them, revisions that came before their
 * message, events of unknown kinds, and the stretches of the feed that are here at all.
 */
import type { Interval } from '../../../protocol/feeds.ts';
import { soundRows } from './sound-rows.ts';
import type { Sqlite } from './sqlite.ts';

/** A note's words as JSON; their shape is the bridge's. */
export interface CachedNote {
  readonly seq: number;
  /** 0, 1 … among the notes of one event. */
  readonly part: number;
  readonly at: number;
  readonly by: string;
  readonly note: string;
}

export interface RawEvent {
  /** Or `OWN_FEEDS` of the team or member. */
  readonly channel: number;
  readonly seq: number;
  readonly json: string;
}

/** What stands for the two feeds that are no channel's, among raw events and positions. */
export const OWN_FEEDS = { team: 0, member: -1 } as const;

export interface EarlyRevision {
  readonly seq: number;
  readonly at: number;
  /** Null: deleted. */
  readonly text: string | null;
}

export interface LogRows {
  putNote(team: number, channel: number, note: CachedNote): void;
  olderNotes(
    team: number,
    channel: number,
    below: number,
    floor: number,
    limit: number,
  ): CachedNote[];
  newerNotes(
    team: number,
    channel: number,
    above: number,
    ceiling: number,
    limit: number,
  ): CachedNote[];
  notesAt(team: number, channel: number, seq: number): CachedNote[];

  /** Keeps the later of two; a deletion stays a deletion. */
  putEarly(team: number, channel: number, id: string, revision: EarlyRevision): void;
  /** Gives it out once. */
  takeEarly(team: number, channel: number, id: string): EarlyRevision | undefined;

  putRaw(team: number, channel: number, seq: number, json: string): void;
  /** All of the team's, each feed in order. */
  raws(team: number): RawEvent[];
  removeRaw(team: number, channel: number, seq: number): void;
  /** The version of known kinds with which the raw events were gone through; 0 when they never were. */
  knownKinds(team: number): number;
  putKnownKinds(team: number, version: number): void;
  intervals(team: number): { readonly channel: number; readonly interval: Interval }[];
  putInterval(team: number, channel: number, interval: Interval): void;
  removeInterval(team: number, channel: number, from: number): void;
  removeChannel(team: number, channel: number): void;
}

interface IntervalRow {
  readonly channel: number;
  readonly from_seq: number;
  readonly to_seq: number;
}

const NOTE = 'seq, part, at, by, note';
const CHANNEL_TABLES = ['early', 'note', 'raw_event', 'interval', 'position'] as const;

export const LOG_SQL = {
  olderNotes: `SELECT ${NOTE} FROM note WHERE team = ? AND channel = ? AND seq < ? AND seq >= ? ORDER BY seq DESC, part DESC LIMIT ?`,
  newerNotes: `SELECT ${NOTE} FROM note WHERE team = ? AND channel = ? AND seq > ? AND seq <= ? ORDER BY seq, part LIMIT ?`,
  intervals:
    'SELECT channel, from_seq, to_seq FROM interval WHERE team = ? ORDER BY channel, from_seq',
} as const;

export function createLogRows(db: Sqlite): LogRows {
  /** Channels that have any early revision. Nearly none do, and nearly every message would ask. */
  let early: Set<number> | undefined;
  const earlyChannels = db.prepare<readonly [], { readonly channel: number }>(
    'early.channels',
    'SELECT DISTINCT channel FROM early',
  );
  const withEarly = (): Set<number> =>
    (early ??= new Set(earlyChannels.all().map((row) => row.channel)));
  const putNote = db.prepare<readonly [number, number, number, number, number, string, string]>(
    'note.put',
    `INSERT OR REPLACE INTO note (team, channel, ${NOTE}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const olderNotes = db.prepare<readonly [number, number, number, number, number], CachedNote>(
    'note.older',
    LOG_SQL.olderNotes,
  );
  const newerNotes = db.prepare<readonly [number, number, number, number, number], CachedNote>(
    'note.newer',
    LOG_SQL.newerNotes,
  );
  const putEarly = db.prepare<readonly [number, number, string, number, number, string | null]>(
    'early.put',
    `INSERT INTO early (team, channel, id, seq, at, text) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, at = excluded.at, text = excluded.text
     WHERE early.text IS NOT NULL AND (excluded.text IS NULL OR excluded.seq > early.seq)`,
  );
  const takeEarly = db.prepare<readonly [number, number, string], EarlyRevision>(
    'early.get',
    'SELECT seq, at, text FROM early WHERE team = ? AND channel = ? AND id = ?',
  );
  const dropEarly = db.prepare<readonly [number, number, string]>(
    'early.drop',
    'DELETE FROM early WHERE team = ? AND channel = ? AND id = ?',
  );
  const putRaw = db.prepare<readonly [number, number, number, string]>(
    'raw.put',
    'INSERT OR REPLACE INTO raw_event (team, channel, seq, json) VALUES (?, ?, ?, ?)',
  );
  const raws = db.prepare<readonly [number], RawEvent>(
    'raw.all',
    'SELECT channel, seq, json FROM raw_event WHERE team = ? ORDER BY channel, seq',
  );
  const removeRaw = db.prepare<readonly [number, number, number]>(
    'raw.remove',
    'DELETE FROM raw_event WHERE team = ? AND channel = ? AND seq = ?',
  );
  const knownKinds = db.prepare<readonly [number], { readonly version: number }>(
    'kinds.get',
    'SELECT version FROM known_kinds WHERE team = ?',
  );
  const putKnownKinds = db.prepare<readonly [number, number]>(
    'kinds.put',
    'INSERT OR REPLACE INTO known_kinds (team, version) VALUES (?, ?)',
  );
  const soundRaw = soundRows<RawEvent>(db, { channel: 'integer', seq: 'integer', json: 'object' });
  const intervals = db.prepare<readonly [number], IntervalRow>('interval.all', LOG_SQL.intervals);
  const putInterval = db.prepare<readonly [number, number, number, number]>(
    'interval.put',
    'INSERT OR REPLACE INTO interval (team, channel, from_seq, to_seq) VALUES (?, ?, ?, ?)',
  );
  const removeInterval = db.prepare<readonly [number, number, number]>(
    'interval.remove',
    'DELETE FROM interval WHERE team = ? AND channel = ? AND from_seq = ?',
  );
  const removals = CHANNEL_TABLES.map((table) =>
    db.prepare<readonly [number, number]>(
      `${table}.remove-channel`,
      `DELETE FROM ${table} WHERE team = ? AND channel = ?`,
    ),
  );

  const soundNote = soundRows<CachedNote>(db, {
    seq: 'integer',
    part: 'integer',
    at: 'integer',
    by: 'text',
    note: 'object',
  });
  const soundEarly = soundRows<EarlyRevision>(db, { seq: 'integer', at: 'integer', text: 'text?' });
  const soundInterval = soundRows<IntervalRow>(db, {
    channel: 'integer',
    from_seq: 'integer',
    to_seq: 'integer',
  });

  return {
    putNote: (team, channel, n) =>
      void putNote.run(team, channel, n.seq, n.part, n.at, n.by, n.note),
    olderNotes: (team, channel, below, floor, limit) =>
      olderNotes.all(team, channel, below, floor, limit).map(soundNote),
    newerNotes: (team, channel, above, ceiling, limit) =>
      newerNotes.all(team, channel, above, ceiling, limit).map(soundNote),
    notesAt: (team, channel, seq) => newerNotes.all(team, channel, seq - 1, seq, 10).map(soundNote),
    putEarly: (team, channel, id, revision) => {
      withEarly().add(channel);
      putEarly.run(team, channel, id, revision.seq, revision.at, revision.text);
    },
    takeEarly: (team, channel, id) => {
      if (!withEarly().has(channel)) return undefined;
      const found = takeEarly.get(team, channel, id);
      if (found) dropEarly.run(team, channel, id);
      return found && soundEarly(found);
    },
    putRaw: (team, channel, seq, json) => void putRaw.run(team, channel, seq, json),
    raws: (team) => raws.all(team).map(soundRaw),
    removeRaw: (team, channel, seq) => void removeRaw.run(team, channel, seq),
    knownKinds: (team) => knownKinds.get(team)?.version ?? 0,
    putKnownKinds: (team, version) => void putKnownKinds.run(team, version),
    intervals: (team) =>
      intervals
        .all(team)
        .map(soundInterval)
        .map((row) => ({ channel: row.channel, interval: { from: row.from_seq, to: row.to_seq } })),
    putInterval: (team, channel, interval) =>
      void putInterval.run(team, channel, interval.from, interval.to),
    removeInterval: (team, channel, from) => void removeInterval.run(team, channel, from),
    removeChannel: (team, channel) => {
      for (const removal of removals) removal.run(team, channel);
    },
  };
}
