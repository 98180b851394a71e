/** The text of one composer: what was typed in this window, else the draft the core kept; saved as it is written. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Drafts } from '../../state/drafts.ts';

export interface Place {
  readonly team: string;
  readonly channel: string;
}

export interface DraftField {
  readonly text: string;
  /** False until it is known whether a draft was kept; what is typed before that wins. */
  readonly isLoaded: boolean;
  setText(
    next: string | ((now: string) => string),
    how?: { readonly isSent?: true; readonly isUnsaved?: true },
  ): void;
}

/** Made for one channel and thrown away with it: give the component a key. */
export function useDraft({ team, channel }: Place, drafts: Drafts): DraftField {
  const [text, show] = useState(() => drafts.peek(team, channel) ?? '');
  const [isLoaded, setIsLoaded] = useState(() => drafts.peek(team, channel) !== undefined);
  const latest = useRef(text);

  const setText = useCallback<DraftField['setText']>(
    (next, how = {}) => {
      const now = typeof next === 'function' ? next(latest.current) : next;
      latest.current = now;
      show(now);
      setIsLoaded(true);
      if (how.isSent) drafts.sent(team, channel, now);
      else drafts.set(team, channel, now, how.isUnsaved === true);
    },
    [drafts, team, channel],
  );

  useEffect(() => {
    if (drafts.peek(team, channel) !== undefined) return undefined;
    let isWanted = true;
    void drafts.load(team, channel).then((draft) => {
      if (!isWanted) return;
      setIsLoaded(true);
      if (latest.current !== '') return;
      latest.current = draft;
      show(draft);
    });
    return () => {
      isWanted = false;
    };
  }, [drafts, team, channel]);

  return { text, isLoaded, setText };
}
