/** The Electron host as a whole, built and run on the stand-in: the life of its window, what reaches it from outside, and its end. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../build/scripts/run.ts';
import {
  forkApp,
  launchStandin,
  startSharedChromium,
  type SharedChromium,
  type StandinApp,
} from '../electron-standin/launch.ts';

const MAIN = join(ROOT, 'out/main/index.js');
const INVITE = 'landline://join?relay=10.0.0.5:7420&code=abc';

let chromium: SharedChromium;
let userData = '';
const apps: StandinApp[] = [];

beforeAll(async () => {
  if (!existsSync(MAIN))
    throw new Error('out/main/index.js is not there: run "npm run build" first');
  chromium = await startSharedChromium();
});
afterAll(() => chromium.close());
beforeEach(() => {
  userData = mkdtempSync(join(tmpdir(), 'landline-electron-'));
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  rmSync(userData, { recursive: true, force: true, maxRetries: 5 });
});

const options = (args: readonly string[] = []) => ({
  main: MAIN,
  userData,
  args,
  chromium,
  env: { LANDLINE_HOST: '127.0.0.1' },
});
const launch = async (...args: readonly string[]): Promise<StandinApp> => {
  const app = await launchStandin(options(args));
  apps.push(app);
  return app;
};
const call = async (app: StandinApp, name: string, input: object): Promise<unknown> =>
  (await app.window()).evaluate(
    `window.landline.call(${JSON.stringify(name)}, ${JSON.stringify(input)})`,
  );
const state = async (app: StandinApp): Promise<Record<string, unknown>> =>
  ((await call(app, 'open', {})) as { value: { state: Record<string, unknown> } }).value.state;
const foundTeam = (app: StandinApp) =>
  call(app, 'team.start', {
    teamName: 'Harbour',
    name: 'Lin',
    handle: 'lin',
    password: 'correct horse battery',
    device: 'test',
  });
const windowNow = (app: StandinApp) =>
  app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => ({
      shown: window.isVisible(),
      focused: window.isFocused(),
      max: window.isMaximized(),
    })),
  );
/** The process of the app's relay, as the system lists it. */
function relayOf(app: StandinApp): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const isChild =
        readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(app.pid);
      return isChild && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('relay-process');
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('the app has no relay process');
  return Number(found);
}
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 });
const log = (): string => readFileSync(join(userData, 'logs/landline.log'), 'utf8');

test('a closed window waits in the tray, comes back by it, and quits from its menu', async () => {
  const app = await launch();
  await app.window();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  expect(await windowNow(app)).toEqual([{ shown: false, focused: false, max: false }]);
  await app.evaluate(({ standin }) => void standin.trays[0]?.emit('click'));
  expect(await windowNow(app)).toEqual([{ shown: true, focused: true, max: false }]);
  const labels = await app.evaluate(({ standin }) =>
    standin.trays[0]?.menu?.items.map(({ label }) => label),
  );
  expect(labels).toEqual(['No teams yet', '', 'Open Landline', 'Quit Landline']);
  app
    .evaluate(({ standin }) =>
      standin.trays[0]?.menu?.find(({ label }) => label === 'Quit Landline')?.click(),
    )
    .catch(() => undefined);
  expect(await app.exited).toBe(0);
  expect(log()).toContain('"main.ended"');
});

test('the window is allowed what the literal says, and one window is all there is', async () => {
  const app = await launch();
  await app.window();
  const seen = await app.evaluate(({ BrowserWindow, webContents }) => ({
    windows: BrowserWindow.getAllWindows().length,
    pages: webContents.getAllWebContents().map((page) => page.getURL()),
  }));
  expect(seen).toEqual({ windows: 1, pages: ['landline-app://bundle/'] });
});

