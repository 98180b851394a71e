/**
 * The text of every composer, by channel. Typing is told to the core at most every half second and at once when the person
 * turns away (blur, another channel, a closing window), so that a draft survives a crash. A sent text is never saved again.
 */
import type { Commands } from './commands.ts';
import type { Clock } from './clock.ts';

const SAVE_AFTER_MS = 400;

export interface Drafts {
  /** The text as typed in this window; undefined when the core has to be asked. */
  peek(team: string, channel: string): string | undefined;
  /** The saved draft, unless something was typed meanwhile. */
  load(team: string, channel: string): Promise<string>;
  /** `isUnsaved`: to be saved even if the text is the one already known. */
  set(team: string, channel: string, text: string, isUnsaved?: boolean): void;
  /** The text is on its way to the outbox, which clears the draft: not to be saved behind its back. */
  sending(team: string, channel: string): void;
  /** The text went out: forgets what was about to be saved. `rest` is what was typed since. */
  sent(team: string, channel: string, rest: string): void;
  flush(): void;
}

interface Draft {
  readonly team: string;
  readonly channel: string;
  text: string;
  isSaved: boolean;
}

export function createDrafts({
  commands,
  clock,
}: {
  readonly commands: Pick<Commands, 'call'>;
  readonly clock: Clock;
}): Drafts {
  const drafts = new Map<string, Draft>();
  let cancel: (() => void) | null = null;
  const keyOf = (team: string, channel: string): string => `${team}/${channel}`;

  const flush = (): void => {
    cancel?.();
    cancel = null;
    for (const draft of drafts.values()) {
      if (draft.isSaved) continue;
      draft.isSaved = true;
      void commands.call('draft.set', {
        team: draft.team,
        channel: draft.channel,
        text: draft.text,
      });
    }
  };

  return {
    peek: (team, channel) => drafts.get(keyOf(team, channel))?.text,
    async load(team, channel) {
      const answer = await commands.call('draft.get', { team, channel });
      const key = keyOf(team, channel);
      const typed = drafts.get(key);
      if (typed) return typed.text;
      const text = answer.ok ? answer.value.text : '';
      if (answer.ok) drafts.set(key, { team, channel, text, isSaved: true });
      return text;
    },
    set(team, channel, text, isUnsaved = false) {
      const key = keyOf(team, channel);
      if (drafts.get(key)?.text === text && !isUnsaved) return;
      drafts.set(key, { team, channel, text, isSaved: false });
      cancel ??= clock.after(SAVE_AFTER_MS, flush);
    },
    sending(team, channel) {
      const draft = drafts.get(keyOf(team, channel));
      if (draft) draft.isSaved = true;
    },
    sent(team, channel, rest) {
      drafts.set(keyOf(team, channel), { team, channel, text: rest, isSaved: rest === '' });
      if (rest !== '') cancel ??= clock.after(SAVE_AFTER_MS, flush);
    },
    flush,
  };
}
