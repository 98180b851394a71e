/** The text of one field, as the drafts hold it; what the core kept is asked for once. */
import { useEffect, useSyncExternalStore } from 'react';
import type { DraftPlace, Drafts, DraftTrouble } from '../../state/drafts.ts';

export interface DraftField {
  /** Undefined: nothing was typed here, and nothing was kept. */
  readonly text: string | undefined;
  readonly trouble: DraftTrouble | null;
}

/** Made for one place and thrown away with it: give the component a key. */
export function useDraft(place: DraftPlace, drafts: Drafts): DraftField {
  const text = useSyncExternalStore(drafts.subscribe, () => drafts.peek(place));
  const trouble = useSyncExternalStore(drafts.subscribe, () => drafts.troubleOf(place));
  const { team, channel, message } = place;
  useEffect(() => {
    const here = { team, channel, message };
    if (drafts.peek(here) === undefined) void drafts.load(here);
    return () => drafts.flush();
  }, [drafts, team, channel, message]);
  return { text, trouble };
}
