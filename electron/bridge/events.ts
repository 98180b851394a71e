/**
 * How the window's state changes: the core sends events in batches, at most one batch in 16 ms. What each of them means is said, purely, by
 * `applyEvent` in `apply-event.ts`.
 */
import { z } from 'zod';
import {
  channelView,
  memberView,
  notice,
  presence,
  request,
  settings,
  teamState,
  teamView,
  timelineRow,
  timelineView,
  unsentView,
} from './views.ts';
import type { WindowState } from './views.ts';

const team = z.string();
const id = z.string();

export const bridgeEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settings'), settings }),
  z.object({ kind: z.literal('team-order'), order: z.array(id) }),
  /** A team appears, or its whole state is replaced (after a resync). */
  z.object({ kind: z.literal('team-state'), team, state: teamState }),
  z.object({ kind: z.literal('team'), team, view: teamView }),
  z.object({ kind: z.literal('team-gone'), team }),
  z.object({
    kind: z.literal('channels'),
    team,
    channels: z.array(channelView),
    gone: z.array(id),
  }),
  z.object({ kind: z.literal('unsent'), team, put: z.array(unsentView), gone: z.array(id) }),
  z.object({ kind: z.literal('members'), team, members: z.array(memberView) }),
  z.object({ kind: z.literal('presence'), team, members: z.record(id, presence) }),
  z.object({ kind: z.literal('typing'), team, channel: id, members: z.array(id) }),
  /** Another channel was opened, or the stretch was loaded anew. */
  z.object({ kind: z.literal('timeline'), timeline: timelineView.nullable() }),
  /** Rows of the open timeline: `put` replaces by key or adds, `gone` names keys; edges as they now are. */
  z.object({
    kind: z.literal('rows'),
    put: z.array(timelineRow),
    gone: z.array(z.string()),
    hasOlder: z.boolean(),
    hasNewer: z.boolean(),
  }),
  z.object({ kind: z.literal('unread-line'), after: z.number().nullable() }),
  z.object({ kind: z.literal('target'), key: z.string().nullable() }),
  z.object({ kind: z.literal('request'), request: request.nullable() }),
  z.object({ kind: z.literal('notices'), notices: z.array(notice) }),
]);
export type BridgeEvent = Readonly<z.infer<typeof bridgeEvent>>;

/** `n` counts batches; a snapshot carries the `n` of the last batch that is already in it. */
export const batch = z.object({ n: z.number(), events: z.array(bridgeEvent) });
export type Batch = Readonly<z.infer<typeof batch>>;
export interface Snapshot {
  readonly n: number;
  readonly state: WindowState;
}
