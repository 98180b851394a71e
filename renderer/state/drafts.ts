/**
 * What is being written in this window: a new message per channel, an edit per message. It is saved
 * at most every half second, and at once when the person turns away, so a draft survives a crash. A
 * text that the core refuses to keep is marked, so that the window can say so.
 */
import { joinTexts } from '../../electron/bridge/join-texts.ts';
import type { Clock } from './clock.ts';
import type { Commands } from './commands.ts';
import { isDraftTooLong } from './text-size.ts';

const SAVE_AFTER_MS = 400;
const RETRY_MS = 5_000;

export interface DraftPlace {
  readonly team: string;
  readonly channel: string;
  /** The message that is edited; null for a new one. */
  readonly message: string | null;
}

/** Why a text is only in this window: it is too long to keep, or the core could not take it. */
export type DraftTrouble = 'too-long' | 'refused';

export interface Drafts {
  /**
   * The text as it stands in this window; undefined when nothing was typed and the core has not
   * been asked.
   */
  peek(place: DraftPlace): string | undefined;
  /** What the message's text was when the edit began. */
  originalOf(place: DraftPlace): string | null;
  troubleOf(place: DraftPlace): DraftTrouble | null;
  subscribe(listener: () => void): () => void;
  /** Brings what the core kept. What was typed before the answer stays, behind it. */
  load(place: DraftPlace): Promise<void>;
  set(place: DraftPlace, text: string, original?: string): void;
  /** The text leaves the field: the command that takes it removes what was kept. */
  take(place: DraftPlace): void;
  /**
   * A text that could not be sent comes back, before what was typed since; after the word that is
   * being composed.
   */
  giveBack(place: DraftPlace, text: string, original?: string): void;
  /** Removes it, here and where it is kept. */
  drop(place: DraftPlace): void;
  /** The core has changed it: it is loaded again when it is needed. */
  forget(place: DraftPlace): void;
  /**
   * While an input method composes a word, no text comes back into a field: that would spoil the
   * word.
   */
  composing(isComposing: boolean): void;
  flush(): void;
}

interface Draft {
  readonly place: DraftPlace;
  readonly text: string;
  readonly original: string | null;
  isSaved: boolean;
  trouble: DraftTrouble | null;
}

export interface DraftsParts {
  readonly commands: Pick<Commands, 'call'>;
  readonly clock: Clock;
}

export function createDrafts({ commands, clock }: DraftsParts): Drafts {
  const drafts = new Map<string, Draft>();
  const loads = new Map<string, Promise<void>>();
  const listeners = new Set<() => void>();
  let isComposing = false;
  let waiting: (() => void)[] = [];
  let cancel: (() => void) | null = null;

  const keyOf = ({ team, channel, message }: DraftPlace): string =>
    `${team}/${channel}/${message ?? ''}`;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const plan = (ms: number): void => {
    cancel ??= clock.after(ms, flush);
  };
  const whereOf = ({ team, channel, message }: DraftPlace) => ({
    team,
    channel,
    ...(message === null ? {} : { message }),
  });

  const save = async (draft: Draft): Promise<void> => {
    const { place, text, original } = draft;
    draft.isSaved = true;
    if (isDraftTooLong(text)) return;
    const answer = await commands.call('draft.set', {
      ...whereOf(place),
      text,
      ...(original === null ? {} : { original }),
    });
    const trouble = answer.ok ? null : answer.error.kind === 'too-large' ? 'too-long' : 'refused';
    if (drafts.get(keyOf(place)) !== draft || draft.trouble === trouble) return;
    draft.trouble = trouble;
    if (trouble === 'refused') {
      draft.isSaved = false;
      plan(RETRY_MS);
    }
    changed();
  };

  function flush(): void {
    cancel?.();
    cancel = null;
    for (const draft of drafts.values()) if (!draft.isSaved) void save(draft);
  }

  const put = (place: DraftPlace, text: string, original: string | null): void => {
    const key = keyOf(place);
    drafts.set(key, {
      place,
      text,
      original: original ?? drafts.get(key)?.original ?? null,
      isSaved: false,
      trouble: isDraftTooLong(text) ? 'too-long' : null,
    });
    plan(SAVE_AFTER_MS);
    changed();
  };

  const giveBack: Drafts['giveBack'] = (place, text, original) => {
    if (isComposing) waiting.push(() => giveBack(place, text, original));
    else put(place, joinTexts(text, drafts.get(keyOf(place))?.text ?? ''), original ?? null);
  };

  const load = async (place: DraftPlace): Promise<void> => {
    const key = keyOf(place);
    const answer = await commands.call('draft.get', whereOf(place));
    if (!answer.ok) return;
    const { text, original } = answer.value;
    if (drafts.has(key)) {
      if (text !== '') giveBack(place, text, original ?? undefined);
    } else if (text !== '' || place.message === null) {
      drafts.set(key, { place, text, original, isSaved: true, trouble: null });
      changed();
    }
  };

  return {
    peek: (place) => drafts.get(keyOf(place))?.text,
    originalOf: (place) => drafts.get(keyOf(place))?.original ?? null,
    troubleOf: (place) => drafts.get(keyOf(place))?.trouble ?? null,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    load: (place) => {
      const key = keyOf(place);
      if (drafts.has(key)) return Promise.resolve();
      const known = loads.get(key) ?? load(place).finally(() => loads.delete(key));
      loads.set(key, known);
      return known;
    },
    set: (place, text, original) => {
      if (drafts.get(keyOf(place))?.text !== text) put(place, text, original ?? null);
    },
    take: (place) => {
      if (place.message !== null) drafts.delete(keyOf(place));
      else
        drafts.set(keyOf(place), { place, text: '', original: null, isSaved: true, trouble: null });
      changed();
    },
    giveBack,
    drop: (place) => {
      drafts.delete(keyOf(place));
      void commands.call('draft.set', { ...whereOf(place), text: '' });
      changed();
    },
    forget: (place) => {
      drafts.delete(keyOf(place));
      changed();
    },
    composing: (is) => {
      isComposing = is;
      if (is) return;
      const due = waiting;
      waiting = [];
      for (const act of due) act();
    },
    flush,
  };
}
