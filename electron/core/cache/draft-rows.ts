/**
 * Drafts on disk, and what the channels of drafts and unsent messages were called. A name is kept
 * here because the channel may leave the cache while the text stays.
 */
import { z } from 'zod';
import { channelName, type ChannelName } from '../../bridge/views.ts';
import type { Sqlite } from './sqlite.ts';

export interface Draft {
  readonly channel: string;
  /** The message that is being edited; null for a new one. */
  readonly message: string | null;
  readonly text: string;
  /** What the message's text was when the edit began. */
  readonly original: string | null;
  readonly at: number;
}

export interface DraftRows {
  all(team: number): Draft[];
  put(team: number, draft: Draft): void;
  remove(team: number, draft: Pick<Draft, 'channel' | 'message'>): void;

  /** A row that cannot be read is left out. */
  names(team: number): ReadonlyMap<string, ChannelName>;
  putName(team: number, channel: string, name: ChannelName): void;
  removeName(team: number, channel: string): void;
}

export function createDraftRows(db: Sqlite): DraftRows {
  const all = db.prepare<readonly [number], Draft & { readonly message: string }>(
    'draft.all',
    'SELECT channel, message, text, original, at FROM draft WHERE team = ?',
  );
  const put = db.prepare<readonly [number, string, string, string, string | null, number]>(
    'draft.put',
    `INSERT OR REPLACE INTO draft (team, channel, message, text, original, at)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare<readonly [number, string, string]>(
    'draft.remove',
    'DELETE FROM draft WHERE team = ? AND channel = ? AND message = ?',
  );
  const names = db.prepare<readonly [number], { readonly channel: string; readonly json: string }>(
    'channel-name.all',
    'SELECT channel, json FROM channel_name WHERE team = ?',
  );
  const putName = db.prepare<readonly [number, string, string]>(
    'channel-name.put',
    'INSERT OR REPLACE INTO channel_name (team, channel, json) VALUES (?, ?, ?)',
  );
  const removeName = db.prepare<readonly [number, string]>(
    'channel-name.remove',
    'DELETE FROM channel_name WHERE team = ? AND channel = ?',
  );

  return {
    all: (team) =>
      all.all(team).map((row) => ({ ...row, message: row.message === '' ? null : row.message })),
    put: (team, { channel, message, text, original, at }) =>
      void put.run(team, channel, message ?? '', text, original, at),
    remove: (team, { channel, message }) => void remove.run(team, channel, message ?? ''),
    names: (team) =>
      new Map(
        names.all(team).flatMap(({ channel, json }) => {
          const read = nameJson.safeParse(json);
          return read.success ? [[channel, read.data] as const] : [];
        }),
      ),
    putName: (team, channel, name) => void putName.run(team, channel, JSON.stringify(name)),
    removeName: (team, channel) => void removeName.run(team, channel),
  };
}

const nameJson = z
  .string()
  .transform((json, context) => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(channelName);
