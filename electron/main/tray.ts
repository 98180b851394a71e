/**
 * The icon in the tray: its shape tells the state (live, offline, unread), its menu lists the teams with the state of their
 * wires, opens the window and quits. A desktop without a tray is no fault: then closing the window ends the app.
 */
import type { Menu, MenuItemConstructorOptions, NativeImage, Tray } from 'electron';
import type { Log } from '../core/ports.ts';
import type { Words } from './words.ts';

export type TrayIcon = 'live' | 'offline' | 'unread';

export interface TrayState {
  readonly isLive: boolean;
  readonly hasUnread: boolean;
  readonly teams: readonly { readonly name: string; readonly state: string }[];
}

export interface TrayParts {
  readonly makeTray: (icon: NativeImage) => Tray;
  readonly makeMenu: (items: MenuItemConstructorOptions[]) => Menu;
  readonly icon: (name: TrayIcon) => NativeImage;
  readonly words: Words;
  readonly onOpen: () => void;
  readonly onQuit: () => void;
  readonly log: Log;
}

export interface AppTray {
  /** False where the desktop has none. */
  readonly isThere: boolean;
  show(state: TrayState): void;
  dispose(): void;
}

const STATES = ['live', 'connecting', 'reconnecting', 'offline', 'stopped'] as const;
/** An ampersand in a menu marks the letter to press. */
const literal = (name: string): string => name.replaceAll('&', '&&');
const isState = (state: string): state is (typeof STATES)[number] =>
  (STATES as readonly string[]).includes(state);

export function createTray({
  makeTray,
  makeMenu,
  icon,
  words,
  onOpen,
  onQuit,
  log,
}: TrayParts): AppTray {
  let tray: Tray | undefined;
  let shown = '';
  try {
    tray = makeTray(icon('offline'));
    tray.on('click', onOpen);
  } catch (error) {
    log.warn('tray.none', { error });
  }

  const show = ({ isLive, hasUnread, teams }: TrayState): void => {
    const name: TrayIcon = hasUnread ? 'unread' : isLive ? 'live' : 'offline';
    // A menu that is open on Linux closes when it is replaced: only when something changed.
    const now = JSON.stringify([name, teams]);
    if (tray === undefined || now === shown) return;
    shown = now;
    tray.setImage(icon(name));
    const state = (raw: string): string => (isState(raw) ? words[raw] : raw);
    tray.setToolTip(
      hasUnread ? `Landline: ${words.unread}` : `Landline: ${isLive ? words.live : words.offline}`,
    );
    const lines: MenuItemConstructorOptions[] =
      teams.length === 0
        ? [{ label: words.noTeams, enabled: false }]
        : teams.map((team) => ({
            label: `${literal(team.name)}: ${state(team.state)}`,
            click: onOpen,
          }));
    tray.setContextMenu(
      makeMenu([
        ...lines,
        { type: 'separator' },
        { label: words.open, click: onOpen },
        { label: words.quit, click: onQuit },
      ]),
    );
  };

  show({ isLive: false, hasUnread: false, teams: [] });
  return {
    isThere: tray !== undefined,
    show,
    dispose: () => tray?.destroy(),
  };
}
