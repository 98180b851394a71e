/**
 * Landline in the browser, wired from top to bottom: the same core and the same window as under
 * Electron, served to this computer's browser alone. Prints one line, the address with its one-time
 * ticket, and opens it by way of a private file.
 *
 *   node electron/loopback/index.ts [--data <folder>] [--no-open] [landline://…]
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { background } from '../core/background.ts';
import { systemSockets } from '../../doctor/sockets.ts';
import { createRelayNet } from '../core/connection/relay-socket.ts';
import { createDesktop, type Desktop } from '../core/desktop.ts';
import { openKeyFileBox } from '../host/key-file-box.ts';
import { systemLocale } from '../host/locale.ts';
import { createLogFile } from '../host/log-file.ts';
import { watchNetwork } from '../host/network-watch.ts';
import { watchSleep } from '../host/sleep-watch.ts';
import { createSystemClock, createSystemRandom } from '../host/system-clock.ts';
import { describeStartFault } from '../host/start-fault.ts';
import { listWindowFiles } from '../host/window-files.ts';
import { createBrowserHost } from './browser-host.ts';
import { defaultDataFolder } from './data-folder.ts';
import { askAgain } from './ask-again.ts';
import { lockHost } from './host-lock.ts';
import { createLocalRelay } from './local-relay.ts';
import { hasScreen, openBrowser } from './open-browser.ts';
import { createOpenPages } from './open-pages.ts';
import { startPageServer } from './page-server.ts';
import { Tabs } from './tabs.ts';
import { createTickets } from './tickets.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const { platform, env } = process;

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}

const { values, positionals } = readArguments();
const folder = resolve(values.data ?? defaultDataFolder(platform, env, homedir()));
const link = positionals.find((one) => /^landline:/i.test(one));
// An invite is a secret, and every account of the computer can read a command line.
if (link !== undefined) process.title = 'landline';
const files =
  listWindowFiles(join(ROOT, 'out', 'renderer')) ??
  stop('The window is not built: run "npm run build" first.');

const clock = createSystemClock();
const random = createSystemRandom();
const log = createLogFile({ path: join(folder, 'logs', 'landline.log'), clock });

const cannotStart = (error: unknown): never => {
  log.error('loopback.cannot-start', { error });
  const { title, text } = describeStartFault(error, { folder, locale: systemLocale(env) });
  return stop(`${title}\n${text}`);
};
process.once('uncaughtException', cannotStart);

// --- one host for one folder

/** Links that came before there was a core to take them. */
const earlyLinks: string[] = link === undefined ? [] : [link];
let takeLink = (url: string): void => void earlyLinks.push(url);
const openPages = createOpenPages({
  folder: join(folder, 'open'),
  clock,
  onUnused: () => console.log(`No browser has opened. Open this address in one: ${freshAddress()}`),
});
const tickets = createTickets(random, openPages.used);
const freshAddress = (): string => {
  const address = `http://${page.host}/#t=${tickets.issue()}`;
  openPages.watch(address);
  return address;
};
const key = randomBytes(24).toString('base64url');
const page = await startPageServer({
  files,
  bridgeScript: readFileSync(join(import.meta.dirname, 'page', 'bridge.js'), 'utf8'),
  icon: readFileSync(join(ROOT, 'build', 'icons', 'icon.png')),
  again: {
    key,
    answer(given) {
      if (given !== undefined) takeLink(given);
      return { url: freshAddress() };
    },
  },
});
const LINK_LIMIT_MS = 30_000;
const ANSWERS = { url: 'yes', nobody: 'no', silent: 'silent' } as const;
const lock = await lockHost({
  path: join(folder, 'host.lock'),
  entry: { pid: process.pid, host: page.host, key },
  answers: async (entry) => ANSWERS[(await askAgain(entry)).kind],
}).catch(cannotStart);
if (lock.kind === 'held') {
  process.on('exit', () => {
    openPages.clear();
    lock.release();
  });
  openPages.clear();
} else {
  await page.close();
  // It has just answered; it may take its time for the link.
  const again = await askAgain(lock.by, link, LINK_LIMIT_MS);
  await present(
    again.kind === 'url'
      ? again.url
      : stop('Landline is already running on this data and does not answer.'),
  );
  process.exit(0);
}

// --- the core and its ports

const browser = createBrowserHost({
  pages: () => tabs,
  onToastClick: (route) => desktop.notificationClicked(route),
  platform,
  locale: systemLocale(env),
  version: (
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }
  ).version,
  clock,
  log,
});
const tabs = new Tabs({
  server: page.server,
  host: page.host,
  tickets,
  openSession: () => desktop.openWindow(),
  greeting: browser.greeting,
  onFrame: browser.heard,
  onStranger: () => console.log(`To open another window: ${freshAddress()}`),
  onEmpty: () => console.log(`The window is closed. To open it again: ${freshAddress()}`),
  clock,
  log,
});
const localRelay = createLocalRelay({
  script: join(ROOT, 'server', 'main.ts'),
  dataFolder: join(folder, 'relay'),
  clock,
  log,
});
const desktop: Desktop = createDesktop({
  folder,
  clock,
  random,
  net: createRelayNet({ clock }),
  sockets: systemSockets,
  secrets: openKeyFileBox(join(folder, 'secrets.key')),
  notifier: browser.notifier,
  localRelay,
  host: browser.host,
  log,
});

// --- what comes from outside

takeLink = (url) => desktop.openLink(url);
for (const url of earlyLinks) takeLink(url);
const stopNetworkWatch = watchNetwork({
  interfaces: networkInterfaces,
  clock,
  onChange: (isOnline) => desktop.networkChanged(isOnline),
});
const stopSleepWatch = watchSleep({ clock, onWake: () => desktop.wake() });
process.off('uncaughtException', cannotStart);
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  // What was written is on the disk already; the host goes on.
  process.on(event, (error: unknown) => log.error(`loopback.${event}`, { error }));
}
await present(freshAddress());
log.info('loopback.started', { host: page.host });

// --- the end

let isEnding = false;
const end = async (): Promise<void> => {
  if (isEnding) return;
  isEnding = true;
  stopNetworkWatch();
  stopSleepWatch();
  tabs.dispose();
  await page.close();
  await desktop.close();
  await localRelay.stop();
  log.info('loopback.ended');
  process.exit(0);
};
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => background(end(), log, 'loopback.end'));

async function present(url: string): Promise<void> {
  // First and alone on its line: programs read it.
  console.log(url);
  if (values['no-open'] === true) return;
  if (!hasScreen(platform, env) || !(await openByPage(url)))
    console.log('Open this address in a browser on this computer.');
}

async function openByPage(url: string): Promise<boolean> {
  try {
    return await openBrowser(pathToFileURL(openPages.write(url)).href, platform, env);
  } catch (error) {
    log.warn('loopback.no-open-page', { error });
    return false;
  }
}

function readArguments() {
  try {
    return parseArgs({
      options: { data: { type: 'string' }, 'no-open': { type: 'boolean' } },
      allowPositionals: true,
    });
  } catch (error) {
    return stop(
      `${error instanceof Error ? error.message : 'Bad arguments.'}\nUsage: npm start -- [--data <folder>] [--no-open] [landline://…]`,
    );
  }
}
