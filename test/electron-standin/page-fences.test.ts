import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeStandin, useDemo } from './demo-kit.ts';
import { forkApp } from './launch.ts';
import type { StandinApp } from './launch.ts';

describeStandin('what a page may not do', () => {
  const demo = useDemo();

  test('a policy in the headers of an app scheme is enforced', async () => {
    const { page } = await demo.fresh();
    expect(await page.evaluate('window.inlineRan')).toBeUndefined();
    expect(
      await page.evaluate(
        `fetch('https://elsewhere.test/').then(() => 'reached', (error) => error.name)`,
      ),
    ).toBe('TypeError');
    expect(
      await page.evaluate(
        `(() => { try { return new WebSocket('ws://127.0.0.1:9/').readyState; } catch { return 'thrown'; } })()`,
      ),
    ).not.toBe(1);
    await expect.poll(() => page.evaluate('window.violations')).toContain('connect-src');
  });

  test('a picture by a scheme of its own is served, as the policy allows', async () => {
    const { page } = await demo.fresh();
    await expect
      .poll(() => page.evaluate(`document.getElementById('picture').naturalWidth`))
      .toBe(1);
  });

  test('window.open is denied at once and main is asked', async () => {
    const { app, page } = await demo.fresh();
    const asked = opened(app);
    expect(await page.evaluate(`window.open('https://elsewhere.test/opened')`)).toBeNull();
    await expect.poll(asked).toEqual(['https://elsewhere.test/opened']);
  });

  test.each([
    ['a link to a new tab', { button: 'left' as const }, '#tab', 'https://elsewhere.test/tab'],
    [
      'a click of the middle button',
      { button: 'middle' as const },
      '#away',
      'https://elsewhere.test/away',
    ],
    [
      'a click with Ctrl',
      { modifiers: ['ControlOrMeta' as const] },
      '#away',
      'https://elsewhere.test/away',
    ],
  ])('%s opens nothing, and main is asked', async (_name, click, link, url) => {
    const { app, page } = await demo.fresh();
    const asked = opened(app);
    await page.locator(link).click({ ...click, noWaitAfter: true });
    await expect.poll(asked).toEqual([url]);
    await expect
      .poll(() =>
        demo
          .chromium()
          .browser.contexts()
          .flatMap((context) => context.pages())
          .filter((one) => one.url().includes('elsewhere')),
      )
      .toEqual([]);
  });

  test.each([
    ['another site', 'https://elsewhere.test/'],
    ['another program', 'mailto:someone@elsewhere.test'],
  ])('a navigation to %s is put to main, which prevents it', async (_name, url) => {
    const { app, page } = await demo.fresh();
    await page.evaluate(`location.href = ${JSON.stringify(url)}`);
    expect(await app.note('will-navigate', (note) => note.url === url)).toMatchObject({
      prevented: true,
    });
    expect(await page.evaluate('location.pathname')).toBe('/index.html');
    expect(await page.evaluate('demo.echo(2)')).toBe(2);
  });

  test('a navigation main lets pass goes through, with the bridge in the new page', async () => {
    const { app, page } = await demo.fresh();
    await page.evaluate(`location.href = 'index.html?second'`);
    expect(
      await app.note('will-navigate', ({ url }) => url === 'demo://app/index.html?second'),
    ).toMatchObject({ prevented: false });
    await page.waitForURL(/second/);
    expect(await page.evaluate('demo.echo(3)')).toBe(3);
    expect(
      await app.evaluate(({ webContents }) => webContents.getAllWebContents()[0]?.getURL()),
    ).toBe('demo://app/index.html?second');
  });

  test('permissions are what the handlers of main say', async () => {
    const { page } = await demo.fresh();
    const state = (name: string): Promise<unknown> =>
      page.evaluate(
        `navigator.permissions.query({ name: '${name}' }).then((status) => status.state)`,
      );
    expect([
      await state('clipboard-write'),
      await state('notifications'),
      await state('geolocation'),
    ]).toEqual(['granted', 'denied', 'denied']);
  });

  test('a request that main cancels never leaves', async () => {
    const { app, page } = await demo.fresh();
    await app.evaluate(({ session }) =>
      session.defaultSession.webRequest.onBeforeRequest(
        { urls: ['demo-file://*'] },
        (_details, done) => done({ cancel: true }),
      ),
    );
    const picture = await page.evaluate(`new Promise((resolve) => {
      const picture = new Image();
      picture.onload = () => resolve('loaded');
      picture.onerror = () => resolve('refused');
      picture.src = 'demo-file://b/other.png';
    })`);
    expect(picture).toBe('refused');
  });

  test.each([
    ['{"sandbox":false}', 'refused: stand-in: webPreferences.sandbox: false is refused'],
    [
      '{"contextIsolation":false}',
      'refused: stand-in: webPreferences.contextIsolation: false is refused',
    ],
    [
      '{"nodeIntegration":true}',
      'refused: stand-in: webPreferences.nodeIntegration: true is refused',
    ],
    ['{"webSecurity":false}', 'refused: stand-in: webPreferences.webSecurity: false is refused'],
    ['{"webviewTag":true}', 'refused: stand-in: webPreferences.webviewTag: true is refused'],
    ['{"sandbox":true,"contextIsolation":true}', 'opened'],
  ])('a window with the preferences %s is %s', async (preferences, outcome) => {
    const main = join(import.meta.dirname, 'demo', 'refused.mjs');
    const child = forkApp({
      main,
      userData: demo.folder(),
      args: [preferences],
      chromium: demo.chromium(),
    });
    const [text] = await textOf(child);
    expect(text).toBe(outcome);
  });
});

/** What main was asked to open from now on. */
function opened(app: StandinApp): () => readonly string[] {
  const before = app.notesOf('open-external').length;
  return () =>
    app
      .notesOf('open-external')
      .slice(before)
      .map(({ url }) => url);
}

async function textOf(child: ChildProcess): Promise<readonly string[]> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return text.trim().split('\n');
}
