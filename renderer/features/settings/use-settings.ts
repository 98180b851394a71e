/** The settings as the core holds them, and changing one at a time: the whole is sent, the core's answer is what counts. */
import { useCallback } from 'react';
import type { Settings } from '../../../electron/bridge/views.ts';
import { stateOf } from '../../state/selectors.ts';
import { useParts, useWindow } from '../app/context.tsx';

export interface SettingsInHand {
  readonly settings: Settings | undefined;
  change(change: Partial<Settings>): void;
  changeNotifications(change: Partial<Settings['notifications']>): void;
}

export function useSettings(): SettingsInHand {
  const { store, commands } = useParts();
  const settings = useWindow((model) => stateOf(model)?.settings);
  const change = useCallback(
    (part: Partial<Settings>) => {
      const now = stateOf(store.getState())?.settings;
      if (now) void commands.attempt('settings.set', { settings: { ...now, ...part } });
    },
    [store, commands],
  );
  const changeNotifications = useCallback(
    (part: Partial<Settings['notifications']>) => {
      const now = stateOf(store.getState())?.settings;
      if (now) change({ notifications: { ...now.notifications, ...part } });
    },
    [store, change],
  );
  return { settings, change, changeNotifications };
}
