/**
 * What a desktop holds in its folder in the end, read from its two files by plain SQL once its process is gone: an oracle must not go
 * through the code it judges.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Mutation } from '../../protocol/frames-up.ts';
import { readDamage } from './relay-read.ts';

export interface HeldMessage {
  readonly id: string;
  readonly seq: number;
  readonly author: string;
  readonly at: number;
  readonly text: string;
  readonly editedAt: number | null;
  readonly isDeleted: boolean;
}

export interface HeldChannel {
  readonly id: string;
  readonly isJoined: boolean;
  readonly name: string;
  readonly topic: string;
  readonly isArchived: boolean;
  readonly held: readonly { readonly from: number; readonly to: number }[];
  readonly readSeq: number | null;
  readonly level: string | null;
  readonly unread: number;
  readonly mentions: number;
  readonly head: number;
  /** In ascending order. */
  readonly messages: readonly HeldMessage[];
}

export interface OutboxItem {
  readonly op: string;
  readonly message: string | null;
  readonly channel: string;
  readonly frame: Mutation;
  readonly state: string;
  readonly isOffer: boolean;
}

export interface DesktopRead {
  readonly computer: string;
  readonly member: string;
  readonly epoch: string | null;
  readonly channels: ReadonlyMap<string, HeldChannel>;
  readonly members: ReadonlyMap<
    string,
    { readonly name: string; readonly role: string; readonly isActive: boolean }
  >;
  readonly outbox: readonly OutboxItem[];
  /** Operations this desktop believes to be on the relay's disk. */
  readonly sent: readonly string[];
  readonly drafts: ReadonlyMap<string, string>;
  readonly damage: readonly string[];
}

/** The folder must be nobody's: the ledger lets one process in. */
export function readDesktop(computer: string, dir: string): DesktopRead {
  const ledger = new Database(join(dir, 'ledger.db'));
  const cache = new Database(join(dir, 'cache.db'));
  try {
    const team = ledger.prepare<[], { key: number; me: string }>('SELECT key, me FROM team').get();
    if (!team) throw new Error(`${computer} is in no team`);
    const sync = cache
      .prepare<[number], { epoch: string | null }>('SELECT epoch FROM sync WHERE team = ?')
      .get(team.key);
    return {
      computer,
      member: team.me,
      epoch: sync?.epoch ?? null,
      channels: readChannels(cache, team.key),
      members: readMembers(cache, team.key),
      outbox: readOutbox(ledger, team.key),
      sent: ledger
        .prepare<[number], string>('SELECT op FROM sent WHERE team = ?')
        .pluck()
        .all(team.key),
      drafts: new Map(
        ledger
          .prepare<[number], { channel: string; text: string }>(
            `SELECT channel, text FROM draft WHERE team = ? AND message = ''`,
          )
          .all(team.key)
          .map(({ channel, text }) => [channel, text]),
      ),
      damage: [...readDamage(ledger), ...readDamage(cache)],
    };
  } finally {
    ledger.close();
    cache.close();
  }
}

interface ChannelRow {
  readonly key: number;
  readonly id: string;
  readonly is_joined: number;
  readonly name: string;
  readonly topic: string;
  readonly is_archived: number;
  readonly read_seq: number | null;
  readonly level: string | null;
  readonly unread: number | null;
  readonly mentions: number | null;
  readonly head: number | null;
}

const CHANNELS = `SELECT channel.key, channel.id, is_joined, name, topic, is_archived, mark.read_seq, mark.level, unread, mentions, head
  FROM channel LEFT JOIN mark ON mark.team = channel.team AND mark.channel = channel.key
  LEFT JOIN summary ON summary.team = channel.team AND summary.channel = channel.key WHERE channel.team = ?`;
const MESSAGES = `SELECT id, seq, author, at, text, edited_at AS editedAt, is_deleted AS isDeleted FROM message
  WHERE team = ? AND channel = ? ORDER BY seq`;
const HELD =
  'SELECT from_seq AS "from", to_seq AS "to" FROM interval WHERE team = ? AND channel = ? ORDER BY from_seq';

function readChannels(cache: Database.Database, team: number): Map<string, HeldChannel> {
  const messages = cache.prepare<[number, number], HeldMessage & { readonly isDeleted: unknown }>(
    MESSAGES,
  );
  const held = cache.prepare<[number, number], { from: number; to: number }>(HELD);
  return new Map(
    cache
      .prepare<[number], ChannelRow>(CHANNELS)
      .all(team)
      .map((row) => [
        row.id,
        {
          id: row.id,
          isJoined: row.is_joined === 1,
          name: row.name,
          topic: row.topic,
          isArchived: row.is_archived === 1,
          held: held.all(team, row.key),
          readSeq: row.read_seq,
          level: row.level,
          unread: row.unread ?? 0,
          mentions: row.mentions ?? 0,
          head: row.head ?? 0,
          messages: messages
            .all(team, row.key)
            .map((message) => ({ ...message, isDeleted: Number(message.isDeleted) === 1 })),
        },
      ]),
  );
}

function readMembers(
  cache: Database.Database,
  team: number,
): Map<string, { name: string; role: string; isActive: boolean }> {
  return new Map(
    cache
      .prepare<[number], { id: string; name: string; role: string; is_active: number }>(
        'SELECT * FROM member WHERE team = ?',
      )
      .all(team)
      .map((row) => [row.id, { name: row.name, role: row.role, isActive: row.is_active === 1 }]),
  );
}

function readOutbox(ledger: Database.Database, team: number): OutboxItem[] {
  return ledger
    .prepare<
      [number],
      {
        op: string;
        message: string | null;
        channel: string;
        frame: string;
        state: string;
        is_offer: number;
      }
    >('SELECT op, message, channel, frame, state, is_offer FROM outbox WHERE team = ? ORDER BY n')
    .all(team)
    .map(({ frame, is_offer, ...row }) => ({
      ...row,
      frame: JSON.parse(frame) as Mutation,
      isOffer: is_offer === 1,
    }));
}
