/** What must be true of the hosts' sources as they are written, whatever they do when they run. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { IPC } from '../bridge/api.ts';
import { COMMANDS } from '../bridge/commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const sources = globSync('electron/**/*.{ts,js}', { cwd: ROOT })
  .filter((path) => !path.includes('.test.'))
  .toSorted();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** Without comments: they may name what the code must not do. */
const code = (path: string): string => read(path).replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
const having = (pattern: RegExp): readonly string[] =>
  sources.filter((path) => pattern.test(code(path)));

test('Electron itself is imported by the composition root and the preload, elsewhere only its types', () => {
  expect(having(/^import (?!type\b)[^;]*from 'electron';/m)).toEqual([
    'electron/main/index.ts',
    'electron/preload/index.ts',
  ]);
});

describe('one door', () => {
  test('there are two names on it', () =>
    expect(Object.values(IPC)).toEqual(['landline:call', 'landline:batch']));

  test('main listens at one place and speaks at one place', () => {
    expect(having(/ipcMain\s*\.\s*(?:on|once|handle|handleOnce)\b/)).toEqual([
      'electron/main/bridge-host.ts',
    ]);
    expect(having(/\.send\(IPC\.|\.postMessage\(|webContents\.send/)).toEqual([
      'electron/main/bridge-host.ts',
      'electron/main/local-relay.ts',
      'electron/main/relay-process.ts',
    ]);
  });

  test('the preload gives the page one thing, and uses two of Electron', () => {
    const preload = code('electron/preload/index.ts');
    expect(preload.match(/exposeInMainWorld\(\s*'[^']*'/g)).toEqual([
      "exposeInMainWorld('landline'",
    ]);
    expect(
      /import \{([^}]*)\} from 'electron'/
        .exec(preload)?.[1]
        ?.split(',')
        .map((one) => one.trim()),
    ).toEqual(['contextBridge', 'ipcRenderer', 'type IpcRendererEvent']);
  });
});

test('windows are made at one place, with the one literal', () => {
  expect(having(/new BrowserWindow\(/)).toEqual(['electron/main/index.ts']);
  expect(having(/webPreferences\s*[:=(]/)).toEqual([
    'electron/main/index.ts',
    'electron/main/web-preferences.ts',
  ]);
  expect(having(/nodeIntegration|contextIsolation|sandbox\s*:|webSecurity/)).toEqual([
    'electron/main/web-preferences.ts',
  ]);
});

test.each([
  ['code from text in a page', /executeJavaScript|insertCSS|eval\(|new Function\(/],
  ['a second way to open things outside', /openPath\(|showItemInFolder\(|shell\.open(?!External)/],
  ['toast markup made by hand', /toastXml/],
  ['a weaker keyring', /setUsePlainTextEncryption/],
  [
    'certificates waved through',
    /certificate-error|setCertificateVerifyProc|rejectUnauthorized:\s*false|ignore-certificate-errors/,
  ],
  ['remote content in a window', /loadURL\(\s*['"`]https?:/],
  ['a shell', /(?<![.\w])exec\(|execSync|shell:\s*true/],
  ['reports or updates sent anywhere', /crashReporter|autoUpdater|https:\/\//],
  ['markup from text', /innerHTML|outerHTML|insertAdjacentHTML|document\.write/],
])('nowhere in the hosts is there %s', (_what, pattern) => {
  const hosts = sources.filter((path) => /^electron\/(?:main|preload|loopback|host)\//.test(path));
  expect(hosts.filter((path) => pattern.test(code(path)))).toEqual([]);
});

test('no command takes a path, SQL, a program or markup from the page; one takes a URL', () => {
  const fieldsOf = (schema: unknown): readonly string[] => {
    if (!(schema instanceof z.ZodObject)) return [];
    return Object.entries(schema.shape as Record<string, unknown>).flatMap(([name, inner]) => [
      name,
      ...fieldsOf(inner),
    ]);
  };
  const all = Object.entries(COMMANDS).flatMap(([name, { input }]) =>
    fieldsOf(input).map((field) => `${name}: ${field}`),
  );
  expect(
    all.filter((one) =>
      /: (?:.*(?:path|file|folder|sql|query|html|command|exec|shell|program))$/i.test(one),
    ),
  ).toEqual([]);
  expect(all.filter((one) => /: .*(?:url|link|href)$/i.test(one))).toEqual(['link.open: url']);
});
