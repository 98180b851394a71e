/**
 * What a relay's store holds in the end, read by plain SQL: an oracle must not go through the code it judges. A file may be in use; the
 * relay's own lock is another file.
 */
import Database from 'better-sqlite3';
import type { Channel, Level, Member } from '../../protocol/entities.ts';
import { parseEvent, type FeedEvent } from '../../protocol/feeds.ts';
import type { PostgresServer } from './services/postgres.ts';

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
  /** What the database itself finds wrong; empty when all is well. PostgreSQL is not asked. */
  readonly damage: readonly string[];
}

/** Both databases have the same tables. Numbers of feeds stand for channels and members. */
const TABLES = {
  meta: "SELECT value FROM meta WHERE key = 'epoch'",
  feeds: 'SELECT no, id, head FROM feed',
  events: 'SELECT feed, json FROM event ORDER BY feed, seq',
  channels: 'SELECT * FROM channel',
  seats:
    'SELECT channel, member.id AS id, read_seq, level FROM membership JOIN member ON member.no = membership.member ORDER BY channel, id',
  members: 'SELECT * FROM member',
  revisions: 'SELECT message, text FROM revision ORDER BY feed, message, seq',
} as const;

interface Rows {
  readonly meta: { readonly value: string };
  readonly feeds: { readonly no: number; readonly id: string; readonly head: number };
  readonly events: { readonly feed: number; readonly json: string };
  readonly channels: ChannelRow;
  readonly seats: {
    readonly channel: number;
    readonly id: string;
    readonly read_seq: number;
    readonly level: string;
  };
  readonly members: {
    readonly id: string;
    readonly handle: string;
    readonly name: string;
    readonly role: string;
    readonly is_active: number;
    readonly joined_at: number;
  };
  readonly revisions: { readonly message: string; readonly text: string };
}

type Tables = { readonly [Name in keyof Rows]: readonly Rows[Name][] };

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
}

export function readRelay(path: string): RelayRead {
  const db = new Database(path, { readonly: true });
  try {
    const read = Object.entries(TABLES).map(
      ([name, sql]) => [name, db.prepare(sql).all()] as const,
    );
    return relayOf(Object.fromEntries(read) as unknown as Tables, readDamage(db));
  } finally {
    db.close();
  }
}

/** The same of a team in PostgreSQL. */
export async function readPostgresRelay(
  server: PostgresServer,
  database: string,
): Promise<RelayRead> {
  const read: [string, readonly Readonly<Record<string, unknown>>[]][] = [];
  for (const [name, sql] of Object.entries(TABLES)) {
    const rows = await server.ask(database, sql);
    read.push([name, rows.map(withNumbers)]);
  }
  return relayOf(Object.fromEntries(read) as unknown as Tables, []);
}

/** PostgreSQL's driver gives numbers of 64 bits as texts. */
const NUMBERS = new Set([
  'no',
  'head',
  'feed',
  'channel',
  'read_seq',
  'seq',
  'created_at',
  'joined_at',
]);
const withNumbers = (row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : value]),
  );

function relayOf(tables: Tables, damage: readonly string[]): RelayRead {
  const events = Map.groupBy(tables.events, ({ feed }) => feed);
  const seats = Map.groupBy(tables.seats, ({ channel }) => channel);
  const revisions = Map.groupBy(tables.revisions, ({ message }) => message);
  return {
    epoch: String(tables.meta[0]?.value),
    feeds: new Map(
      tables.feeds.map(({ no, id, head }) => [
        id,
        { head, events: (events.get(no) ?? []).map(({ json }) => readEvent(json)) },
      ]),
    ),
    channels: new Map(
      tables.channels.map((row) => [
        row.id,
        { facts: channelOf(row), roster: rosterOf(seats.get(row.no) ?? []) },
      ]),
    ),
    members: new Map(tables.members.map((row) => [row.id, memberOf(row)])),
    revisions: new Map(
      [...revisions].map(([message, rows]) => [message, rows.map(({ text }) => text)]),
    ),
    damage,
  };
}

/** What `integrity_check` and `foreign_key_check` say; empty when all is well. */
export function readDamage(db: Database.Database): readonly string[] {
  const words = (db.pragma('integrity_check') as { readonly integrity_check: string }[]).map(
    (row) => row.integrity_check,
  );
  const broken = (db.pragma('foreign_key_check') as { readonly table: string }[]).map(
    (row) => `a row of ${row.table} refers to nothing`,
  );
  return [...words.filter((word) => word !== 'ok'), ...broken];
}

const channelOf = ({
  id,
  kind,
  name,
  topic,
  is_archived,
  created_at,
  created_by,
  seq,
}: ChannelRow): Channel =>
  ({
    id,
    kind,
    name,
    topic,
    isArchived: is_archived === 1,
    createdAt: created_at,
    createdBy: created_by,
    seq,
  }) as Channel;

const rosterOf = (rows: readonly Rows['seats'][]): ChannelRead['roster'] =>
  new Map(
    rows.map(({ id, read_seq, level }) => [id, { readSeq: read_seq, level: level as Level }]),
  );

const memberOf = ({ id, handle, name, role, is_active, joined_at }: Rows['members']): Member =>
  ({ id, handle, name, role, isActive: is_active === 1, joinedAt: joined_at }) as Member;

function readEvent(json: string): FeedEvent {
  const event = parseEvent(JSON.parse(json));
  if (!event) throw new Error(`the relay keeps what is no event: ${json}`);
  return event;
}
