/**
 * The window's own keys: Ctrl+K jumps, Alt+arrows go through channels (with Shift through unread ones), Ctrl+digit changes
 * team, F6 goes round the parts of the window. None fires while an input method owns the key.
 */
import { useEffect } from 'react';
import { sidebarOf, stateOf, teamOf } from '../../state/selectors.ts';
import type { WindowModel } from '../../state/store.ts';
import { isImeKey } from '../../text/ime.ts';
import { isCommandKey } from '../shell/key-names.ts';
import { useParts } from './context.tsx';

/** The channel `step` rows away in the side panel, going round; null where there is none. */
export function neighbour(model: WindowModel, step: 1 | -1, onlyUnread: boolean): string | null {
  const team = teamOf(model);
  if (team === null) return null;
  const { channels, directs } = sidebarOf(team.channels);
  const all = [...channels, ...directs];
  const current = all.findIndex((one) => one.id === model.ui.channels[team.team.id]);
  for (let away = 1; away <= all.length; away++) {
    const one = all[(((current + step * away) % all.length) + all.length) % all.length];
    if (one && (!onlyUnread || one.mentions > 0 || (one.unread > 0 && one.level !== 'none')))
      return one.id;
  }
  return null;
}

const REGIONS = [
  'header button',
  'nav [aria-current]',
  'aside [aria-current], aside button',
  '[data-message][tabindex="0"]',
  'footer textarea',
];

export function useShortcuts(): void {
  const { store, commands } = useParts();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isImeKey(event)) return;
      const model = store.getState();
      const state = stateOf(model);
      if (state === null || model.ui.team === null) return;
      const isCommand = isCommandKey(event, state.app.os);
      if (isCommand && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        commands.show(model.ui.overlay?.kind === 'jump' ? null : { kind: 'jump' });
        return;
      }
      if (model.ui.overlay !== null) return;
      if (event.altKey && !isCommand && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
        event.preventDefault();
        const channel = neighbour(model, event.key === 'ArrowDown' ? 1 : -1, event.shiftKey);
        if (channel !== null) void commands.goTo(model.ui.team, channel);
      } else if (isCommand && !event.shiftKey && !event.altKey && /^[1-9]$/.test(event.key)) {
        const team = state.teamOrder[Number(event.key) - 1];
        if (team === undefined) return;
        event.preventDefault();
        commands.openTeam(team);
      } else if (isCommand && event.key === ',') {
        event.preventDefault();
        commands.show({ kind: 'settings', tab: 'profile' });
      } else if (event.key === 'F6') {
        event.preventDefault();
        goRound(event.shiftKey ? -1 : 1);
      } else if (event.key === 'Escape' && model.ui.isSideOpen) {
        commands.showSide(false);
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [store, commands]);
}

function goRound(step: 1 | -1): void {
  const stops = REGIONS.map((region) => document.querySelector<HTMLElement>(region)).filter(
    (one) => one !== null && one.offsetParent !== null,
  );
  if (stops.length === 0) return;
  const regions = REGIONS.map((region) => region.split(' ')[0] ?? '');
  const at = regions.findIndex((region) => document.activeElement?.closest(region) != null);
  stops[(((at + step) % stops.length) + stops.length) % stops.length]?.focus();
}
