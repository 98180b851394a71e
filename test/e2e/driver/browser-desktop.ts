/**
 * What a browser does for a page, acted for tests: `installBrowserDesktop` is sent into the page before its own scripts and replaces
 * `Notification` by one that only records; with it comes `pagePresence`, for focus and visibility. Both are sent as source, after
 * whatever compiled the test: nothing outside the function may be used, nor class fields, which compilers move outside.
 */
export interface RecordedNotification {
  readonly id: number;
  readonly title: string;
  readonly body: string;
  readonly tag: string;
}

export interface BrowserDesktop {
  /** Set by a test: what the browser answers when the page asks. */
  permission: NotificationPermission;
  isOnScreen(id: number): boolean;
  click(id: number): void;
  setPresence(next: { readonly visible: boolean; readonly focused: boolean }): void;
}

/** @param record  a function of the test that the page was given; answers the notification's number */
export function installBrowserDesktop(
  setPresence: BrowserDesktop['setPresence'],
  record: (notification: Omit<RecordedNotification, 'id'>) => Promise<number>,
): BrowserDesktop {
  type Moment = 'show' | 'click' | 'close';
  interface Shown {
    readonly tag: string;
    raise(moment: Moment): void;
  }
  const onScreen = new Map<number, Shown>();

  const desktop: BrowserDesktop = {
    permission: 'granted',
    isOnScreen: (id) => onScreen.has(id),
    click: (id) => {
      const notification = onScreen.get(id);
      if (notification === undefined) throw new Error('no such notification is on screen');
      notification.raise('click');
    },
    setPresence,
  };

  // A function and not a class, because `new` may answer an object of its own making.
  function Recorded(title: string, options: NotificationOptions | undefined): EventTarget {
    const body = options?.body ?? '';
    const tag = options?.tag ?? '';
    const number = record({ title, body, tag });
    const handlers: Record<`on${Moment}`, (() => void) | null> = {
      onshow: null,
      onclick: null,
      onclose: null,
    };
    const raise = (moment: Moment): void => {
      notification[`on${moment}`]?.();
      notification.dispatchEvent(new Event(moment));
    };
    const close = async (): Promise<void> => {
      if (onScreen.delete(await number)) raise('close');
    };
    const notification = Object.assign(new EventTarget(), handlers, {
      title,
      body,
      tag,
      silent: options?.silent ?? false,
      close,
    });
    // The same tag takes the place of the one on screen.
    for (const [id, other] of onScreen) if (tag !== '' && other.tag === tag) onScreen.delete(id);
    void number.then((id) => {
      onScreen.set(id, { tag, raise });
      raise('show');
    });
    return notification;
  }
  Object.defineProperties(Recorded, {
    permission: { get: () => desktop.permission },
    requestPermission: { value: async () => desktop.permission },
  });
  Object.defineProperty(window, 'Notification', {
    value: Recorded,
    configurable: true,
    writable: true,
  });
  return desktop;
}
