/**
 * What is being written, per channel. In memory at once, on disk within a quarter of a second, so that a crash costs at
 * most the last word. Sending clears a draft in the transaction that makes the message.
 */
import type { Draft, LedgerRows } from '../cache/ledger-rows.ts';
import type { Changes } from '../events/changes.ts';
import type { Clock } from '../ports.ts';

export interface DraftsParts {
  readonly team: { readonly id: string; readonly key: number };
  readonly rows: LedgerRows;
  readonly clock: Clock;
  readonly changes: Changes;
}

export interface Drafts {
  get(channel: string): string;
  has(channel: string): boolean;
  /** All of them as they stand in memory. */
  all(): readonly Draft[];
  set(channel: string, text: string): void;
  /** Inside the transaction that makes the message of it. */
  clearWithin(channel: string): void;
  flush(): void;
  dispose(): void;
}

const QUIET_MS = 250;

export function createDrafts({ team, rows, clock, changes }: DraftsParts): Drafts {
  const drafts = new Map(rows.drafts(team.key).map(({ channel, text }) => [channel, text]));
  const unwritten = new Set<string>();
  let cancel: (() => void) | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    for (const channel of unwritten)
      rows.putDraft({ team: team.key, channel, text: drafts.get(channel) ?? '' }, clock.now());
    unwritten.clear();
  };

  const put = (channel: string, text: string): void => {
    const had = drafts.has(channel);
    if (text === '') drafts.delete(channel);
    else drafts.set(channel, text);
    if (had !== drafts.has(channel)) changes.channel(team.id, channel);
  };

  return {
    get: (channel) => drafts.get(channel) ?? '',
    has: (channel) => drafts.has(channel),
    all: () => [...drafts].map(([channel, text]) => ({ team: team.key, channel, text })),
    set: (channel, text) => {
      if ((drafts.get(channel) ?? '') === text) return;
      put(channel, text);
      unwritten.add(channel);
      cancel ??= clock.after(QUIET_MS, flush);
    },
    clearWithin: (channel) => {
      put(channel, '');
      unwritten.delete(channel);
      rows.putDraft({ team: team.key, channel, text: '' }, clock.now());
    },
    flush,
    dispose: () => cancel?.(),
  };
}
