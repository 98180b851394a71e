/**
 * The forms of `ledger.db`: what cannot be had again from anywhere. Small, written with `synchronous=FULL`.
 */
import type { Migration } from '../migrate.ts';

export const LEDGER_MIGRATIONS: readonly Migration[] = [
  {
    number: 1,
    sql: `
      -- AUTOINCREMENT: the key of a forgotten team is never given to another, whose rows it would then own.
      CREATE TABLE team (
        key INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        place INTEGER NOT NULL,
        address TEXT NOT NULL,
        fingerprint TEXT,
        relay_team TEXT NOT NULL,
        name TEXT NOT NULL,
        me TEXT NOT NULL,
        handle TEXT NOT NULL,
        display_name TEXT NOT NULL,
        role TEXT NOT NULL,
        device TEXT NOT NULL,
        session TEXT NOT NULL,
        presence TEXT NOT NULL,
        is_hosted_here INTEGER NOT NULL,
        state TEXT NOT NULL,
        epoch TEXT,
        member_invite_days INTEGER NOT NULL,
        member_invite_uses INTEGER NOT NULL,
        sealed_access BLOB,
        sealed_refresh BLOB,
        access_expires_at INTEGER NOT NULL
      );

      -- Changes on their way to the relay, in the order they were made. \`lane\`: what must stay in order among itself.
      CREATE TABLE outbox (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        team INTEGER NOT NULL,
        op TEXT NOT NULL,
        lane TEXT NOT NULL,
        channel TEXT NOT NULL,
        message TEXT,
        frame TEXT NOT NULL,
        at INTEGER NOT NULL,
        state TEXT NOT NULL,
        why TEXT,
        is_offer INTEGER NOT NULL,
        UNIQUE (team, op)
      );

      -- Changes acknowledged in the last 30 days, to be resent to a relay that was restored from a
      -- backup. trust: the relay that acknowledged it; no other one gets it.
      CREATE TABLE sent (
        team INTEGER NOT NULL,
        op TEXT NOT NULL,
        n INTEGER NOT NULL,
        channel TEXT NOT NULL,
        message TEXT,
        frame TEXT NOT NULL,
        at INTEGER NOT NULL,
        trust TEXT NOT NULL,
        PRIMARY KEY (team, op)
      ) WITHOUT ROWID;
      CREATE INDEX sent_by_time ON sent (at);
      CREATE INDEX sent_by_message ON sent (team, message);

      -- What is being written. \`message\`: the one that is being edited, '' for a new one.
      -- \`original\`: what its text was
      -- when the edit began.
      CREATE TABLE draft (
        team INTEGER NOT NULL,
        channel TEXT NOT NULL,
        message TEXT NOT NULL,
        text TEXT NOT NULL,
        original TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (team, channel, message)
      ) WITHOUT ROWID;

      -- What the channels of unsent messages and drafts were called, for when the channel itself is
      -- gone.
      CREATE TABLE channel_name (
        team INTEGER NOT NULL,
        channel TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY (team, channel)
      ) WITHOUT ROWID;

      CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        json TEXT NOT NULL
      ) WITHOUT ROWID;

      -- Rows of the tables above that were damaged, as JSON, for a person to look at.
      CREATE TABLE spoilt (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        at INTEGER NOT NULL,
        row TEXT NOT NULL
      );
    `,
  },
];
