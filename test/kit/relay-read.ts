/**
 * What a relay's store holds in the end, read from its file by plain SQL: an oracle must not go through the code it judges. The file may
 * be in use; the relay's own lock is another file.
 */
import Database from 'better-sqlite3';
import type { Channel, Level, Member } from '../../protocol/entities.ts';
import { parseEvent, type FeedEvent } from '../../protocol/feeds.ts';

export interface FeedRead {
  readonly head: number;
  readonly events: readonly FeedEvent[];
}

export interface ChannelRead {
  readonly facts: Channel;
  readonly roster: ReadonlyMap<string, { readonly readSeq: number; readonly level: Level }>;
}

export interface RelayRead {
  readonly epoch: string;
  readonly feeds: ReadonlyMap<string, FeedRead>;
  readonly channels: ReadonlyMap<string, ChannelRead>;
  readonly members: ReadonlyMap<string, Member>;
  /** message → the texts it had before, as they are kept for its history. */
  readonly revisions: ReadonlyMap<string, readonly string[]>;
  /** What SQLite itself finds wrong; empty when all is well. */
  readonly damage: readonly string[];
}

export function readRelay(path: string): RelayRead {
  const db = new Database(path, { readonly: true });
  try {
    return {
      epoch: String(db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get()),
      feeds: readFeeds(db),
      channels: readChannels(db),
      members: readMembers(db),
      revisions: readRevisions(db),
      damage: readDamage(db),
    };
  } finally {
    db.close();
  }
}

/** What `integrity_check` and `foreign_key_check` say; empty when all is well. */
export function readDamage(db: Database.Database): readonly string[] {
  const words = (db.pragma('integrity_check') as { readonly integrity_check: string }[]).map((row) => row.integrity_check);
  const broken = (db.pragma('foreign_key_check') as { readonly table: string }[]).map((row) => `a row of ${row.table} refers to nothing`);
  return [...words.filter((word) => word !== 'ok'), ...broken];
}

function readFeeds(db: Database.Database): Map<string, FeedRead> {
  const feeds = new Map<string, FeedRead>();
  const events = db.prepare<[number], string>('SELECT json FROM event WHERE feed = ? ORDER BY seq').pluck();
  for (const { no, id, head } of db.prepare<[], { no: number; id: string; head: number }>('SELECT no, id, head FROM feed').all()) {
    feeds.set(id, { head, events: events.all(no).map(readEvent) });
  }
  return feeds;
}

interface ChannelRow {
  readonly no: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly topic: string;
  readonly is_archived: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly seq: number;
  readonly members: string | null;
}

function readChannels(db: Database.Database): Map<string, ChannelRead> {
  const roster = db.prepare<[number], { id: string; read_seq: number; level: string }>(
    'SELECT member.id AS id, read_seq, level FROM membership JOIN member ON member.no = membership.member WHERE channel = ? ORDER BY id',
  );
  const found = new Map<string, ChannelRead>();
  for (const row of db.prepare<[], ChannelRow>('SELECT * FROM channel').all()) {
    const facts = {
      id: row.id,
      kind: row.kind,
      name: row.name,
      topic: row.topic,
      isArchived: row.is_archived === 1,
      createdAt: row.created_at,
      createdBy: row.created_by,
      seq: row.seq,
    } as Channel;
    const seats = roster.all(row.no).map(({ id, read_seq, level }) => [id, { readSeq: read_seq, level: level as Level }] as const);
    found.set(row.id, { facts, roster: new Map(seats) });
  }
  return found;
}

function readRevisions(db: Database.Database): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { message, text } of db.prepare<[], { message: string; text: string }>('SELECT message, text FROM revision').all()) {
    found.set(message, [...(found.get(message) ?? []), text]);
  }
  return found;
}

function readMembers(db: Database.Database): Map<string, Member> {
  const rows = db
    .prepare<[], { id: string; handle: string; name: string; role: string; is_active: number; joined_at: number }>('SELECT * FROM member')
    .all();
  return new Map(
    rows.map((row) => [
      row.id,
      { id: row.id, handle: row.handle, name: row.name, role: row.role, isActive: row.is_active === 1, joinedAt: row.joined_at } as Member,
    ]),
  );
}

function readEvent(json: string): FeedEvent {
  const event = parseEvent(JSON.parse(json));
  if (!event) throw new Error(`the relay keeps what is no event: ${json}`);
  return event;
}
