import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listWindowFiles, type WindowFiles } from '../host/window-files.ts';
import { APP_PAGE, APP_SCHEME, answerAppRequest } from './app-scheme.ts';

const root = mkdtempSync(join(tmpdir(), 'landline-scheme-'));
let files: WindowFiles;
beforeAll(() => {
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>Landline</title>');
  files = listWindowFiles(root)!;
});
afterAll(() => rmSync(root, { recursive: true }));

const ask = (url: string, method = 'GET'): Promise<Response> =>
  answerAppRequest({ url, method }, files);

test('the page is served with its type and the whole policy', async () => {
  const answer = await ask(APP_PAGE);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain('<title>Landline</title>');
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'none'; " +
      "base-uri 'none'; form-action 'none'; frame-src 'none'; frame-ancestors 'none'; object-src 'none'; " +
      "require-trusted-types-for 'script'; trusted-types landline-worker",
  });
});

test('the scheme has an origin and nothing more', () => {
  expect(APP_SCHEME).toEqual({
    scheme: 'landline-app',
    privileges: { standard: true, secure: true, codeCache: true },
  });
});

test.each([
  'landline-app://bundle/../../etc/passwd',
  'landline-app://bundle/..%2f..%2fetc/passwd',
  'landline-app://bundle/%2e%2e/%2e%2e/etc/passwd',
  'landline-app://bundle//etc/passwd',
  'landline-app://bundle/C:/Windows/win.ini',
  'landline-app://bundle/index.html%00.js',
  'landline-app://bundle/index.htm',
  'landline-app://other/index.html',
  'landline-app:///index.html',
  'landline-app://bundle:80/index.html',
  'landline-app://user@evil/index.html',
  'https://bundle/index.html',
  'file:///etc/passwd',
  'not an address',
])('%s is not found', async (url) => {
  const answer = await ask(url);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toBe('');
});

test('nothing is posted to it', async () => expect((await ask(APP_PAGE, 'POST')).status).toBe(405));
