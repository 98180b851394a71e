/**
 * The first layout. Feeds, events, who is where, who may sign in.
 *
 * `event` is clustered by (feed, seq), so a page is one walk along neighbouring rows. The unique index that makes an operation happen
 * once leads with `op`: ids are UUIDv7 and therefore arrive almost sorted, so the inserts of a whole group touch one leaf at the right
 * edge, where (by, op) would touch one leaf per sender.
 * Members and channels are known to other tables by the `no` of their feed: eight bytes at most where an id is thirty-six.
 */
export const sql = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;

CREATE TABLE feed (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  head INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE event (
  feed INTEGER NOT NULL REFERENCES feed (no),
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  by INTEGER NOT NULL REFERENCES feed (no),
  kind TEXT NOT NULL,
  op TEXT,
  asked TEXT,
  json TEXT NOT NULL,
  PRIMARY KEY (feed, seq)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX event_once ON event (op, by) WHERE op IS NOT NULL;

CREATE TABLE revision (
  feed INTEGER NOT NULL REFERENCES feed (no),
  message TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (feed, message, seq)
) WITHOUT ROWID, STRICT;

CREATE TABLE team (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  member_invite_days INTEGER NOT NULL,
  member_invite_uses INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE TABLE member (
  no INTEGER PRIMARY KEY REFERENCES feed (no),
  id TEXT NOT NULL UNIQUE,
  handle TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  is_active INTEGER NOT NULL,
  joined_at INTEGER NOT NULL
) STRICT;

CREATE TABLE channel (
  no INTEGER PRIMARY KEY REFERENCES feed (no),
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  topic TEXT NOT NULL,
  is_archived INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  seq INTEGER NOT NULL,
  members TEXT UNIQUE
) STRICT;
CREATE INDEX channel_public ON channel (kind) WHERE kind = 'public';
CREATE INDEX channel_made ON channel (created_by) WHERE kind <> 'direct';

CREATE TABLE membership (
  channel INTEGER NOT NULL REFERENCES channel (no),
  member INTEGER NOT NULL REFERENCES member (no),
  read_seq INTEGER NOT NULL,
  level TEXT NOT NULL,
  PRIMARY KEY (channel, member)
) WITHOUT ROWID, STRICT;
CREATE INDEX membership_of ON membership (member);

CREATE TABLE credential (
  member INTEGER PRIMARY KEY REFERENCES member (no),
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE session (
  id TEXT PRIMARY KEY,
  member INTEGER NOT NULL REFERENCES member (no),
  device TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  ended_at INTEGER,
  refresh_hash TEXT NOT NULL,
  rotation INTEGER NOT NULL,
  refresh_expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE INDEX session_of ON session (member) WHERE ended_at IS NULL;
CREATE INDEX session_refresh ON session (refresh_hash);

CREATE TABLE invite (
  id TEXT PRIMARY KEY,
  code_hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  created_by TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  uses_left INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
`;
