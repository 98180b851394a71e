/** The SQL of the store's changes, by name. */
export const WRITES = {
  feed: 'INSERT INTO feed (id) VALUES (?)',
  feedId: 'SELECT id FROM feed WHERE no = ?',
  moveHead: 'UPDATE feed SET head = ?, at = ? WHERE no = ?',
  event:
    'INSERT INTO event (feed, seq, at, by, kind, op, asked, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  eventAt: 'SELECT kind, json FROM event WHERE feed = ? AND seq = ?',
  eventJson: 'UPDATE event SET json = ? WHERE feed = ? AND seq = ?',
  revision: 'INSERT INTO revision (feed, message, seq, at, text) VALUES (?, ?, ?, ?, ?)',
  dropRevisions: 'DELETE FROM revision WHERE feed = ? AND message = ?',
  team: `INSERT INTO team (id, name, created_at, member_invite_days, member_invite_uses)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
    member_invite_days = excluded.member_invite_days,
    member_invite_uses = excluded.member_invite_uses`,
  member:
    'INSERT INTO member (no, id, handle, name, role, is_active, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO UPDATE SET ' +
    'handle = excluded.handle, name = excluded.name, role = excluded.role, is_active = excluded.is_active, joined_at = excluded.joined_at',
  channel:
    'INSERT INTO channel (no, id, kind, name, topic, is_archived, created_at, created_by, seq, members) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ' +
    'ON CONFLICT (no) DO UPDATE SET kind = excluded.kind, name = excluded.name, topic = excluded.topic, is_archived = excluded.is_archived, ' +
    'seq = excluded.seq, members = excluded.members',
  membership:
    'INSERT INTO membership (channel, member, read_seq, level) VALUES (?, ?, ?, ?) ON CONFLICT (channel, member) DO UPDATE SET ' +
    'read_seq = excluded.read_seq, level = excluded.level',
  dropMembership: 'DELETE FROM membership WHERE channel = ? AND member = ?',
  readMark: 'UPDATE membership SET read_seq = ? WHERE channel = ? AND member = ?',
  level: 'UPDATE membership SET level = ? WHERE channel = ? AND member = ?',
  credential:
    'INSERT INTO credential (member, hash) VALUES (?, ?) ON CONFLICT (member) DO UPDATE SET hash = excluded.hash',
  session:
    'INSERT INTO session (id, member, device, created_at, last_seen_at, ended_at, refresh_hash, rotation, refresh_expires_at) ' +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET device = excluded.device, last_seen_at = excluded.last_seen_at, ' +
    'ended_at = excluded.ended_at, refresh_hash = excluded.refresh_hash, rotation = excluded.rotation, ' +
    'refresh_expires_at = excluded.refresh_expires_at',
  dropSessions: 'DELETE FROM session WHERE coalesce(ended_at, refresh_expires_at) < ?',
  invite:
    'INSERT INTO invite (id, code_hash, role, created_by, created_at, expires_at, uses_left) VALUES (?, ?, ?, ?, ?, ?, ?) ' +
    'ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, uses_left = excluded.uses_left',
  dropInvite: 'DELETE FROM invite WHERE id = ?',
  blobsPlace: "INSERT INTO meta (key, value) VALUES ('blobs', ?)",
  epoch: "UPDATE meta SET value = ? WHERE key = 'epoch' AND value = ?",
} as const;

export type WriteName = keyof typeof WRITES;
