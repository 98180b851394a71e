/** Reads of what was not sent: what belongs in the Not sent list, and the edits that were begun. */
import type { TeamState, UnsentView } from '../../electron/bridge/views.ts';
import { cached } from './selectors.ts';

type Unsent = TeamState['unsent'];

/** The message is there and can be edited: the channel itself says that an edit was begun. */
const isUnsavedEdit = (one: UnsentView): boolean =>
  one.kind === 'edit-draft' && one.where === 'here' && !one.isDeleted;

const newestFirst = (a: UnsentView, b: UnsentView): number => b.at - a.at;

/** Newest first. */
export const notSentOf = cached((unsent: Unsent): readonly UnsentView[] =>
  Object.values(unsent)
    .filter((one) => !isUnsavedEdit(one))
    .sort(newestFirst),
);

/** Newest first. */
export const unsavedEditsOf = cached((unsent: Unsent): readonly UnsentView[] =>
  Object.values(unsent).filter(isUnsavedEdit).sort(newestFirst),
);
