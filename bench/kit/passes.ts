/** What a member of a seeded relay needs to sit down: a good token and the positions of a desktop that was here before. */

import type { Position } from '../../protocol/feeds.ts';

export interface Pass {
  readonly access: string;
  readonly epoch: string;
  /** The id of their channel. */
  readonly channel: string;
  readonly positions: Readonly<Record<string, Position>>;
}
