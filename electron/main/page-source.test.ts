import { expect, test } from 'vitest';
import { pageSource } from './page-source.ts';

const BUILT = { url: 'landline-app://bundle/', origin: 'landline-app://bundle', isBuilt: true };
const from = (url: string | undefined, isPackaged = false) =>
  pageSource({ isPackaged, env: url === undefined ? {} : { ELECTRON_RENDERER_URL: url } });

test('the page is the built one', () => expect(from(undefined)).toEqual(BUILT));

test("in development electron-vite's server on this computer may serve it", () => {
  expect(from('http://localhost:5173')).toEqual({
    url: 'http://localhost:5173/',
    origin: 'http://localhost:5173',
    isBuilt: false,
  });
});

test('an installed app looks at no variable', () =>
  expect(from('http://localhost:5173', true)).toEqual(BUILT));

test.each([
  'https://evil.example',
  'http://evil.example',
  'http://localhost.evil.example',
  'http://user@evil.example',
  'file:///etc/passwd',
  'javascript:1',
  '',
])('%j is no such server', (url) => expect(from(url)).toEqual(BUILT));
