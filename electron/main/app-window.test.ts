import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../test/kit/fake-clock.ts';
import { AppWindow } from './app-window.ts';
import { readPlace } from './window-place.ts';

class FakePage extends EventEmitter {
  loads = 0;
  crashed = 0;
  reload(): void {
    this.loads += 1;
  }
  forcefullyCrashRenderer(): void {
    this.crashed += 1;
    this.emit('render-process-gone', {}, { reason: 'killed', exitCode: 9 });
  }
}

class FakeWindow extends EventEmitter {
  readonly webContents = new FakePage();
  readonly options: BrowserWindowConstructorOptions;
  state = { shown: false, focused: false, minimised: false, maximised: false, destroyed: false };
  constructor(options: BrowserWindowConstructorOptions) {
    super();
    this.options = options;
  }
  async loadURL(): Promise<void> {
    this.webContents.loads += 1;
  }
  show(): void {
    this.state.shown = true;
  }
  focus(): void {
    this.state.focused = true;
  }
  hide(): void {
    this.state = { ...this.state, shown: false, focused: false };
    this.emit('hide');
  }
  restore(): void {
    this.state.minimised = false;
  }
  maximize(): void {
    this.state = { ...this.state, maximised: true, shown: true };
  }
  isMinimized = (): boolean => this.state.minimised;
  isMaximized = (): boolean => this.state.maximised;
  isDestroyed = (): boolean => this.state.destroyed;
  getNormalBounds = () => ({ x: 10, y: 20, width: 900, height: 700 });
  close(): boolean {
    let isPrevented = false;
    this.emit('close', { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.destroy();
    return !isPrevented;
  }
  destroy(): void {
    this.state.destroyed = true;
    this.emit('closed');
  }
}

let folder = '';
let clock: FakeClock;
let windows: FakeWindow[] = [];
let canHide = true;
let isQuitting = false;
let appWindow: AppWindow;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'landline-window-'));
  clock = createFakeClock();
  windows = [];
  canHide = true;
  isQuitting = false;
  appWindow = new AppWindow({
    makeWindow(options) {
      const window = new FakeWindow(options);
      windows.push(window);
      return window as unknown as BrowserWindow;
    },
    options: { title: 'Landline' },
    pageUrl: 'landline-app://bundle/',
    placePath: join(folder, 'window.json'),
    areas: () => [{ x: 0, y: 0, width: 1920, height: 1040 }],
    canHide: () => canHide,
    isQuitting: () => isQuitting,
    onMade: () => undefined,
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const shown = (): FakeWindow => {
  appWindow.show();
  const window = windows.at(-1)!;
  window.emit('ready-to-show');
  return window;
};
const gone = (window: FakeWindow, reason = 'crashed'): void =>
  void window.webContents.emit('render-process-gone', {}, { reason, exitCode: 11 });

test('a window is made hidden and shown when its page has drawn', () => {
  appWindow.show();
  const window = windows[0]!;
  expect(window.options).toMatchObject({ show: false, width: 1180, height: 780, minWidth: 480 });
  appWindow.show();
  expect(window.state.shown).toBe(false);
  window.emit('ready-to-show');
  expect(window.state).toMatchObject({ shown: true, focused: true });
  expect(windows).toHaveLength(1);
});

test('a page that draws nothing is shown all the same', () => {
  appWindow.show();
  clock.advance(3_000);
  expect(windows[0]?.state.shown).toBe(true);
});

test('closing hides while something can bring it back', () => {
  const window = shown();
  expect(window.close()).toBe(false);
  expect(window.state).toMatchObject({ shown: false, destroyed: false });
  appWindow.show();
  expect(window.state).toMatchObject({ shown: true, focused: true });
});

test('closing closes when the app quits, or nothing could bring it back', () => {
  isQuitting = true;
  expect(shown().close()).toBe(true);
  expect(appWindow.current).toBeUndefined();
  [isQuitting, canHide] = [false, false];
  expect(shown().close()).toBe(true);
  expect(windows).toHaveLength(2);
});

test('a minimised window comes up', () => {
  const window = shown();
  window.state.minimised = true;
  appWindow.show();
  expect(window.state).toMatchObject({ minimised: false, focused: true });
});

test('the place is remembered, and maximised comes after drawing', () => {
  const window = shown();
  window.state.maximised = true;
  window.emit('maximize');
  expect(readPlace(join(folder, 'window.json'))).toEqual({
    x: 10,
    y: 20,
    width: 900,
    height: 700,
    isMaximised: true,
  });
  isQuitting = true;
  window.close();
  appWindow.show();
  expect(windows[1]?.options).toMatchObject({ x: 10, y: 20, width: 900, height: 700 });
  expect(windows[1]?.state.shown).toBe(false);
  windows[1]?.emit('ready-to-show');
  expect(windows[1]?.state.maximised).toBe(true);
});

test('a file of places that is broken is no hindrance', () => {
  writeFileSync(join(folder, 'window.json'), '{"x":');
  expect(shown().options).toMatchObject({ width: 1180, height: 780 });
});

test('a page that crashed is loaded again', () => {
  const window = shown();
  gone(window);
  clock.advance(0);
  expect(window.webContents.loads).toBe(2);
});

test('a page that keeps crashing is loaded again ever more calmly', () => {
  const window = shown();
  for (let crash = 0; crash < 4; crash += 1) {
    gone(window);
    clock.advance(0);
  }
  expect(window.webContents.loads).toBe(4);
  clock.advance(9_999);
  expect(window.webContents.loads).toBe(4);
  clock.advance(1);
  expect(window.webContents.loads).toBe(5);
  clock.advance(60_000);
  gone(window);
  clock.advance(0);
  expect(window.webContents.loads).toBe(6);
});

test('a page that was closed cleanly is not', () => {
  const window = shown();
  gone(window, 'clean-exit');
  clock.advance(60_000);
  expect(window.webContents.loads).toBe(1);
});

test('a page that hangs is ended and loaded again; one that recovers is left alone', () => {
  const window = shown();
  window.emit('unresponsive');
  clock.advance(10_000);
  window.emit('responsive');
  clock.advance(60_000);
  expect(window.webContents.crashed).toBe(0);
  window.emit('unresponsive');
  clock.advance(15_000);
  expect(window.webContents).toMatchObject({ crashed: 1, loads: 2 });
});

test('a window that is gone is reloaded by nobody', () => {
  const window = shown();
  gone(window);
  window.destroy();
  clock.advance(60_000);
  expect(window.webContents.loads).toBe(1);
  appWindow.dispose();
  expect(clock.pending).toBe(0);
});
