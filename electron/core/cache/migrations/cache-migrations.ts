/**
 * The forms of `cache.db`. Everything in it can be had again from the relay. The team's key stands first in every key,
 * so that one team can be read, and forgotten, without touching another.
 */
import type { Migration } from '../migrate.ts';

export const CACHE_MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    sql: `
      -- Which store of the relay the rest belongs to, and how far the two feeds without intervals were applied.
      CREATE TABLE sync (
        team INTEGER PRIMARY KEY,
        epoch TEXT,
        team_seq INTEGER NOT NULL DEFAULT 0,
        member_seq INTEGER NOT NULL DEFAULT 0
      );

      -- \`key\` stands for the channel in the tables below: five bytes less per message than its id.
      CREATE TABLE channel (
        key INTEGER PRIMARY KEY,
        team INTEGER NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        topic TEXT NOT NULL,
        is_archived INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        members TEXT,
        facts_seq INTEGER NOT NULL,
        is_joined INTEGER NOT NULL,
        UNIQUE (team, id)
      );

      CREATE TABLE mark (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        read_seq INTEGER NOT NULL,
        level TEXT NOT NULL,
        PRIMARY KEY (team, channel)
      ) WITHOUT ROWID;

      CREATE TABLE member (
        team INTEGER NOT NULL,
        id TEXT NOT NULL,
        handle TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        is_active INTEGER NOT NULL,
        joined_at INTEGER NOT NULL,
        PRIMARY KEY (team, id)
      ) WITHOUT ROWID;

      -- \`calls\`: 1 me by handle, 2 @here, 4 @channel. \`edit_seq\`: the event whose text this is, 0 for the first.
      CREATE TABLE message (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        author TEXT NOT NULL,
        at INTEGER NOT NULL,
        text TEXT NOT NULL,
        edit_seq INTEGER NOT NULL,
        edited_at INTEGER,
        is_deleted INTEGER NOT NULL,
        calls INTEGER NOT NULL,
        PRIMARY KEY (team, channel, seq)
      ) WITHOUT ROWID;
      CREATE INDEX message_by_id ON message (team, id);

      -- What happened to a message that has not come yet: history arrives newest first. A null text means deleted.
      CREATE TABLE early (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        text TEXT,
        PRIMARY KEY (team, channel, id)
      ) WITHOUT ROWID;

      -- What is shown between messages: joined, renamed … \`part\` tells apart the notes of one event.
      CREATE TABLE note (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        part INTEGER NOT NULL,
        at INTEGER NOT NULL,
        by TEXT NOT NULL,
        note TEXT NOT NULL,
        PRIMARY KEY (team, channel, seq, part)
      ) WITHOUT ROWID;

      -- Events of kinds this build does not know, as they came. Channel 0: the team's feed, -1: the member's.
      CREATE TABLE raw_event (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (team, channel, seq)
      ) WITHOUT ROWID;

      -- Which kinds of events the build knew that last went through raw_event: a newer one applies what it knows by now.
      CREATE TABLE known_kinds (
        team INTEGER PRIMARY KEY,
        version INTEGER NOT NULL
      );

      -- The stretches of a channel's feed that are here, both ends included, never touching each other.
      CREATE TABLE interval (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        from_seq INTEGER NOT NULL,
        to_seq INTEGER NOT NULL,
        PRIMARY KEY (team, channel, from_seq)
      ) WITHOUT ROWID;

      -- Where we stand in each feed, and the relay's newest proof for it. \`channel\` as in raw_event.
      CREATE TABLE position (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        proven_seq INTEGER,
        proof TEXT,
        PRIMARY KEY (team, channel)
      ) WITHOUT ROWID;

      -- What the sidebar says of a channel, so that a start reads one small table. Derived: \`read_seq\` and \`mask\` are
      -- what \`unread\` and \`mentions\` were counted with; where they differ from what holds now, count again.
      CREATE TABLE summary (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        head INTEGER NOT NULL,
        read_seq INTEGER NOT NULL,
        mask INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        mentions INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        PRIMARY KEY (team, channel)
      ) WITHOUT ROWID;

      -- What the relay counted in a span of which not everything is here. \`head\` 0: something has changed in it since.
      CREATE TABLE relay_count (
        team INTEGER NOT NULL,
        channel INTEGER NOT NULL,
        from_seq INTEGER NOT NULL,
        to_seq INTEGER NOT NULL,
        head INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        mentions INTEGER NOT NULL,
        without_channel INTEGER NOT NULL,
        PRIMARY KEY (team, channel)
      ) WITHOUT ROWID;

      -- The team's record in the ledger without its tokens, as JSON: a damaged ledger gets back from here which teams there are.
      CREATE TABLE team_copy (
        team INTEGER PRIMARY KEY,
        json TEXT NOT NULL
      );

      -- Why a message did or did not notify. Kept seven days.
      CREATE TABLE decision (
        team INTEGER NOT NULL,
        id TEXT NOT NULL,
        at INTEGER NOT NULL,
        rule INTEGER NOT NULL,
        reason TEXT NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (team, id)
      ) WITHOUT ROWID;
    `,
  },
];
