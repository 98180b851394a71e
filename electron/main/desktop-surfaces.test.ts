/** What the host shows outside its window: tray, badge, attention, title bar, menus, and the last resort. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  BrowserWindow,
  ContextMenuParams,
  Menu,
  MenuItemConstructorOptions,
  NativeImage,
  Tray,
  WebContents,
} from 'electron';
import { describe, expect, test } from 'vitest';
import { createBadge } from './badge.ts';
import { createFocusMode } from './focus-mode.ts';
import { guardPages } from './guards.ts';
import { catchTheRest } from './last-resort.ts';
import { applicationMenu, contextMenu } from './menu.ts';
import { TITLE_BAR_COLOURS, TITLE_BAR_HEIGHT, titleBarOptions } from './title-bar.ts';
import { createTray, type AppTray } from './tray.ts';
import { wordsFor } from './words.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const labels = (items: readonly MenuItemConstructorOptions[]): unknown[] =>
  items.map(({ label, role, type }) => label ?? role ?? type);

describe('the tray', () => {
  const makeTray = (language = 'en', isThere = true) => {
    const seen = {
      image: '',
      toolTip: '',
      menu: [] as MenuItemConstructorOptions[],
      menus: 0,
      opened: 0,
      quit: 0,
    };
    const clicks = new EventEmitter();
    const tray: AppTray = createTray({
      makeTray() {
        if (!isThere) throw new Error('no tray here');
        return {
          on: (event: string, listener: () => void) => clicks.on(event, listener),
          setImage: (image: string) => (seen.image = image),
          setToolTip: (text: string) => (seen.toolTip = text),
          setContextMenu: (menu: { items: MenuItemConstructorOptions[] }) => {
            seen.menu = menu.items;
            seen.menus += 1;
          },
          destroy: () => undefined,
        } as unknown as Tray;
      },
      makeMenu: (items) => ({ items }) as unknown as Menu,
      icon: (name) => name as unknown as NativeImage,
      words: wordsFor(language),
      onOpen: () => (seen.opened += 1),
      onQuit: () => (seen.quit += 1),
      log,
    });
    return { tray, seen, clicks };
  };
  const teams = [
    { name: 'Tidewater & Sons', state: 'live' },
    { name: 'Night shift', state: 'reconnecting' },
  ];

  test('says offline, live and unread by its picture and its words', () => {
    const { tray, seen } = makeTray();
    expect(seen).toMatchObject({ image: 'offline', toolTip: 'Landline: Offline' });
    tray.show({ isLive: true, hasUnread: false, teams });
    expect(seen).toMatchObject({ image: 'live', toolTip: 'Landline: Connected' });
    tray.show({ isLive: false, hasUnread: true, teams });
    expect(seen).toMatchObject({ image: 'unread', toolTip: 'Landline: Unread messages' });
  });

  test('lists each team with the state of its wire, an ampersand as an ampersand', () => {
    const { tray, seen } = makeTray();
    tray.show({ isLive: true, hasUnread: false, teams });
    expect(labels(seen.menu)).toEqual([
      'Tidewater && Sons: Connected',
      'Night shift: Reconnecting',
      'separator',
      'Open Landline',
      'Quit Landline',
    ]);
  });

  test('is left as it is while nothing changes', () => {
    const { tray, seen } = makeTray();
    tray.show({ isLive: true, hasUnread: false, teams });
    const before = seen.menus;
    tray.show({ isLive: true, hasUnread: false, teams: [...teams] });
    expect(seen.menus).toBe(before);
  });

  test('opens and quits', () => {
    const { seen, clicks } = makeTray();
    clicks.emit('click');
    for (const item of seen.menu) item.click?.({} as never, undefined, {});
    expect(seen).toMatchObject({ opened: 2, quit: 1 });
  });

  test('speaks Chinese', () =>
    expect(labels(makeTray('zh-TW').seen.menu)).toEqual([
      '還沒有團隊',
      'separator',
      '開啟 Landline',
      '結束 Landline',
    ]));

  test('that is not there is no fault', () => {
    const { tray } = makeTray('en', false);
    expect(tray.isThere).toBe(false);
    tray.show({ isLive: true, hasUnread: false, teams });
    tray.dispose();
  });
});

describe('the badge', () => {
  const make = (platform: NodeJS.Platform) => {
    const seen: unknown[] = [];
    const window = Object.assign(new EventEmitter(), {
      setOverlayIcon: (icon: unknown, text: string) => seen.push(['overlay', icon, text]),
      flashFrame: (on: boolean) => seen.push(['flash', on]),
      isFocused: () => isFocused,
    });
    let isFocused = false;
    const badge = createBadge({
      app: {
        setBadgeCount: (count) => seen.push(['badge', count]) > 0,
        dock: { bounce: (kind: string) => seen.push(['bounce', kind]) } as never,
      },
      window: () => window as unknown as BrowserWindow,
      platform,
      overlay: () => 'dot' as unknown as NativeImage,
    });
    return { badge, seen, window, look: () => (isFocused = true) };
  };

  test('is a number on the dock and the launcher, told once', () => {
    const { badge, seen } = make('linux');
    for (const count of [1, 1, 2, 0]) badge.show(count);
    badge.show(5000);
    expect(seen).toEqual([
      ['badge', 1],
      ['badge', 2],
      ['badge', 0],
      ['badge', 99],
    ]);
  });

  test('is a dot over the taskbar on Windows, also on a window made later', () => {
    const { badge, seen, window } = make('win32');
    badge.show(3);
    badge.dress(window as unknown as BrowserWindow);
    badge.show(0);
    expect(seen).toEqual([
      ['overlay', 'dot', '3'],
      ['overlay', 'dot', '3'],
      ['overlay', null, ''],
    ]);
  });

  test('flashes until somebody looks, and not at somebody who does', () => {
    const { badge, seen, window, look } = make('linux');
    badge.dress(window as unknown as BrowserWindow);
    badge.callAttention();
    window.emit('focus');
    look();
    badge.callAttention();
    expect(seen).toEqual([
      ['flash', true],
      ['flash', false],
    ]);
    const mac = make('darwin');
    mac.badge.callAttention();
    expect(mac.seen).toEqual([['bounce', 'informational']]);
  });
});

test('the title bar has the height and the colours of the window', () => {
  const css = readFileSync(join(import.meta.dirname, '../../renderer/styles/tokens.css'), 'utf8');
  const [light = '', dark = ''] = css.split("[data-theme='dark']");
  const value = (part: string, name: string): string | undefined =>
    new RegExp(`--${name}: ([^;]+);`).exec(part)?.[1];
  expect(value(light, 'title-bar')).toBe(`${TITLE_BAR_HEIGHT}px`);
  for (const name of ['rail', 'ink', 'paper'] as const) {
    expect(TITLE_BAR_COLOURS.light[name]).toBe(value(light, name));
    expect(TITLE_BAR_COLOURS.dark[name]).toBe(value(dark, name));
  }
  expect(titleBarOptions('darwin', false)).not.toHaveProperty('titleBarOverlay');
});

describe('menus', () => {
  const parts = { words: wordsFor('en'), isPackaged: true } as const;

  test('stand where each system has them', () => {
    expect(labels(applicationMenu({ ...parts, platform: 'linux' }))).toEqual([
      'File',
      'Edit',
      'View',
      'Window',
    ]);
    expect(labels(applicationMenu({ ...parts, platform: 'darwin' }))).toEqual([
      'Landline',
      'File',
      'Edit',
      'View',
      'Window',
    ]);
    expect(
      labels(applicationMenu({ ...parts, words: wordsFor('zh-Hant'), platform: 'win32' })),
    ).toEqual(['檔案', '編輯', '檢視', '視窗']);
  });

  test('have no developer tools in what people install', () => {
    const roles = (isPackaged: boolean) =>
      JSON.stringify(applicationMenu({ ...parts, platform: 'linux', isPackaged }));
    expect(roles(true)).not.toContain('toggleDevTools');
    expect(roles(false)).toContain('toggleDevTools');
  });

  test('on the page offer what can be done there', () => {
    const params = (more: Partial<ContextMenuParams>): ContextMenuParams =>
      ({
        misspelledWord: '',
        dictionarySuggestions: [],
        isEditable: false,
        selectionText: '',
        editFlags: {},
        ...more,
      }) as ContextMenuParams;
    const page = {} as WebContents;
    expect(contextMenu(params({}), page, parts.words)).toEqual([]);
    expect(labels(contextMenu(params({ selectionText: 'some words' }), page, parts.words))).toEqual(
      ['Copy'],
    );
    expect(
      labels(
        contextMenu(
          params({ isEditable: true, misspelledWord: 'teh', dictionarySuggestions: ['the'] }),
          page,
          parts.words,
        ),
      ),
    ).toEqual(['the', 'Add to dictionary', 'separator', 'Cut', 'Copy', 'Paste', 'Select all']);
  });
});

test('every language has every word', () => {
  expect(Object.keys(wordsFor('zh-TW')).sort()).toEqual(Object.keys(wordsFor('en')).sort());
  for (const language of ['zh', 'zh-TW', 'zh-Hant-HK', 'zh-CN'])
    expect(wordsFor(language).open).toBe('開啟 Landline');
  for (const language of ['en', 'de-DE', 'zhx', ''])
    expect(wordsFor(language).open).toBe('Open Landline');
});

describe('a page', () => {
  const make = () => {
    const app = new EventEmitter();
    const answers: { request?: Ask; check?: Check; device?: () => boolean } = {};
    type Ask = (
      contents: WebContents | null,
      permission: string,
      answer: (granted: boolean) => void,
    ) => void;
    type Check = (contents: WebContents | null, permission: string) => boolean;
    const ours = Object.assign(new EventEmitter(), {
      setWindowOpenHandler: (handler: () => { action: string }) => (opens = handler),
    });
    let opens = (): { action: string } => ({ action: 'allow' });
    guardPages({
      app: app as never,
      session: {
        setPermissionRequestHandler: (handler) =>
          void (answers.request = handler as unknown as Ask),
        setPermissionCheckHandler: (handler) => void (answers.check = handler as unknown as Check),
        setDevicePermissionHandler: (handler) =>
          void (answers.device = handler as unknown as () => boolean),
      },
      isOurs: (contents) => contents === (ours as unknown as WebContents),
      log,
    });
    app.emit('web-contents-created', {}, ours);
    return { ours, opens: () => opens(), answers };
  };

  test.each(['will-navigate', 'will-attach-webview'])('is not let do %s', (event) => {
    let prevented = 0;
    make().ours.emit(event, { preventDefault: () => (prevented += 1) }, 'https://example.org');
    expect(prevented).toBe(1);
  });

  test('opens no windows', () => expect(make().opens()).toEqual({ action: 'deny' }));

  test('is granted notifications and writing the clipboard, nothing else, and nobody else anything', () => {
    const { ours, answers } = make();
    const granted = (contents: unknown, permission: string): boolean => {
      let is = false;
      answers.request?.(contents as WebContents, permission, (answer) => (is = answer));
      expect(answers.check?.(contents as WebContents, permission)).toBe(is);
      return is;
    };
    const all = [
      'notifications',
      'clipboard-sanitized-write',
      'clipboard-read',
      'media',
      'geolocation',
      'midi',
      'pointerLock',
      'fullscreen',
      'openExternal',
      'unknown',
      'usb',
      'serial',
      'hid',
      'display-capture',
      'idle-detection',
      'storage-access',
    ];
    expect(all.filter((permission) => granted(ours, permission))).toEqual([
      'notifications',
      'clipboard-sanitized-write',
    ]);
    expect(
      all.filter((permission) => granted({}, permission) || granted(null, permission)),
    ).toEqual([]);
    expect(answers.device?.()).toBe(false);
  });
});

describe('something nobody caught', () => {
  const make = (response: number) => {
    const process = new EventEmitter();
    const seen: string[] = [];
    catchTheRest({
      process: process as never,
      app: {
        whenReady: async () => undefined,
        relaunch: () => seen.push('relaunch'),
        exit: () => seen.push('exit'),
      },
      dialog: {
        showMessageBox: (async (options: { message: string }) => {
          seen.push(options.message);
          return { response, checkboxChecked: false };
        }) as never,
      },
      words: () => wordsFor('en'),
      log: { ...log, error: (event) => seen.push(event) },
    });
    return { process, seen };
  };

  test('is logged, told once, and can be gone on from', async () => {
    const { process, seen } = make(1);
    process.emit('uncaughtException', new Error('a bug'));
    process.emit('unhandledRejection', new Error('another'));
    await settle();
    expect(seen).toEqual(['main.uncaught', 'main.unhandled', 'Landline ran into a fault']);
  });

  test('can be started again from', async () => {
    const { process, seen } = make(0);
    process.emit('uncaughtException', new Error('a bug'));
    await settle();
    expect(seen).toEqual(['main.uncaught', 'Landline ran into a fault', 'relaunch', 'exit']);
  });
});

describe('the focus mode of the system', () => {
  const make = (platform: NodeJS.Platform, desktop: string, answers: (string | undefined)[]) => {
    let now = 0;
    let asked = 0;
    const isOn = createFocusMode({
      platform,
      env: { XDG_CURRENT_DESKTOP: desktop },
      clock: { monotonic: () => now },
      ask: async () => answers[Math.min(asked++, answers.length - 1)],
    });
    return { isOn, wait: (ms: number) => (now += ms), asked: () => asked };
  };

  test('is what GNOME says, asked again after a while', async () => {
    const { isOn, wait, asked } = make('linux', 'ubuntu:GNOME', ['false\n', 'true\n']);
    expect(isOn()).toBe(false);
    await settle();
    expect([isOn(), asked()]).toEqual([true, 1]);
    wait(5_000);
    expect(isOn()).toBe(true);
    await settle();
    expect([isOn(), asked()]).toEqual([false, 2]);
  });

  test('is off where nobody can be asked, or nobody answers', async () => {
    const other = make('linux', 'KDE', ['false']);
    const mac = make('darwin', 'GNOME', ['false']);
    const silent = make('linux', 'GNOME', [undefined]);
    await settle();
    expect([other.isOn(), mac.isOn(), silent.isOn()]).toEqual([false, false, false]);
    expect([other.asked(), mac.asked()]).toEqual([0, 0]);
  });
});
