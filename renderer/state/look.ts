/**
 * Tells the core what is on screen and whether a person can see it, and marks as read what they saw: only at the live end of
 * an open channel, in a visible, focused window. Says each thing once; the core decides what follows from it.
 */
import type { TimelineView } from '../../electron/bridge/views.ts';
import type { CommandInput } from '../../electron/bridge/commands.ts';
import type { Commands } from './commands.ts';
import { channelIdOf } from './selectors.ts';
import type { WindowModel, WindowStore } from './store.ts';

export type Look = CommandInput<'view.look'>;

/** What a person sees, as the core is told it. */
export function lookOf(model: WindowModel): Look {
  const { ui, snapshot } = model;
  const isCovered = ui.welcome !== null || snapshot === null;
  const channel = isCovered ? null : channelIdOf(model);
  const timeline = snapshot?.state.timeline ?? null;
  const isShown = timeline !== null && timeline.team === ui.team && timeline.channel === channel;
  return {
    team: ui.team,
    channel,
    // A mark set by hand is not read away while its channel stays open.
    isAtEnd: isShown && ui.isAtEnd && !timeline.hasNewer && ui.heldUnread !== channel,
    isFocused: ui.isFocused && ui.isVisible,
  };
}

export function createLookout({
  store,
  commands,
}: {
  readonly store: WindowStore;
  readonly commands: Commands;
}): { dispose(): void } {
  let told = '';
  let marked = '';

  const look = (): void => {
    const model = store.getState();
    if (model.snapshot === null) return;
    const seen = lookOf(model);
    const words = JSON.stringify(seen);
    if (words !== told) {
      told = words;
      void commands.call('view.look', seen);
    }
    const { timeline } = model.snapshot.state;
    if (
      !seen.isAtEnd ||
      !seen.isFocused ||
      timeline === null ||
      seen.team === null ||
      seen.channel === null
    )
      return;
    const seq = lastSeq(timeline);
    const channel = model.snapshot.state.teams[seen.team]?.channels[seen.channel];
    if (channel === undefined || !channel.isJoined || seq <= channel.readSeq) return;
    const mark = `${seen.team}/${seen.channel}/${seq}/${channel.readSeq}`;
    if (mark === marked) return;
    marked = mark;
    void commands.call('read.mark', { team: seen.team, channel: seen.channel, seq });
  };

  const stop = store.subscribe(look);
  look();
  return { dispose: stop };
}

function lastSeq(timeline: TimelineView): number {
  for (let at = timeline.rows.length - 1; at >= 0; at--) {
    const row = timeline.rows[at];
    if (row?.type === 'hole') return row.to;
    if (row && row.seq !== null) return row.seq;
  }
  return 0;
}
