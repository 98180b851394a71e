/**
 * The driver over the loopback host: the host as a child in plain Node, its page in a browser context of its own. The context goes
 * with the host, as the window of an app would. Sleep is real: the host is stopped by the system and continued.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { BrowserContext, Page } from 'playwright-core';
import { COMPILE_CACHE } from '../../kit/compile-cache.ts';
import type { SharedChromium } from '../../electron-standin/launch.ts';
import { pagePresence } from '../../electron-standin/page/page-world.ts';
import { installBrowserDesktop } from './browser-desktop.ts';
import type { BrowserDesktop, RecordedNotification } from './browser-desktop.ts';
import type { Ability, DesktopDriver, DesktopOptions, ShownNotification } from './desktop.ts';
import { Memory, ROOT, builtFile, cannot } from './parts.ts';

export interface LoopbackDesktopOptions extends DesktopOptions {
  readonly chromium: SharedChromium;
}

interface Run {
  readonly host: ChildProcess;
  readonly context: BrowserContext;
  readonly page: Page;
}

declare global {
  interface Window {
    /** Put there by the loopback driver's init script. */
    landlineDesktop?: BrowserDesktop;
  }
}

const START_LIMIT_MS = 60_000;
const RECORD = 'landlineRecordNotification';
const ADDRESS = /^http:\/\/127\.0\.0\.1:\d+\/#t=\S+$/;

const shownOf = ({ title, body, tag }: RecordedNotification): ShownNotification => ({
  title,
  body,
  ...(tag === '' ? {} : { tag }),
});

export function createLoopbackDesktop(options: LoopbackDesktopOptions): DesktopDriver {
  const { userDataDir, languages = ['en-US'], env = {}, chromium, link } = options;
  const memory = new Memory();
  const shown: RecordedNotification[] = [];
  const opened: string[] = [];
  let run: Run | undefined;
  let starts = 0;
  const canSleep = process.platform !== 'win32';

  const running = (): Run => {
    if (run === undefined) throw new Error('the desktop does not run');
    return run;
  };

  function spawnHost(args: readonly string[]): ChildProcess {
    builtFile('out/renderer/index.html');
    const child = spawn(
      process.execPath,
      ['electron/loopback/index.ts', '--data', userDataDir, '--no-open', ...args],
      {
        cwd: ROOT,
        env: {
          ...process.env,
          ...COMPILE_CACHE,
          NODE_OPTIONS: '',
          LANGUAGE: languages.map((one) => one.replace('-', '_')).join(':'),
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => memory.hear(chunk));
    return child;
  }

  /** The address with its one-time ticket, which the host prints alone on a line.
   *  @throws Error  it ended before, or stayed silent; it is gone then */
  async function addressOf(host: ChildProcess): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => reject(new Error(`the loopback host printed no address\n${memory.output}`)),
      START_LIMIT_MS,
    );
    if (host.stdout !== null)
      createInterface({ input: host.stdout }).on(
        'line',
        (line) => ADDRESS.test(line) && resolve(line),
      );
    host.once('exit', (code) =>
      reject(new Error(`the loopback host ended with ${code ?? 'a signal'}\n${memory.output}`)),
    );
    try {
      return await promise;
    } catch (error) {
      host.kill('SIGKILL');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function openPage(
    address: string,
  ): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
    const context = await chromium.browser.newContext({
      locale: languages[0] ?? 'en-US',
      viewport: { width: 1180, height: 780 },
    });
    await context.exposeFunction(RECORD, (notification: Omit<RecordedNotification, 'id'>) => {
      const id = shown.length + 1;
      shown.push({ ...notification, id });
      return id;
    });
    const start = JSON.stringify({ visible: true, focused: true });
    await context.addInitScript(
      `if (self === top) window.landlineDesktop = (${String(installBrowserDesktop)})((${String(pagePresence)})(${start}), (one) => window.${RECORD}(one));`,
    );
    // A link the page opens goes outside, and there the test ends it.
    const { origin } = new URL(address);
    await context.route(
      (url) => url.origin !== origin,
      async (route) => {
        const request = route.request();
        if (request.isNavigationRequest()) opened.push(request.url());
        await route.abort();
      },
    );
    const page = await context.newPage();
    // Not the window itself, whose own failed requests are its own business.
    context.on('page', (other) => other.once('requestfailed', () => void other.close()));
    page.on('pageerror', (error) =>
      memory.faults.push(`on the page: ${error.stack ?? error.message}`),
    );
    await page.goto(address);
    return { context, page };
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ended = run;
    run = undefined;
    if (ended === undefined) return;
    await ended.context.close();
    if (ended.host.exitCode !== null || ended.host.signalCode !== null) return;
    const gone = once(ended.host, 'exit');
    // A host that was put to sleep would never hear of it.
    if (canSleep) ended.host.kill('SIGCONT');
    ended.host.kill(signal);
    await gone;
  }

  const onDesktop = async (act: (desktop: BrowserDesktop) => void): Promise<void> => {
    await running().page.evaluate(`(${String(act)})(window.landlineDesktop)`);
  };

  const abilities: readonly Ability[] = [
    'hide',
    'failNotifications',
    ...(canSleep ? (['sleep'] as const) : []),
  ];

  return {
    name: 'loopback',
    can: new Set(abilities),
    window: async () => running().page,
    relaunch: async () => {
      await end('SIGTERM');
      starts += 1;
      const host = spawnHost(starts === 1 && link !== undefined ? [link] : []);
      run = { host, ...(await openPage(await addressOf(host))) };
    },
    kill: () => end('SIGKILL'),
    close: () => end('SIGTERM'),
    notifications: async () => shown.map(shownOf),
    clickNotification: async (fits) => {
      for (const notification of shown.toReversed()) {
        if (!fits(shownOf(notification))) continue;
        const { page } = running();
        if (!(await page.evaluate((id) => window.landlineDesktop?.isOnScreen(id), notification.id)))
          continue;
        return page.evaluate((id) => {
          window.landlineDesktop?.setPresence({ visible: true, focused: true });
          window.landlineDesktop?.click(id);
        }, notification.id);
      }
      throw new Error('no such notification is on screen');
    },
    badge: async () => Number(/^\((\d+)\) /.exec(await running().page.title())?.[1] ?? 0),
    blur: () => onDesktop((desktop) => desktop.setPresence({ visible: true, focused: false })),
    focus: () => onDesktop((desktop) => desktop.setPresence({ visible: true, focused: true })),
    hide: () => onDesktop((desktop) => desktop.setPresence({ visible: false, focused: false })),
    openLink: async (url) => {
      // The second start gives the link to the first, prints a fresh address and ends.
      const messenger = spawnHost([url]);
      await once(messenger, 'exit');
      if (messenger.exitCode !== 0) throw new Error(`the link was not taken\n${memory.output}`);
    },
    suspend: async () =>
      void (canSleep ? running().host.kill('SIGSTOP') : cannot('loopback', 'sleep')),
    resume: async () =>
      void (canSleep ? running().host.kill('SIGCONT') : cannot('loopback', 'sleep')),
    idle: async () => cannot('loopback', 'idle'),
    trayToolTip: async () => cannot('loopback', 'tray'),
    setSystemDark: async () => cannot('loopback', 'systemTheme'),
    failNotifications: () =>
      onDesktop((desktop) => {
        desktop.permission = 'denied';
      }),
    openedLinks: async () => [...opened],
    faults: () => [...memory.faults],
    output: () => memory.output,
  };
}
