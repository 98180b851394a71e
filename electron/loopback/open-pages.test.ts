import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { createOpenPages, OPEN_PAGE_MS, type OpenPages } from './open-pages.ts';

const TICKET = 'a_ticket-of-a-test_0123456789ab';
const ADDRESS = `http://127.0.0.1:4711/#t=${TICKET}`;

let home: string;
let folder: string;
let clock: FakeClock;
let unused: number;
let pages: OpenPages;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'landline-open-'));
  folder = join(home, 'open');
  clock = createFakeClock();
  unused = 0;
  pages = createOpenPages({ folder, clock, onUnused: () => void unused++ });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a page leads to its address, and only its owner can read it or find it', () => {
  const path = pages.write(ADDRESS);
  expect(path).not.toContain(TICKET);
  expect(readFileSync(path, 'utf8')).toContain(`content="0;url=${ADDRESS}"`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a folder that was open to others is closed to them', () => {
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  pages.write(ADDRESS);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a link in the place of the folder is not followed', () => {
  mkdirSync(join(home, 'elsewhere'));
  symlinkSync(join(home, 'elsewhere'), folder);
  expect(() => pages.write(ADDRESS)).toThrow('another account');
  expect(readdirSync(join(home, 'elsewhere'))).toEqual([]);
});

test('a page goes when its ticket is used, though another process wrote it', () => {
  const path = createOpenPages({ folder, clock, onUnused: () => undefined }).write(ADDRESS);
  pages.watch(ADDRESS);
  pages.used(TICKET);
  expect(existsSync(path)).toBe(false);
  clock.advance(OPEN_PAGE_MS);
  expect(unused).toBe(0);
});

test('a page that nobody opens goes after its time, and that is reported', () => {
  const path = pages.write(ADDRESS);
  pages.watch(ADDRESS);
  clock.advance(OPEN_PAGE_MS - 1);
  expect(existsSync(path)).toBe(true);
  clock.advance(1);
  expect([existsSync(path), unused]).toEqual([false, 1]);
});

test('an address that was only printed has no page to miss', () => {
  pages.watch(ADDRESS);
  clock.advance(OPEN_PAGE_MS);
  expect(unused).toBe(0);
});

test('what a killed host left is cleared', () => {
  pages.write(ADDRESS);
  pages.clear();
  expect(existsSync(folder)).toBe(false);
  pages.clear();
});

test.each(['http://evil.example/#t=x', `${ADDRESS}"><script>`, 'http://127.0.0.1:1/', ''])(
  'no page is written for %j',
  (address) => {
    expect(() => pages.write(address)).toThrow();
    expect(existsSync(folder)).toBe(false);
  },
);
