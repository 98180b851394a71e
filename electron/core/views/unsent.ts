/**
 * What of the person's own texts would be out of sight: what failed, what waits or is a draft where
 * the channel cannot be seen and written, and each edit that was begun. Pure reading; the window
 * gets only what is different.
 */
import type { TeamState, UnsentView } from '../../bridge/views.ts';
import type { Draft } from '../cache/draft-rows.ts';
import type { OutboxRow } from '../cache/outbox-rows.ts';
import type { Team } from '../teams/team.ts';

/** Enough for two rows of a list; the whole text is fetched when it is needed. */
export const EXCERPT_LENGTH = 280;

export const draftKey = ({ channel, message }: Pick<Draft, 'channel' | 'message'>): string =>
  message === null ? `draft/${channel}` : `edit/${channel}/${message}`;
export const outboxKey = (message: string): string => `message/${message}`;

type Where = UnsentView['where'];

export function whereOf(team: Team, channelId: string): Where {
  const channel = team.replica.channels.get(channelId);
  if (channel?.isJoined === true) return channel.facts.isArchived ? 'archived' : 'here';
  // Everything is being fetched anew: the channel may come in a moment.
  if (team.isBeginningAnew && team.connection.isLive) return 'here';
  return channel ? 'left' : 'gone';
}

/** One message's own rows in the outbox as one text: the message, or the last edit of it. */
export interface UnsentRows {
  readonly row: OutboxRow;
  readonly text: string;
  readonly failed: OutboxRow | undefined;
}

/** By message. What a deletion follows is on its way out, and not in it. */
export function unsentRows(team: Team): ReadonlyMap<string, UnsentRows> {
  const found = new Map<string, UnsentRows>();
  for (const row of team.outbox.rows) {
    const { message, frame } = row;
    if (message === null || row.isOffer) continue;
    if (frame.t === 'delete') found.delete(message);
    if (frame.t !== 'post' && frame.t !== 'edit') continue;
    const before = found.get(message);
    found.set(message, {
      row: before?.row.frame.t === 'post' ? before.row : row,
      text: frame.text,
      failed: row.state === 'failed' ? row : before?.failed,
    });
  }
  return found;
}

export function unsentOf(team: Team): TeamState['unsent'] {
  const unsent: Record<string, UnsentView> = {};
  const wheres = new Map<string, Where>();
  const where = (channel: string): Where => {
    const known = wheres.get(channel) ?? whereOf(team, channel);
    wheres.set(channel, known);
    return known;
  };
  const isDeleted = (channelId: string, message: string): boolean => {
    const channel = team.replica.channels.get(channelId);
    const { key } = team.replica.team;
    return (channel && team.cache.messages.byId(key, channel.key, message)?.isDeleted) === true;
  };

  for (const [message, { row, text, failed }] of unsentRows(team)) {
    const place = where(row.channel);
    if (place === 'here' && !failed) continue;
    const key = outboxKey(message);
    unsent[key] = {
      key,
      kind: row.frame.t === 'edit' ? 'edit' : 'message',
      channel: row.channel,
      name: team.names.of(row.channel),
      where: place,
      message,
      isDeleted: false,
      excerpt: text.slice(0, EXCERPT_LENGTH),
      at: row.at,
      why: failed ? (failed.why ?? 'internal') : null,
    };
  }
  for (const draft of team.drafts.all) {
    const { channel, message, text, at } = draft;
    const place = where(channel);
    if (place === 'here' && message === null) continue;
    const key = draftKey(draft);
    unsent[key] = {
      key,
      kind: message === null ? 'draft' : 'edit-draft',
      channel,
      name: team.names.of(channel),
      where: place,
      message,
      isDeleted: message !== null && isDeleted(channel, message),
      excerpt: text.slice(0, EXCERPT_LENGTH),
      at,
      why: null,
    };
  }
  return unsent;
}

/** What to put and what to take away, to come from the one to the other. Undefined: nothing. */
export function unsentChanges(
  before: TeamState['unsent'],
  after: TeamState['unsent'],
): { readonly put: UnsentView[]; readonly gone: string[] } | undefined {
  const put = Object.values(after).filter((one) => {
    const old = before[one.key];
    return old === undefined || !isSame(old, one);
  });
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return put.length === 0 && gone.length === 0 ? undefined : { put, gone };
}

const isSame = (a: UnsentView, b: UnsentView): boolean =>
  a.excerpt === b.excerpt &&
  a.at === b.at &&
  a.kind === b.kind &&
  a.where === b.where &&
  a.why === b.why &&
  a.isDeleted === b.isDeleted &&
  JSON.stringify(a.name) === JSON.stringify(b.name);
