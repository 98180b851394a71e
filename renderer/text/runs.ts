/**
 * What colouring makes of a block of code, and what worker and window send to each other about it.
 */
export type Shade =
  'plain' | 'keyword' | 'string' | 'number' | 'title' | 'comment' | 'added' | 'removed';
export interface Run {
  readonly shade: Shade;
  readonly text: string;
}

export interface HighlightJob {
  readonly code: string;
  readonly language: string;
}
/** The worker sends `ready` once, then one answer for each job, in order. */
export type FromWorker =
  { readonly type: 'ready' } | { readonly type: 'runs'; readonly runs: readonly Run[] | null };
