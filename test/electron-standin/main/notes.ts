/**
 * What the stand-in tells the test harness, in order, over the child process channel: everything a user would have seen on the
 * desktop and a test cannot see in the page. `parts` of the stand-in only send notes; `launch.ts` reads them.
 */
export interface NotificationNote {
  readonly id: number;
  readonly title: string;
  readonly body: string;
  readonly subtitle: string;
  readonly silent: boolean;
  readonly hasReply: boolean;
  readonly urgency: string;
  readonly actions: readonly string[];
  /** Electron's `groupId`/`id` when the app gives them, else absent. */
  readonly tag?: string;
}

export interface NoteBodies {
  readonly browser: { readonly endpoint: string; readonly pid: number | undefined };
  readonly window: { readonly id: number; readonly targetId: string };
  /** A document of the window has loaded. */
  readonly loaded: { readonly id: number; readonly url: string };
  readonly 'window-state': { readonly id: number; readonly event: string };
  readonly 'window-closed': { readonly id: number };
  readonly 'window-open': { readonly url: string; readonly action: string };
  readonly 'will-navigate': { readonly url: string; readonly prevented: boolean };
  readonly 'page-error': { readonly text: string };
  readonly console: { readonly level: string; readonly text: string };
  readonly 'send-dropped': { readonly channel: string };
  readonly notification: NotificationNote;
  readonly 'notification-closed': { readonly id: number };
  readonly badge: { readonly count: number };
  readonly flash: { readonly on: boolean };
  readonly overlay: { readonly description: string };
  readonly progress: { readonly progress: number };
  readonly tray: { readonly tooltip: string };
  readonly 'menu-popup': { readonly labels: readonly string[] };
  readonly dialog: { readonly name: string; readonly options: unknown };
  readonly 'open-external': { readonly url: string };
  readonly 'open-path': { readonly path: string };
  readonly 'show-item': { readonly path: string };
  readonly 'protocol-client': { readonly scheme: string; readonly registered: boolean };
  readonly 'login-item': { readonly openAtLogin: boolean };
  readonly devtools: { readonly open: boolean };
  /** The app used something the stand-in does not have; it was thrown in its face, and maybe caught there. */
  readonly missing: { readonly what: string };
  readonly relaunch: { readonly args: readonly string[] };
}

export type NoteKind = keyof NoteBodies;
export type NoteOf<K extends NoteKind> = NoteBodies[K] & { readonly kind: K };
export type Note = { readonly [K in NoteKind]: NoteOf<K> }[NoteKind];

/** Sends one note; without a harness (run by hand) it goes nowhere. */
export type Tell = <K extends NoteKind>(kind: K, body: NoteBodies[K]) => void;

export const tellHarness: Tell = (kind, body) => {
  if (process.connected) process.send?.({ op: 'note', note: { kind, ...body } });
};
