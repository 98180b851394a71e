import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeOnDisplays, readPlace, writePlace } from './window-place.ts';

const MAIN = { x: 0, y: 0, width: 1920, height: 1040 };
const LEFT = { x: -1280, y: 0, width: 1280, height: 1024 };
const USUAL = { bounds: { width: 1180, height: 780 }, isMaximised: false };
const was = { x: 100, y: 80, width: 900, height: 700, isMaximised: false };

test('a window opens where it was', () => {
  expect(placeOnDisplays(was, [MAIN])).toEqual({
    bounds: { x: 100, y: 80, width: 900, height: 700 },
    isMaximised: false,
  });
  expect(placeOnDisplays({ ...was, x: -1200 }, [MAIN, LEFT]).bounds).toMatchObject({ x: -1200 });
});

test('a maximised one opens maximised, with its place for later', () => {
  expect(placeOnDisplays({ ...was, isMaximised: true }, [MAIN])).toMatchObject({
    bounds: { x: 100 },
    isMaximised: true,
  });
});

test.each<[string, object]>([
  ['on a display that is gone', { ...was, x: -1200 }],
  ['far away', { ...was, x: 90_000, y: 90_000 }],
  ['with its title bar above the screen', { ...was, y: -60 }],
  ['with a sliver on the screen', { ...was, x: 1900 }],
  ['larger than its screen', { ...was, x: 0, y: 0, width: 3000 }],
  ['too small to use', { ...was, width: 10, height: 10 }],
])('a window that was %s opens in the middle of the main one', (_where, remembered) => {
  expect(placeOnDisplays(remembered, [MAIN])).toEqual(USUAL);
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['text', 'x'],
  ['a list', []],
  ['numbers that are none', { ...was, x: NaN }],
  ['infinite numbers', { ...was, width: 1e308 }],
  ['half of it', { x: 1, y: 2 }],
])('%s where the place should be is as no place', (_what, remembered) =>
  expect(placeOnDisplays(remembered, [MAIN])).toEqual(USUAL),
);

test('on a small screen the usual size is the size of the screen, not less than can be used', () => {
  expect(placeOnDisplays(undefined, [{ x: 0, y: 0, width: 1024, height: 600 }]).bounds).toEqual({
    width: 1024,
    height: 600,
  });
  expect(placeOnDisplays(undefined, [{ x: 0, y: 0, width: 320, height: 200 }]).bounds).toEqual({
    width: 480,
    height: 400,
  });
  expect(placeOnDisplays(undefined, [])).toEqual(USUAL);
});

test('what is written is read back, and a broken file is as none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'landline-place-'));
  const path = join(folder, 'window.json');
  expect(readPlace(path)).toBeUndefined();
  writePlace(path, { x: 1, y: 2, width: 800, height: 600 }, true);
  expect(readPlace(path)).toEqual({ x: 1, y: 2, width: 800, height: 600, isMaximised: true });
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 10));
  expect(readPlace(path)).toBeUndefined();
  rmSync(folder, { recursive: true });
  expect(() => writePlace('/dev/null/x', { x: 1, y: 2, width: 3, height: 4 }, false)).not.toThrow();
});
