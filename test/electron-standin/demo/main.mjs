// A small Electron app for the stand-in's own tests: everything the product's main process needs of Electron, once, without a build.
// What a test wants to know of main is kept on `globalThis.demo`.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  nativeImage,
  net,
  Notification,
  powerMonitor,
  protocol,
  session,
  shell,
  Tray,
  utilityProcess,
} from 'electron';

const demo = { heard: [], senders: [], events: [], child: undefined };
globalThis.demo = demo;
const here = import.meta.dirname;
let window;

protocol.registerSchemesAsPrivileged([
  { scheme: 'demo', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  { scheme: 'demo-file', privileges: { secure: true } },
]);

if (!app.requestSingleInstanceLock({ from: 'demo' })) app.quit();
app.on('second-instance', (_event, argv, _cwd, data) => {
  demo.events.push({
    name: 'second-instance',
    link: argv.find((arg) => arg.startsWith('landline:')),
    data,
  });
  window?.show();
});
app.on('open-url', (_event, url) => demo.events.push({ name: 'open-url', url }));
for (const name of ['before-quit', 'will-quit']) app.on(name, () => console.log(name));
app.on('window-all-closed', () => {
  console.log('window-all-closed');
  app.quit();
});
app.setAsDefaultProtocolClient('landline');

ipcMain.handle('echo', (event, value) => {
  demo.senders.push({
    url: event.senderFrame.url,
    origin: event.senderFrame.origin,
    isMainFrame: event.senderFrame === event.sender.mainFrame,
    isWindow: BrowserWindow.fromWebContents(event.sender) === window,
  });
  return value;
});
ipcMain.handle('fail', () => {
  throw new RangeError('out of reach');
});
ipcMain.handle('uncloneable', () => () => 1);
ipcMain.on('say', (event, word) => {
  demo.heard.push(word);
  event.reply('heard', word);
});

powerMonitor.on('suspend', () => demo.events.push({ name: 'suspend' }));
powerMonitor.on('resume', () => demo.events.push({ name: 'resume' }));

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' demo-file:; connect-src 'none'; base-uri 'none'";

function serve() {
  protocol.handle('demo', async (request) => {
    const { pathname } = new URL(request.url);
    const file = await net.fetch(
      pathToFileURL(join(here, 'window', pathname === '/' ? 'index.html' : pathname)).href,
    );
    const headers = new Headers(file.headers);
    headers.set('content-security-policy', POLICY);
    return new Response(file.body, { status: file.status, headers });
  });
  const dot =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  protocol.handle(
    'demo-file',
    () => new Response(Buffer.from(dot, 'base64'), { headers: { 'content-type': 'image/png' } }),
  );
}

await app.whenReady();
serve();
session.defaultSession.setPermissionRequestHandler((_contents, permission, done) =>
  done(permission === 'clipboard-sanitized-write'),
);
session.defaultSession.setPermissionCheckHandler(
  (_contents, permission) => permission === 'clipboard-sanitized-write',
);

window = new BrowserWindow({
  width: 900,
  height: 600,
  show: false,
  webPreferences: {
    preload: join(here, 'preload.cjs'),
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
  },
});
window.once('ready-to-show', () => window.show());
window.webContents.setWindowOpenHandler(({ url }) => {
  void shell.openExternal(url);
  return { action: 'deny' };
});
window.webContents.on('will-navigate', (event, url) => {
  if (!url.startsWith('demo://app/')) event.preventDefault();
});
window.webContents.on('render-process-gone', (_event, { reason }) => {
  demo.events.push({ name: 'render-process-gone', reason });
  window.webContents.reload();
});

window.webContents.on(
  'context-menu',
  (_event, { selectionText, isEditable, linkURL, editFlags }) => {
    demo.events.push({
      name: 'context-menu',
      selectionText,
      isEditable,
      linkURL,
      canPaste: editFlags.canPaste,
    });
    Menu.buildFromTemplate([{ role: 'copy', label: 'Copy' }]).popup({ window });
  },
);

Menu.setApplicationMenu(
  Menu.buildFromTemplate([
    {
      label: 'Demo',
      submenu: [
        { id: 'hello', label: 'Hello', click: () => demo.events.push({ name: 'hello' }) },
        { role: 'quit' },
      ],
    },
  ]),
);
const tray = new Tray(nativeImage.createEmpty());
tray.setToolTip('Demo: all read');
tray.on('click', () => window.show());

ipcMain.on('notify', (_event, words) => {
  const notification = new Notification({ ...words, hasReply: true, id: words.tag });
  notification.on('click', () => {
    window.show();
    window.webContents.send('opened', words.tag);
  });
  notification.on('reply', (details, text) =>
    window.webContents.send('replied', text, details.reply),
  );
  notification.on('failed', (_event2, reason) => window.webContents.send('failed', reason));
  notification.show();
  app.setBadgeCount(app.getBadgeCount() + 1);
});

ipcMain.handle('fork', async (_event, word) => {
  demo.child = utilityProcess.fork(join(here, 'utility.mjs'), ['an-argument'], {
    serviceName: 'demo',
    stdio: 'pipe',
  });
  demo.child.postMessage({ word });
  const answer = await new Promise((resolve) => demo.child.once('message', resolve));
  return { answer, hasPid: typeof demo.child.pid === 'number' };
});

await window.loadURL('demo://app/index.html#start');
