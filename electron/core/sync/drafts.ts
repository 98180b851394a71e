/**
 * What is being written: one new message per channel, and one edit per message. In memory at once,
 * on disk within a quarter of a second, so a crash costs at most the last word. Sending removes a
 * draft in the transaction that makes the message.
 */
import { joinTexts } from '../../bridge/join-texts.ts';
import type { Draft, DraftRows } from '../cache/draft-rows.ts';
import type { Sqlite } from '../cache/sqlite.ts';
import type { Changes } from '../events/changes.ts';
import type { Clock } from '../ports.ts';
import type { ChannelNames } from './channel-names.ts';

export type DraftKey = Pick<Draft, 'channel' | 'message'>;

export interface DraftsParts {
  readonly team: { readonly id: string; readonly key: number };
  readonly db: Sqlite;
  readonly rows: DraftRows;
  readonly names: ChannelNames;
  readonly clock: Clock;
  readonly changes: Changes;
}

export interface Drafts {
  readonly all: Iterable<Draft>;
  get(key: DraftKey): Draft | undefined;
  /** A new message is being written in the channel. */
  has(channel: string): boolean;
  hasEdit(message: string): boolean;
  /** An empty text removes the draft. */
  set(key: DraftKey, text: string, original?: string | null): void;
  /** Puts the text before what is being written there. On disk when it returns. */
  keep(key: DraftKey, text: string, original?: string | null): void;
  /**
   * Removes it on disk, in the transaction that makes a message of it; `forget` follows the commit.
   */
  removeWithin(key: DraftKey): void;
  forget(key: DraftKey): void;
  /** Writes what is not on disk yet. */
  flush(): void;
  dispose(): void;
}

const QUIET_MS = 250;
/** A disk that was full is tried again after this time, even if the person types no more. */
const RETRY_MS = 5_000;

export function createDrafts({ team, db, rows, names, clock, changes }: DraftsParts): Drafts {
  const keyOf = ({ channel, message }: DraftKey): string => `${channel}/${message ?? ''}`;
  const drafts = new Map(rows.all(team.key).map((draft) => [keyOf(draft), draft]));
  const edits = new Map<string, number>();
  const unwritten = new Map<string, DraftKey>();
  let cancel: (() => void) | undefined;

  const count = (draft: Draft, by: 1 | -1): void => {
    if (draft.message !== null) edits.set(draft.message, (edits.get(draft.message) ?? 0) + by);
  };
  for (const draft of drafts.values()) count(draft, 1);

  const write = (): void => {
    db.transaction('drafts', () => {
      for (const [id, key] of unwritten) {
        const draft = drafts.get(id);
        if (draft) {
          rows.put(team.key, draft);
          names.remember(draft.channel);
        } else rows.remove(team.key, key);
      }
    });
    unwritten.clear();
  };

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    if (unwritten.size === 0) return;
    try {
      write();
    } catch (error) {
      cancel = clock.after(RETRY_MS, flush);
      throw error;
    }
  };

  const put = (key: DraftKey, draft: Draft | undefined): void => {
    const id = keyOf(key);
    const before = drafts.get(id);
    if (before) count(before, -1);
    if (draft) {
      drafts.set(id, draft);
      count(draft, 1);
    } else drafts.delete(id);
    changes.unsent(team.id);
    if (key.message === null && Boolean(before) !== Boolean(draft))
      changes.channel(team.id, key.channel);
  };

  const set: Drafts['set'] = (key, text, original) => {
    const before = drafts.get(keyOf(key));
    if ((before?.text ?? '') === text) return;
    const { channel, message } = key;
    const draft: Draft = {
      channel,
      message,
      text,
      original: original ?? before?.original ?? null,
      at: clock.now(),
    };
    put(key, text === '' ? undefined : draft);
    unwritten.set(keyOf(key), { channel, message });
    cancel ??= clock.after(QUIET_MS, flush);
  };

  return {
    get all() {
      return drafts.values();
    },
    get: (key) => drafts.get(keyOf(key)),
    has: (channel) => drafts.has(keyOf({ channel, message: null })),
    hasEdit: (message) => (edits.get(message) ?? 0) > 0,
    set,
    keep: (key, text, original) => {
      set(key, joinTexts(text, drafts.get(keyOf(key))?.text ?? ''), original);
      flush();
    },
    removeWithin: (key) => rows.remove(team.key, key),
    forget: (key) => {
      unwritten.delete(keyOf(key));
      if (drafts.has(keyOf(key))) put(key, undefined);
    },
    flush,
    dispose: () => cancel?.(),
  };
}
