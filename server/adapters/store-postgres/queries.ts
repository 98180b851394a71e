/**
 * The SQL of the store's questions, by name. Each is one statement, and so one snapshot. Under `LOCKS` stands what a transaction adds,
 * so that what it has read stays as it is until it commits.
 */
import { CHANNEL_COLUMNS, MEMBER_COLUMNS, TEAM_COLUMNS } from '../store-rows.ts';

const SESSION_SELECT =
  'SELECT id, (SELECT member.id FROM member WHERE member.no = session.member) AS member_id, device, created_at, last_seen_at, ended_at, ' +
  'refresh_hash, rotation, refresh_expires_at FROM session';

/**
 * A page: the rows of a span from one end, as many as fit both limits, the first one always. The head comes with each row, and alone
 * where there is none.
 */
const page = (order: 'ASC' | 'DESC'): string => `
  SELECT feed.head, fitting.seq, fitting.at, fitting.op, fitting.json FROM feed LEFT JOIN LATERAL (
    SELECT seq, at, op, json FROM (
      SELECT seq, at, op, json, sum(octet_length(json)) OVER (ORDER BY seq ${order}) AS taken, row_number() OVER (ORDER BY seq ${order}) AS place
      FROM (
        SELECT seq, at, op, json FROM event
        WHERE event.feed = feed.no AND seq BETWEEN $2 AND $3 ORDER BY seq ${order} LIMIT $4
      ) AS span
    ) AS measured WHERE taken <= $5 OR place = 1
  ) AS fitting ON true WHERE feed.id = $1 ORDER BY fitting.seq`;

export const QUERIES = {
  newestAt: 'SELECT coalesce(max(at), 0) AS at FROM feed',
  team: `SELECT ${TEAM_COLUMNS} FROM team`,
  member: `SELECT ${MEMBER_COLUMNS} FROM member WHERE id = $1`,
  memberByHandle: `SELECT ${MEMBER_COLUMNS} FROM member WHERE handle = $1`,
  members: `SELECT ${MEMBER_COLUMNS} FROM member ORDER BY no`,
  channel: `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE id = $1`,
  publicChannels: `SELECT ${CHANNEL_COLUMNS} FROM channel WHERE kind = 'public' ORDER BY no`,
  roster:
    'SELECT member.id FROM channel JOIN membership ON membership.channel = channel.no JOIN member ON member.no = membership.member ' +
    'WHERE channel.id = $1 ORDER BY member.no',
  standing:
    'SELECT (SELECT row_to_json(member) FROM member WHERE id = $2) AS member, (SELECT row_to_json(channel) FROM channel WHERE id = $1) AS channel, ' +
    'EXISTS (SELECT 1 FROM membership JOIN channel ON channel.no = membership.channel JOIN member ON member.no = membership.member ' +
    'WHERE channel.id = $1 AND member.id = $2) AS is_in',
  membership:
    'SELECT membership.read_seq, membership.level FROM membership JOIN channel ON channel.no = membership.channel ' +
    'JOIN member ON member.no = membership.member WHERE channel.id = $1 AND member.id = $2',
  memberCount:
    'SELECT count(*) AS count FROM membership JOIN channel ON channel.no = membership.channel WHERE channel.id = $1',
  channelsMade: "SELECT count(*) AS count FROM channel WHERE created_by = $1 AND kind <> 'direct'",
  channelCount:
    'SELECT count(*) AS count FROM membership JOIN member ON member.no = membership.member WHERE member.id = $1',
  memberChannels:
    `SELECT ${CHANNEL_COLUMNS}, membership.read_seq, membership.level FROM member JOIN membership ON membership.member = member.no ` +
    'JOIN channel ON channel.no = membership.channel WHERE member.id = $1 ORDER BY channel.no',
  directChannel: 'SELECT id FROM channel WHERE members = $1',
  message:
    "SELECT event.seq, event.json FROM event JOIN feed ON feed.no = event.feed WHERE event.op = $2 AND feed.id = $1 AND event.kind = 'posted'",
  operations:
    'SELECT event.op FROM event JOIN member ON member.no = event.by WHERE event.op = ANY ($1) AND member.id = $2',
  head: 'SELECT head FROM feed WHERE id = $1',
  heads: 'SELECT id, head FROM feed WHERE id = ANY ($1)',
  marks:
    'SELECT feed.id, event.at, event.op FROM unnest($1::text[], $2::bigint[]) AS place (feed, seq) ' +
    'JOIN feed ON feed.id = place.feed JOIN event ON event.feed = feed.no AND event.seq = place.seq',
  // One snapshot for the team's head, the member's own and those of the channels.
  headsOf:
    'SELECT feed.id, feed.head, -1 AS at, 0 AS no FROM feed WHERE id = ANY ($2) UNION ALL ' +
    'SELECT feed.id, feed.head, feed.at, feed.no FROM member JOIN membership ON membership.member = member.no ' +
    'JOIN feed ON feed.no = membership.channel WHERE member.id = $1 ORDER BY at DESC, no',
  pageDown: page('DESC'),
  pageUp: page('ASC'),
  credential:
    'SELECT hash FROM credential JOIN member ON member.no = credential.member WHERE member.id = $1',
  session: `${SESSION_SELECT} WHERE id = $1`,
  sessionByRefresh: `${SESSION_SELECT} WHERE refresh_hash = $1`,
  sessions: `${SESSION_SELECT} WHERE member = (SELECT no FROM member WHERE member.id = $1) AND ended_at IS NULL ORDER BY created_at DESC, id DESC`,
  invite: 'SELECT * FROM invite WHERE code_hash = $1',
  invites: 'SELECT * FROM invite ORDER BY created_at, id',
  blobsPlace: "SELECT value FROM meta WHERE key = 'blobs'",
} as const;

export type QueryName = keyof typeof QUERIES;

/** For what is only looked at, `SHARE`; for what is as good as always changed by who looks at it, `UPDATE`. */
export const LOCKS: Partial<Record<QueryName, string>> = {
  member: ' FOR SHARE',
  memberByHandle: ' FOR SHARE',
  channel: ' FOR SHARE',
  membership: ' FOR SHARE OF membership',
  credential: ' FOR SHARE OF credential',
  session: ' FOR UPDATE',
  sessionByRefresh: ' FOR UPDATE',
  sessions: ' FOR UPDATE',
  invite: ' FOR UPDATE',
};
