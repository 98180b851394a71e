import { expect, test } from 'vitest';
import { describeStandin, useDemo } from './demo-kit.ts';
import type { ElectronInTest, StandinApp } from './launch.ts';
import { whenProcessGone } from '../kit/process-alive.ts';

interface Demo {
  readonly events: readonly object[];
}
const eventsOf = (app: StandinApp): Promise<readonly object[]> =>
  app.evaluate(() => (globalThis as unknown as { demo: Demo }).demo.events);

describeStandin('the desktop round the app', () => {
  const demo = useDemo();

  test('a notification is recorded, and a click on it drives main', async () => {
    const { app, page } = await demo.fresh();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    await page.evaluate(
      `demo.notify({ title: 'Lin in #line-3', body: 'Press 4 is back', tag: 'm-1' })`,
    );
    const shown = await app.note('notification', ({ tag }) => tag === 'm-1');
    expect(shown).toMatchObject({
      title: 'Lin in #line-3',
      body: 'Press 4 is back',
      hasReply: true,
      silent: false,
    });
    await app.evaluate(({ standin }, id) => standin.notifications.click(id), shown.id);
    await expect.poll(() => page.evaluate('words')).toEqual([['opened', 'm-1']]);
    expect(
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isFocused()),
    ).toBe(true);
  });

  test('a notification can be answered, or fail, or be taken back by showing it again', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate(`demo.notify({ title: 'A', body: '', tag: 'm-2' })`);
    const first = await app.note('notification', ({ tag }) => tag === 'm-2');
    await page.evaluate(`demo.notify({ title: 'B', body: '', tag: 'm-2' })`);
    const second = await app.note(
      'notification',
      ({ title, tag }) => tag === 'm-2' && title === 'B',
    );
    expect(
      await app.evaluate(({ standin }) =>
        standin.notifications.onScreen.filter(({ id }) => id === 'm-2').map(({ title }) => title),
      ),
    ).toEqual(['B']);
    expect(await app.note('notification-closed', ({ id }) => id === first.id)).toBeDefined();
    await app.evaluate(
      ({ standin }, id) => standin.notifications.reply(id, 'on my way'),
      second.id,
    );
    await app.evaluate(({ standin }) => {
      standin.notifications.failure = 'not allowed';
    });
    await page.evaluate(`demo.notify({ title: 'C', body: '', tag: 'm-3' })`);
    await expect
      .poll(() => page.evaluate('words'))
      .toEqual([
        ['replied', 'on my way', 'on my way'],
        ['failed', 'not allowed'],
      ]);
    await app.evaluate(({ standin }) => {
      standin.notifications.failure = undefined;
    });
  });

  test('a badge, a flash and an overlay are recorded', async () => {
    const { app } = await demo.fresh();
    await app.evaluate(({ app: electronApp, BrowserWindow }) => {
      electronApp.setBadgeCount(3);
      BrowserWindow.getAllWindows()[0]?.flashFrame(true);
    });
    expect(await app.note('badge', ({ count }) => count === 3)).toBeDefined();
    expect(await app.note('flash')).toMatchObject({ on: true });
    expect(await app.evaluate(({ app: electronApp }) => electronApp.getBadgeCount())).toBe(3);
  });

  test('tray and menu can be read and clicked', async () => {
    const { app } = await demo.fresh();
    const tray = await app.evaluate(({ standin, BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[0];
      window?.hide();
      standin.trays[0]?.emit('click');
      standin.menus.application?.getMenuItemById('hello')?.click();
      return { toolTip: standin.trays[0]?.toolTip, isVisible: window?.isVisible() };
    });
    expect(tray).toEqual({ toolTip: 'Demo: all read', isVisible: true });
    expect(await eventsOf(app)).toEqual([{ name: 'hello' }]);
  });

  test('a right click tells main what is under it, and its menu is recorded', async () => {
    const { app, page } = await demo.fresh();
    await page.locator('#away').click({ button: 'right' });
    await expect
      .poll(() => eventsOf(app))
      .toEqual([
        {
          name: 'context-menu',
          selectionText: '',
          isEditable: false,
          linkURL: 'https://elsewhere.test/away',
          canPaste: false,
        },
      ]);
    expect(await app.note('menu-popup')).toMatchObject({ labels: ['Copy'] });
  });

  test('a dialog waits for the test, or takes the answer scripted for it', async () => {
    const { app } = await demo.fresh();
    const chosen = await app.evaluate(async ({ dialog, standin }) => {
      const open = dialog.showOpenDialog({ title: 'Pick one' });
      standin.dialogs.answer('showOpenDialog', { canceled: false, filePaths: ['/tmp/a'] });
      standin.dialogs.answer('showMessageBox', { response: 1, checkboxChecked: false });
      return [(await open).filePaths, (await dialog.showMessageBox({ message: 'Sure?' })).response];
    });
    expect(chosen).toEqual([['/tmp/a'], 1]);
    expect(app.notesOf('dialog').map(({ name, options }) => [name, options])).toEqual([
      ['showOpenDialog', { title: 'Pick one' }],
      ['showMessageBox', { message: 'Sure?' }],
    ]);
  });

  test('a page knows when its window is hidden, minimised and out of focus', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate('presence.splice(0)');
    await app.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[0];
      window?.show();
      window?.blur();
      window?.hide();
      window?.show();
      window?.minimize();
      window?.restore();
    });
    const all = [
      'blur visible false',
      'visibilitychange hidden false',
      'visibilitychange visible false',
      'focus visible true',
    ];
    await expect.poll(() => page.evaluate('presence')).toEqual([...all, ...all]);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
    await page.reload();
    expect(await page.evaluate('[document.hidden, document.hasFocus()]')).toEqual([true, false]);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.show());
  });

  test('the theme the app chose is the one the page prefers, also after a reload', async () => {
    const { app, page } = await demo.fresh();
    const isDark = (): Promise<unknown> =>
      page.evaluate(`matchMedia('(prefers-color-scheme: dark)').matches`);
    const set = (source: 'system' | 'light' | 'dark'): Promise<unknown> =>
      app.evaluate(({ nativeTheme }, next) => {
        nativeTheme.themeSource = next;
      }, source);
    await set('dark');
    await expect.poll(isDark).toBe(true);
    await page.reload();
    expect(await isDark()).toBe(true);
    await set('system');
    await expect.poll(isDark).toBe(false);
    await app.evaluate(({ standin }) => standin.theme.setSystemDark(true));
    await expect.poll(isDark).toBe(true);
    await app.evaluate(({ standin }) => standin.theme.setSystemDark(false));
  });

  test('bounds are kept, and the page has the size of its window', async () => {
    const { app, page } = await demo.fresh();
    const size = (): Promise<unknown> => page.evaluate('[innerWidth, innerHeight]');
    expect(await size()).toEqual([900, 600]);
    const bounds = await app.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows()[0];
      window?.setBounds({ x: 10, y: 20, width: 700, height: 500 });
      window?.maximize();
      const maximized = window?.getBounds();
      window?.unmaximize();
      return [maximized, window?.getNormalBounds()];
    });
    expect(bounds).toEqual([
      { x: 0, y: 0, width: 1920, height: 1040 },
      { x: 10, y: 20, width: 700, height: 500 },
    ]);
    await expect.poll(size).toEqual([700, 500]);
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(900, 600));
    await expect.poll(size).toEqual([900, 600]);
  });

  test('a title the page gives itself is the title of its window', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate(`document.title = '(2) Demo'`);
    await expect
      .poll(() => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getTitle()))
      .toBe('(2) Demo');
  });

  test('suspend, resume and idle time are what the test says', async () => {
    const { app } = await demo.fresh();
    const idle = await app.evaluate(({ powerMonitor, standin }) => {
      powerMonitor.emit('suspend');
      powerMonitor.emit('resume');
      standin.power.idleSeconds = 600;
      return [powerMonitor.getSystemIdleTime(), powerMonitor.getSystemIdleState(300)];
    });
    expect(idle).toEqual([600, 'idle']);
    expect(await eventsOf(app)).toEqual([{ name: 'suspend' }, { name: 'resume' }]);
  });

  test('an open-url event reaches the app', async () => {
    const { app } = await demo.fresh();
    await app.evaluate(({ app: electronApp }) =>
      electronApp.emit('open-url', { preventDefault: () => undefined }, 'landline://join/x'),
    );
    expect(await eventsOf(app)).toEqual([{ name: 'open-url', url: 'landline://join/x' }]);
  });

  test('the languages of the desktop are those of main and of the page', async () => {
    const app = await demo.launch({ env: { STANDIN_LANGUAGES: 'zh-TW,en-US' } });
    const page = await app.window();
    expect(
      await app.evaluate(({ app: electronApp }) => [
        electronApp.getLocale(),
        electronApp.getPreferredSystemLanguages(),
      ]),
    ).toEqual(['zh-TW', ['zh-TW', 'en-US']]);
    expect(
      await page.evaluate('[navigator.languages, Intl.DateTimeFormat().resolvedOptions().locale]'),
    ).toEqual([['zh-TW', 'en-US'], 'zh-TW']);
  });

  test('a page that crashes is reported, and comes back when main reloads it', async () => {
    const app = await demo.launch();
    await app.window();
    await app.evaluate(({ webContents }) =>
      webContents.getAllWebContents()[0]?.forcefullyCrashRenderer(),
    );
    await expect
      .poll(() => eventsOf(app))
      .toEqual([{ name: 'render-process-gone', reason: 'crashed' }]);
    await expect
      .poll(() =>
        app.evaluate(({ webContents }) =>
          webContents.getAllWebContents()[0]?.executeJavaScript('demo.echo(5)'),
        ),
      )
      .toBe(5);
  });

  test('a utility process is a process of its own that ends with the app', async () => {
    const app = await demo.launch();
    const page = await app.window();
    expect(await page.evaluate(`demo.fork('hello')`)).toEqual({
      answer: { heard: 'hello', argument: 'an-argument', type: 'utility', canSend: false },
      hasPid: true,
    });
    const pid = await app.evaluate(
      () => (globalThis as unknown as { demo: { child: { pid: number } } }).demo.child.pid,
    );
    await app.kill();
    await whenProcessGone(pid);
  });

  test('a picture of the window can be taken', async () => {
    const { app } = await demo.fresh();
    const size = await app.evaluate(async ({ webContents }) =>
      (await webContents.getAllWebContents()[0]?.capturePage())?.getSize(),
    );
    expect(size).toEqual({ width: 900, height: 600 });
  });

  test.each<[string, (electron: ElectronInTest) => unknown, string]>([
    ['a member of a module', ({ app }) => app.getAppMetrics(), 'App.getAppMetrics'],
    [
      'a member of a window',
      ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setOpacity(1),
      'BrowserWindow.setOpacity',
    ],
    [
      'a member of a page',
      ({ webContents }) => webContents.getAllWebContents()[0]?.print(),
      'WebContents.print',
    ],
    [
      'a member of a class',
      ({ Menu }) => Menu.sendActionToFirstResponder('x'),
      'Menu.sendActionToFirstResponder',
    ],
    [
      'a module that is only a name',
      ({ autoUpdater }) => autoUpdater.checkForUpdates(),
      'autoUpdater.checkForUpdates',
    ],
    [
      'an event that would never come',
      ({ app }) => app.on('new-window-for-tab', () => undefined),
      "the event 'new-window-for-tab' of App",
    ],
    [
      'an unscripted dialog that cannot wait',
      ({ dialog }) => dialog.showMessageBoxSync({ message: '' }),
      'an unscripted showMessageBoxSync',
    ],
    ['a second session', ({ session }) => session.fromPartition('x'), "session.fromPartition('x')"],
  ])('%s that is missing throws by name, and the harness is told', async (_what, use, what) => {
    const { app } = await demo.fresh();
    await expect(app.evaluate(use)).rejects.toThrow(`stand-in: ${what} is not implemented`);
    expect(await app.note('missing', (note) => note.what === what)).toBeDefined();
  });
});
