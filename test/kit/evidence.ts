/** What a run leaves behind for the checkers, and what a checker is: it answers the violations it sees, in words. */
import type { DesktopRead } from './desktop-read.ts';
import type { History } from './history.ts';
import type { RelayRead } from './relay-read.ts';

export interface Evidence {
  readonly history: History;
  readonly relay: RelayRead;
  readonly desktops: readonly DesktopRead[];
}

export type Check = (evidence: Evidence) => readonly string[];
