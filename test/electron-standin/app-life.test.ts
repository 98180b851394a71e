import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { isProcessAlive, whenProcessGone } from '../kit/process-alive.ts';
import { DEMO_MAIN, describeStandin, useDemo } from './demo-kit.ts';
import { forkApp, launchStandin } from './launch.ts';
import type { StandinApp } from './launch.ts';

interface Demo {
  readonly events: readonly object[];
}
const eventsOf = (app: StandinApp): Promise<readonly object[]> =>
  app.evaluate(() => (globalThis as unknown as { demo: Demo }).demo.events);
const LINK = 'landline://channel/1?message=2';

describeStandin('the life of an app', () => {
  const demo = useDemo();

  test('quitting passes through its steps and ends with code 0', async () => {
    const app = await demo.launch();
    await app.window();
    await app.close();
    expect(await app.exited).toBe(0);
    expect(app.output.trim().split('\n')).toEqual(['before-quit', 'will-quit']);
  });

  test('closing the last window raises window-all-closed', async () => {
    const app = await demo.launch();
    await app.window();
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    expect(await app.exited).toBe(0);
    expect(app.output.trim().split('\n')).toEqual([
      'window-all-closed',
      'before-quit',
      'will-quit',
    ]);
  });

  test('a window that prevents its closing stays, and stops the quitting', async () => {
    const app = await demo.launch();
    const page = await app.window();
    await app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.once('close', (event) => event.preventDefault());
    });
    await app.evaluate(({ app: electronApp }) => electronApp.quit());
    expect(await page.evaluate('demo.echo(1)')).toBe(1);
    expect(app.output.trim()).toBe('before-quit');
  });

  test('a page hears that it is closed, and can finish what it does', async () => {
    const app = await demo.launch();
    const page = await app.window();
    await page.evaluate(`addEventListener('pagehide', () => demo.say('last words'))`);
    await app.evaluate(({ app: electronApp, ipcMain }) => {
      ipcMain.on('say', (_event, word) => console.log(word));
      electronApp.quit();
    });
    expect(await app.exited).toBe(0);
    expect(app.output).toContain('last words');
  });

  test('a second instance is refused and hands its link to the first', async () => {
    const userData = demo.folder();
    const app = await demo.launch({ userData });
    await app.window();
    const second = forkApp({ main: DEMO_MAIN, userData, args: [LINK], chromium: demo.chromium() });
    const [code] = (await once(second, 'exit')) as [number | null];
    expect(code).toBe(0);
    await expect
      .poll(() => eventsOf(app))
      .toEqual([{ name: 'second-instance', link: LINK, data: { from: 'demo' } }]);
  });

  test('an app that was killed leaves no lock behind', async () => {
    const userData = demo.folder();
    const first = await demo.launch({ userData });
    await first.kill();
    const next = await demo.launch({ userData });
    expect(await next.evaluate(({ app }) => app.hasSingleInstanceLock())).toBe(true);
  });

  test('what safeStorage sealed opens after a restart, and not in another profile', async () => {
    const userData = demo.folder();
    const seal = await demo.launch({ userData });
    await seal.window();
    const sealed = await seal.evaluate(({ safeStorage }) =>
      safeStorage.encryptString('a refresh token').toString('base64'),
    );
    await seal.close();
    expect(Buffer.from(sealed, 'base64').includes('refresh')).toBe(false);

    const open = async (folder: string): Promise<string> => {
      const app = await demo.launch({ userData: folder });
      await app.window();
      return app.evaluate(({ safeStorage }, text) => {
        try {
          return safeStorage.decryptString(Buffer.from(text, 'base64'));
        } catch (error) {
          return (error as Error).message;
        }
      }, sealed);
    };
    expect(await open(userData)).toBe('a refresh token');
    expect(await open(demo.folder())).toMatch(/^Error while decrypting/);
  });

  test('a desktop without a keyring says so', async () => {
    const app = await demo.launch({ env: { STANDIN_SAFE_STORAGE: 'unavailable' } });
    const said = await app.evaluate(({ safeStorage }) => [
      safeStorage.isEncryptionAvailable(),
      safeStorage.getSelectedStorageBackend(),
    ]);
    expect(said).toEqual([false, 'unknown']);
  });

  test('every path of the app lies in its own folder', async () => {
    const userData = demo.folder();
    const app = await demo.launch({ userData });
    const paths = await app.evaluate(({ app: electronApp }) =>
      (['userData', 'logs', 'home', 'downloads', 'documents'] as const).map((name) =>
        electronApp.getPath(name),
      ),
    );
    expect(paths.filter((path) => !path.startsWith(userData))).toEqual([]);
  });

  test('a packaged app knows that it is, and has no main file among its arguments', async () => {
    const app = await demo.launch({
      env: { STANDIN_PACKAGED: '/opt/Demo/resources' },
      args: ['--hidden'],
    });
    const seen = await app.evaluate(({ app: electronApp }) => [
      electronApp.isPackaged,
      electronApp.getVersion(),
      electronApp.getName(),
      process.argv.slice(1),
      process.resourcesPath,
    ]);
    expect(seen).toEqual([true, '1.2.3', 'Demo', ['--hidden'], '/opt/Demo/resources']);
  });

  test('a program named electron runs the folder of an app', async () => {
    const program = join(import.meta.dirname, 'bin', 'electron');
    const env = {
      ...process.env,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      STANDIN_CDP: demo.chromium().endpoint,
    };
    const child = spawn(program, [dirname(DEMO_MAIN), `--user-data-dir=${demo.folder()}`], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pages = (): string[] =>
      demo
        .chromium()
        .browser.contexts()
        .flatMap((context) => context.pages())
        .map((page) => page.url());
    await expect.poll(pages).toContain('https://app.demo.standin.invalid/index.html#start');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('a Chromium of its own dies with an app that is killed', async () => {
    const app = await launchStandin({ main: DEMO_MAIN, userData: demo.folder() });
    await app.window();
    const [{ pid } = { pid: undefined }] = app.notesOf('browser');
    expect(pid !== undefined && isProcessAlive(pid)).toBe(true);
    await app.kill();
    await whenProcessGone(pid ?? 0);
  });

  test('in a shared Chromium the windows of an app that is killed go with it', async () => {
    const app = await demo.launch();
    const page = await app.window();
    const closed = new Promise((resolve) => page.once('close', resolve));
    await app.kill();
    await closed;
  });

  test('an app whose test is gone ends by itself', async () => {
    const app = await demo.launch();
    await app.window();
    app.disconnect();
    expect(await app.exited).toBe(0);
  });
});
