/** Finding a browser, with stand-in executables in a temporary folder as the whole PATH. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBrowser } from './find-browser.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'browsers-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, mode = 0o755): string => {
  const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
  writeFileSync(path, '', { mode });
  return path;
};

test('Chromium on the PATH is found, before Chrome', () => {
  put('google-chrome');
  const chromium = put('chromium');
  expect(findBrowser({ PATH: [join(folder, 'nowhere'), folder].join(delimiter) })).toBe(chromium);
});

test('a file that cannot be run is no browser', () => {
  if (process.platform === 'win32') return;
  put('chromium', 0o644);
  const chrome = put('google-chrome');
  expect(findBrowser({ PATH: folder })).toBe(chrome);
});

test('the browser that is named is the only answer', () => {
  const chromium = put('chromium');
  expect(findBrowser({ PATH: folder, LANDLINE_BROWSER: chromium })).toBe(chromium);
  expect(findBrowser({ PATH: folder, LANDLINE_BROWSER: join(folder, 'gone') })).toBeUndefined();
});
