/**
 * Native notifications, one per tag: a newer one takes the place of the older. What a sender wrote is
 * shown as text, also where the system reads markup. What the system answered is what the core
 * receives; a click leads to the notification's message also when it is older than this run.
 */
import type { ActivationArguments, Notification, NotificationConstructorOptions } from 'electron';
import type { Clock, Log, Notifier, Toast } from '../core/ports.ts';
import { toastId, type ToastRoute, type ToastRoutes } from './toast-routes.ts';

export interface NotificationClass {
  new (options: NotificationConstructorOptions): Notification;
  isSupported(): boolean;
}

export interface NotifierParts {
  readonly Notification: NotificationClass;
  readonly platform: NodeJS.Platform;
  readonly routes: ToastRoutes;
  readonly clock: Pick<Clock, 'after'>;
  readonly onClick: (route: ToastRoute) => void;
  readonly log: Log;
}

export interface SystemNotifier extends Notifier {
  /** A toast by its id in the system was clicked; toasts of this run of the app are left to their own listeners. */
  activated(id: string): void;
}

/** The system answers `show` or `failed` at once; one that stays silent this long shows nothing. */
const ANSWER_LIMIT_MS = 5_000;
const MAX_TITLE = 120;
const MAX_BODY = 400;

const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;

/**
 * Linux: Electron hands title and body to the notification service as they are. The freedesktop
 * specification reads `<b>`, `<i>`, `<u>`, `<a>` and `<img>` in a body.
 */
const escapeBody = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * A title is plain text by the same specification, and most services show an entity in it as it
 * stands. Some read markup there all the same: look-alikes are right in both.
 */
const escapeTitle = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›');

export function createNotifier({
  Notification,
  platform,
  routes,
  clock,
  onClick,
  log,
}: NotifierParts): SystemNotifier {
  /** Held, or they are collected as garbage and their clicks with them. */
  const shown = new Map<string, Notification>();

  const forget = (tag: string, one: Notification): void => {
    if (shown.get(tag) === one) shown.delete(tag);
  };

  async function show({
    tag,
    title,
    body,
    isSilent,
    route,
  }: Toast): Promise<'shown' | 'failed' | 'unsupported'> {
    if (!Notification.isSupported()) return 'unsupported';
    const id = toastId(tag);
    const before = shown.get(tag);
    // Clipped first: half an entity would be shown as it stands.
    const [clippedTitle, clippedBody] = [clip(title, MAX_TITLE), clip(body, MAX_BODY)];
    const isMarkup = platform === 'linux';
    const one = new Notification({
      id,
      title: isMarkup ? escapeTitle(clippedTitle) : clippedTitle,
      body: isMarkup ? escapeBody(clippedBody) : clippedBody,
      silent: isSilent,
    });
    shown.set(tag, one);
    before?.close();
    routes.remember(id, route);
    const { promise, resolve } = Promise.withResolvers<'shown' | 'failed'>();
    const cancelLimit = clock.after(ANSWER_LIMIT_MS, () => resolve('failed'));
    one.on('show', () => resolve('shown'));
    one.on('failed', () => {
      forget(tag, one);
      log.warn('notification.failed');
      resolve('failed');
    });
    one.on('click', () => {
      forget(tag, one);
      onClick(route);
    });
    one.on('close', () => forget(tag, one));
    one.show();
    return promise.finally(cancelLimit);
  }

  return {
    show,
    clear(tag) {
      const one = shown.get(tag);
      shown.delete(tag);
      one?.close();
    },
    activated(id) {
      const isOfThisRun = [...shown.keys()].some((tag) => toastId(tag) === id);
      const route = routes.find(id);
      if (!isOfThisRun && route !== undefined) onClick(route);
    },
  };
}

/** The id inside what Windows hands to an app that a toast started. */
export const activatedToast = ({
  arguments: given,
}: Pick<ActivationArguments, 'arguments'>): string | undefined =>
  /(?:^|[&;])tag=([0-9a-f]{16})(?:$|[&;])/.exec(given)?.[1];
