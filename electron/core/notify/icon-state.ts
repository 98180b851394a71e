/**
 * What the system shows of us outside the window: badge and tray. Follows the same views as the window, and speaks only
 * when something is different, at most every quarter of a second.
 */
import type { Changes } from '../events/changes.ts';
import type { Clock, Host } from '../ports.ts';
import type { Team } from '../teams/team.ts';
import { teamViewOf } from '../views/team-view.ts';
import { badgeOf } from './badge.ts';

export interface IconStateParts {
  readonly clock: Clock;
  readonly host: Pick<Host, 'setBadge' | 'setTray'>;
  readonly teams: () => readonly Team[];
}

export interface IconState {
  readonly changes: Changes;
  refresh(): void;
  dispose(): void;
}

const QUIET_MS = 250;
const nothing = (): void => undefined;

export function createIconState({ clock, host, teams }: IconStateParts): IconState {
  let cancel: (() => void) | undefined;
  let shownBadge = '';
  let shownTray = '';

  const refresh = (): void => {
    cancel = undefined;
    const views = teams().map(teamViewOf);
    const badge = badgeOf(views);
    const tray = {
      isLive: views.some((view) => view.wire.state === 'live'),
      teams: views.map((view) => ({ name: view.name, state: view.wire.state })),
    };
    const badgeText = JSON.stringify(badge);
    if (badgeText !== shownBadge) host.setBadge(badge);
    shownBadge = badgeText;
    const trayText = JSON.stringify(tray);
    if (trayText !== shownTray) host.setTray(tray);
    shownTray = trayText;
  };
  const plan = (): void => {
    cancel ??= clock.after(QUIET_MS, refresh);
  };

  return {
    changes: {
      settings: nothing,
      teamOrder: plan,
      teamState: plan,
      teamGone: plan,
      team: plan,
      channel: nothing,
      member: nothing,
      unsent: nothing,
      presence: nothing,
      typing: nothing,
      message: nothing,
      note: nothing,
      stretch: nothing,
      requests: nothing,
      notices: nothing,
    },
    refresh,
    dispose: () => cancel?.(),
  };
}