test('a page that crashed comes back with everything it showed', async () => {
  const app = await launch();
  expect(await foundTeam(app)).toMatchObject({ ok: true });
  // Asked through main: what Playwright held of the page went with the crash.
  const text = () =>
    app.evaluate(
      ({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
          'document.body.innerText',
        ) as Promise<string>,
    );
  await eventually(text).toContain('Connected');
  const loads = app.notesOf('loaded').length;
  await app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
  await app.note('loaded', () => app.notesOf('loaded').length > loads);
  await eventually(text).toContain('Connected');
  expect(await text()).toContain('Harbour');
  expect(log()).toContain('"window.page-gone"');
});

test('a second start shows the window of the first and gives it its link', async () => {
  const app = await launch();
  await app.window();
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  const second = forkApp(options([INVITE]));
  await once(second, 'exit');
  expect(second.exitCode).toBe(0);
  await eventually(() => windowNow(app)).toEqual([{ shown: true, focused: true, max: false }]);
  const page = await app.window();
  await eventually(() => page.getByLabel('Invite link or address').inputValue()).toBe(INVITE);
});

test('a link that started the app is not lost', async () => {
  const app = await launch(INVITE);
  const page = await app.window();
  await eventually(() => page.getByLabel('Invite link or address').inputValue()).toBe(INVITE);
});

test('the relay of this computer lives as long as the app, not the window, and ends with it', async () => {
  const app = await launch();
  expect(await foundTeam(app)).toMatchObject({ ok: true });
  const port = Number(readFileSync(join(userData, 'relay/port'), 'utf8'));
  const answers = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  expect(await answers()).toBe(true);
  await app.close();
  expect(await app.exited).toBe(0);
  expect(await answers()).toBe(false);
});

test.skipIf(process.platform !== 'linux')(
  'a relay that falls is started again, at the same port, and the team is live again by itself',
  async () => {
    const app = await launch();
    expect(await foundTeam(app)).toMatchObject({ ok: true });
    const port = readFileSync(join(userData, 'relay/port'), 'utf8');
    process.kill(relayOf(app), 'SIGKILL');
    await eventually(
      () =>
        log()
          .split('\n')
          .filter((line) => line.includes('"relay.ready"')).length,
    ).toBe(2);
    expect(readFileSync(join(userData, 'relay/port'), 'utf8')).toBe(port);
    const page = await app.window();
    await eventually(
      async () =>
        Object.values(
          (await state(app))['teams'] as Record<string, { team: { wire: { state: string } } }>,
        )[0]?.team.wire.state,
    ).toBe('live');
    expect(page.isClosed()).toBe(false);
  },
);

test('the window opens where it was, maximised if it was', async () => {
  const first = await launch();
  await first.window();
  await first.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setBounds({ x: 60, y: 40, width: 1000, height: 700 });
    window?.maximize();
  });
  await first.close();
  const second = await launch();
  await second.window();
  const place = await second.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getNormalBounds(),
  );
  expect(place).toEqual({ x: 60, y: 40, width: 1000, height: 700 });
  expect((await windowNow(second))[0]?.max).toBe(true);
});

test('a fault nobody caught is told once, and what was written stays', async () => {
  const app = await launch();
  expect(await foundTeam(app)).toMatchObject({ ok: true });
  await app.evaluate(() => {
    setTimeout(() => {
      throw new Error('a bug with a secret in its words');
    });
  });
  const { options: shown } = await app.note('dialog', ({ name }) => name === 'showMessageBox');
  expect(shown).toMatchObject({
    message: 'Landline ran into a fault',
    buttons: ['Restart Landline', 'Carry on'],
  });
  await app.evaluate(({ standin }) =>
    standin.dialogs.answer('showMessageBox', { response: 1, checkboxChecked: false }),
  );
  expect(await call(app, 'open', {})).toMatchObject({ ok: true });
  expect(log()).toContain('"main.uncaught"');
  expect(log()).not.toContain('a secret in its words');
});

test('data of a newer version is left alone, and said', async () => {
  const first = await launch();
  await first.window();
  await first.close();
  const database = new Database(join(userData, 'ledger.db'));
  // A number alone would be taken for damage: a newer version has another form too.
  database.exec('ALTER TABLE setting ADD COLUMN later TEXT');
  database.pragma('user_version = 9999');
  database.close();
  const child = forkApp(options());
  const notes: unknown[] = [];
  child.on('message', (message) => notes.push(message));
  await once(child, 'exit');
  expect(child.exitCode).toBe(1);
  expect(JSON.stringify(notes)).toContain('written by a newer version');
});

test('a broken file of the host is no reason not to start', async () => {
  for (const file of ['window.json', 'toast-routes.json', 'relay-port'])
    writeFileSync(join(userData, file), '{"broken":');
  const app = await launch();
  expect(await (await app.window()).getByRole('heading', { level: 1 }).textContent()).toMatch(
    /on your own line/,
  );
});
