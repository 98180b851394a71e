/**
 * The SQL of the store's questions, by name, so that the query-plan test can hold every one of them to an index.
 */
import { CHANNEL_COLUMNS, MEMBER_COLUMNS, TEAM_COLUMNS } from '../store-rows.ts';

// Not a join: with the driver's SQLite a join of two tables costs some 25 µs before its first row, a look-up inside a row 1 µs.
const SESSION_SELECT =
  'SELECT id, (SELECT member.id FROM member WHERE member.no = session.member) AS member_id, device, created_at, last_seen_at, ended_at, ' +
  'refresh_hash, rotation, refresh_expires_at FROM session';

export const QUERIES = {
  newestAt: 'SELECT coalesce(max(at), 0) AS at FROM feed',
  feed: 'SELECT no, head, at FROM feed WHERE id = ?',
  team: `SELECT ${TEAM_COLUMNS} FROM team`,
  member: `SELECT ${MEMBER_COLUMNS} FROM member WHERE id = ?`,
  memberByHandle: `SELECT ${MEMBER_COLUMNS} FROM member WHERE handle = ?`,
  members: `SELECT ${MEMBER_COLUMNS} FROM member ORDER BY no`,
  channel: `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE id = ?`,
  publicChannels: `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE kind = 'public' ORDER BY no`,
  roster:
    'SELECT member.id FROM membership JOIN member ON member.no = membership.member WHERE membership.channel = ? ORDER BY member.no',
  isIn: 'SELECT 1 FROM membership WHERE channel = ? AND member = ?',
  memberCount: 'SELECT count(*) AS count FROM membership WHERE channel = ?',
  channelCount: 'SELECT count(*) AS count FROM membership WHERE member = ?',
  channelsMade: "SELECT count(*) AS count FROM channel WHERE created_by = ? AND kind <> 'direct'",
  memberChannels: `SELECT ${CHANNEL_COLUMNS}, membership.read_seq, membership.level FROM membership JOIN channel ON channel.no = membership.channel WHERE membership.member = ? ORDER BY channel.no`,
  directChannel: 'SELECT id FROM channel WHERE members = ?',
  // `+feed`: else the planner takes the feed for the better clue and walks through all of it.
  message: "SELECT seq, json FROM event WHERE op = ? AND +feed = ? AND kind = 'posted'",
  operationOf: 'SELECT 1 FROM event WHERE op = ? AND by = ?',
  readMark: 'SELECT read_seq FROM membership WHERE channel = ? AND member = ?',
  // One text for all channels: each value that crosses from SQLite into JavaScript costs more than the look-up behind it, and every
  // client that connects asks this.
  channelHeads:
    "SELECT group_concat((SELECT feed.at || ' ' || feed.head || ' ' || feed.id FROM feed WHERE feed.no = membership.channel), char(10)) AS heads " +
    'FROM membership WHERE membership.member = ?',
  pageDown:
    'SELECT seq, at, json FROM event WHERE feed = ? AND seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?',
  pageUp:
    'SELECT seq, at, json FROM event WHERE feed = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT ?',
  mark: 'SELECT at, op FROM event WHERE feed = ? AND seq = ?',
  credential: 'SELECT hash FROM credential WHERE member = ?',
  session: `${SESSION_SELECT} WHERE session.id = ?`,
  sessionByRefresh: `${SESSION_SELECT} WHERE refresh_hash = ?`,
  sessions: `${SESSION_SELECT} WHERE session.member = ? AND ended_at IS NULL ORDER BY created_at DESC, session.id DESC`,
  invite: 'SELECT * FROM invite WHERE code_hash = ?',
  invites: 'SELECT * FROM invite ORDER BY created_at, id',
  blobsPlace: "SELECT value FROM meta WHERE key = 'blobs'",
  // Of the writer alone:
  // Of all senders: almost always none, or one.
  operation: 'SELECT feed, by, seq, at, kind, asked, json FROM event WHERE op = ?',
  highestOperation: 'SELECT max(op) AS op FROM event WHERE op < ?',
  firstText: 'SELECT text FROM revision WHERE feed = ? AND message = ? ORDER BY seq LIMIT 1',
  revisions: 'SELECT seq FROM revision WHERE feed = ? AND message = ?',
} as const;

export type QueryName = keyof typeof QUERIES;
