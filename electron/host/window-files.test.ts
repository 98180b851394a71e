import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listWindowFiles } from './window-files.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'landline-files-'));
  mkdirSync(join(root, 'window', 'assets'), { recursive: true });
  writeFileSync(join(root, 'window', 'index.html'), '<!doctype html>');
  writeFileSync(join(root, 'window', 'assets', 'index-a1.js'), 'let a;');
  writeFileSync(join(root, 'window', 'assets', 'index-a1.js.map'), '{}');
  writeFileSync(join(root, 'secret.js'), 'secret');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the files of the window are found under their paths, with their types', async () => {
  const files = listWindowFiles(join(root, 'window'));
  expect(files?.paths).toEqual(['/assets/index-a1.js', '/index.html', '/']);
  const script = files?.find('/assets/index-a1.js');
  expect(script?.type).toBe('text/javascript; charset=utf-8');
  expect(Buffer.from((await script?.read()) ?? []).toString()).toBe('let a;');
});

test.each([
  '/../secret.js',
  '/assets/../../secret.js',
  '/..%2fsecret.js',
  '/%2e%2e/secret.js',
  '/..\\secret.js',
  '/assets\\index-a1.js',
  '//index.html',
  '/index.html/',
  '/index.html\0.js',
  '/INDEX.HTML',
  '/./index.html',
  'index.html',
  '/assets',
  '/assets/',
  '/assets/index-a1.js.map',
  '/__proto__',
  '/constructor',
  '',
])('%j is not among them', (path) =>
  expect(listWindowFiles(join(root, 'window'))?.find(path)).toBeUndefined(),
);

test('a link in the folder is not followed', () => {
  symlinkSync(join(root, 'secret.js'), join(root, 'window', 'link.js'));
  symlinkSync(root, join(root, 'window', 'up'));
  expect(listWindowFiles(join(root, 'window'))?.paths).toEqual([
    '/assets/index-a1.js',
    '/index.html',
    '/',
  ]);
});

test('a folder without a page is no window', () => {
  rmSync(join(root, 'window', 'index.html'));
  expect(listWindowFiles(join(root, 'window'))).toBeUndefined();
  expect(listWindowFiles(join(root, 'nowhere'))).toBeUndefined();
});
