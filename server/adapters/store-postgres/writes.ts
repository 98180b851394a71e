/** The SQL of the store's changes and of what a transaction asks before them, by name. */
const FEEDS = 'SELECT no, id, head, at FROM feed WHERE id = ANY ($1)';
const FOUND = 'event.feed, event.by, event.seq, event.at, event.kind, event.asked, event.json';

export const WRITES = {
  // In one order for everybody: channels, then members, then the team (their names sort that way), so that groups of several nodes wait
  // for each other in line and not in a circle. Not FOR UPDATE: whoever refers to a feed only needs it to stay.
  lockFeeds: `${FEEDS} ORDER BY id FOR NO KEY UPDATE`,
  numbers: 'SELECT no, id FROM feed WHERE id = ANY ($1)',
  makeFeed: 'INSERT INTO feed (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING no',
  feedIds: 'SELECT no, id FROM feed WHERE no = ANY ($1)',
  operations: `SELECT event.op, ${FOUND} FROM event WHERE op = ANY ($1)`,
  lockMembers:
    'SELECT id, handle, name, role, is_active, joined_at FROM member WHERE id = ANY ($1) ORDER BY id FOR SHARE',
  lockChannels:
    'SELECT id, kind, name, topic, is_archived, created_at, created_by, seq, members FROM channel WHERE id = ANY ($1) ORDER BY id FOR SHARE',
  lockMemberships:
    'SELECT channel.id AS channel, member.id AS member, membership.read_seq, membership.level ' +
    'FROM unnest($1::text[], $2::text[]) AS wanted (channel, member) JOIN channel ON channel.id = wanted.channel ' +
    'JOIN member ON member.id = wanted.member JOIN membership ON membership.channel = channel.no AND membership.member = member.no ' +
    'ORDER BY channel.no, member.no FOR SHARE OF membership',
  // The events of the group, and how far they moved their feeds.
  append:
    'WITH moved AS (UPDATE feed SET head = to_be.head, at = to_be.at FROM unnest($9::bigint[], $10::bigint[], $11::bigint[]) AS to_be (no, head, at) ' +
    'WHERE feed.no = to_be.no) INSERT INTO event (feed, seq, at, by, kind, op, asked, json) ' +
    'SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])',
  eventAt: 'SELECT kind, json FROM event WHERE feed = $1 AND seq = $2',
  eventJson: 'UPDATE event SET json = $1 WHERE feed = $2 AND seq = $3',
  firstText: 'SELECT text FROM revision WHERE feed = $1 AND message = $2 ORDER BY seq LIMIT 1',
  revision: 'INSERT INTO revision (feed, message, seq, at, text) VALUES ($1, $2, $3, $4, $5)',
  revisions: 'SELECT seq FROM revision WHERE feed = $1 AND message = $2',
  dropRevisions: 'DELETE FROM revision WHERE feed = $1 AND message = $2',
  team: `INSERT INTO team (id, name, created_at, member_invite_days, member_invite_uses)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
    member_invite_days = excluded.member_invite_days,
    member_invite_uses = excluded.member_invite_uses`,
  member:
    'INSERT INTO member (no, id, handle, name, role, is_active, joined_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (no) DO UPDATE SET ' +
    'handle = excluded.handle, name = excluded.name, role = excluded.role, is_active = excluded.is_active, joined_at = excluded.joined_at',
  channel:
    'INSERT INTO channel (no, id, kind, name, topic, is_archived, created_at, created_by, seq, members) ' +
    'VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (no) DO UPDATE SET kind = excluded.kind, name = excluded.name, ' +
    'topic = excluded.topic, is_archived = excluded.is_archived, seq = excluded.seq, members = excluded.members',
  membership:
    'INSERT INTO membership (channel, member, read_seq, level) VALUES ($1, $2, $3, $4) ON CONFLICT (channel, member) DO UPDATE SET ' +
    'read_seq = excluded.read_seq, level = excluded.level',
  dropMembership: 'DELETE FROM membership WHERE channel = $1 AND member = $2',
  readMark: 'UPDATE membership SET read_seq = $1 WHERE channel = $2 AND member = $3',
  level: 'UPDATE membership SET level = $1 WHERE channel = $2 AND member = $3',
  credential:
    'INSERT INTO credential (member, hash) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET hash = excluded.hash',
  session:
    'INSERT INTO session (id, member, device, created_at, last_seen_at, ended_at, refresh_hash, rotation, refresh_expires_at) ' +
    'VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET device = excluded.device, ' +
    'last_seen_at = excluded.last_seen_at, ended_at = excluded.ended_at, refresh_hash = excluded.refresh_hash, ' +
    'rotation = excluded.rotation, refresh_expires_at = excluded.refresh_expires_at',
  dropSessions: 'DELETE FROM session WHERE coalesce(ended_at, refresh_expires_at) < $1',
  invite:
    'INSERT INTO invite (id, code_hash, role, created_by, created_at, expires_at, uses_left) VALUES ($1, $2, $3, $4, $5, $6, $7) ' +
    'ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, uses_left = excluded.uses_left',
  dropInvite: 'DELETE FROM invite WHERE id = $1',
  blobsPlace: "INSERT INTO meta (key, value) VALUES ('blobs', $1)",
  epoch: "UPDATE meta SET value = $2 WHERE key = 'epoch' AND value = $1",
} as const;

export type WriteName = keyof typeof WRITES;
