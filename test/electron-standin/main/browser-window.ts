/**
 * `BrowserWindow`: size and state as a desktop would keep them. Screen, focus and stacking exist only here (a headless page is
 * always in front); the page hears of them as presence, the harness as notes. What happens inside is `web-contents.ts`.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Presence } from '../page/page-world.ts';
import type { App } from './app.ts';
import type { Tell } from './notes.ts';
import { createEvent } from './strict.ts';
import { WINDOW_EVENTS } from './surface.ts';
import type { WindowMembers } from './surface.ts';
import { WebContents } from './web-contents.ts';
import type { WebContentsParts } from './web-contents.ts';
import { DressedWindow } from './window-dress.ts';
import type { ListedWindow, WindowRegistry } from './window-registry.ts';

export interface WindowParts extends WebContentsParts {
  readonly app: App;
  readonly tell: Tell;
  readonly windows: WindowRegistry<StandinWindow>;
}

interface State {
  readonly shown: boolean;
  readonly focused: boolean;
  readonly minimized: boolean;
  readonly maximized: boolean;
  readonly fullScreen: boolean;
}

const DEFAULT_SIZE = { width: 800, height: 600 };

export class StandinWindow
  extends DressedWindow
  implements ListedWindow, Pick<Electron.BrowserWindow, WindowMembers>
{
  readonly id: number;
  readonly webContents: WebContents;
  readonly #parts: WindowParts;
  #state: State = {
    shown: false,
    focused: false,
    minimized: false,
    maximized: false,
    fullScreen: false,
  };
  #normal: Electron.Rectangle;
  #minimum: readonly [number, number];
  #isDestroyed = false;
  #hasPainted = false;
  /** A window that was never on screen still counts as visible to its page, as in Electron (`paintWhenInitiallyHidden`). */
  #wasHidden = false;

  constructor(parts: WindowParts, options: Electron.BrowserWindowConstructorOptions = {}) {
    const { app, windows, tell } = parts;
    super(tell, {
      title: options.title ?? app.name,
      background: options.backgroundColor ?? '#FFFFFF',
      isOnTop: options.alwaysOnTop ?? false,
      hasMenuBar: !(options.autoHideMenuBar ?? false),
    });
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    this.#parts = parts;
    const { width, height } = { ...DEFAULT_SIZE, ...options };
    this.#normal = { x: options.x ?? 0, y: options.y ?? 0, width, height };
    this.#minimum = [options.minWidth ?? 0, options.minHeight ?? 0];
    this.id = windows.nextId();
    const host = {
      windowId: this.id,
      size: { width, height },
      presence: this.#presence,
      isFocused: () => this.isFocused(),
      focus: () => this.focus(),
      firstPaint: () => this.#paint(),
      titled: (title: string) => this.#pageTitled(title),
    };
    this.webContents = new WebContents(parts, host, options.webPreferences ?? {});
    windows.add(this);
    app.emit('browser-window-created', createEvent({}), this);
    app.emit('web-contents-created', createEvent({}), this.webContents);
    if (options.show !== false) this.show();
  }

  protected override get raises(): readonly string[] {
    return WINDOW_EVENTS;
  }

  get #presence(): Presence {
    const { shown, focused, minimized } = this.#state;
    return { visible: !minimized && (shown || !this.#wasHidden), focused };
  }

  #change(next: Partial<State>, event: string): void {
    this.#state = { ...this.#state, ...next };
    this.webContents.setPresence(this.#presence);
    this.#parts.tell('window-state', { id: this.id, event });
    this.emit(event, createEvent({}));
  }

  #paint(): void {
    if (this.#hasPainted || this.#isDestroyed) return;
    this.#hasPainted = true;
    this.emit('ready-to-show', createEvent({}));
  }

  #pageTitled(title: string): void {
    const event = createEvent({});
    this.emit('page-title-updated', event, title, true);
    if (!event.defaultPrevented) this.setTitle(title);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  loadFile(
    path: string,
    { query = {}, search, hash }: Electron.LoadFileOptions = {},
  ): Promise<void> {
    const url = pathToFileURL(resolve(this.#parts.app.getAppPath(), path));
    if (search !== undefined) url.search = search;
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    if (hash !== undefined) url.hash = hash;
    return this.loadURL(url.href);
  }

  show(): void {
    this.showInactive();
    this.focus();
  }

  showInactive(): void {
    if (this.#isDestroyed) return;
    if (this.#state.minimized) this.#change({ minimized: false }, 'restore');
    if (!this.#state.shown) this.#change({ shown: true }, 'show');
  }

  hide(): void {
    if (this.#isDestroyed || !this.#state.shown) return;
    this.blur();
    this.#wasHidden = true;
    this.#change({ shown: false }, 'hide');
  }

  focus(): void {
    if (this.#isDestroyed || !this.#state.shown || this.#state.minimized || this.#state.focused)
      return;
    for (const other of this.#parts.windows.all()) if (other !== this) other.blur();
    this.#change({ focused: true }, 'focus');
    this.webContents.emit('focus', createEvent({}));
    this.#parts.app.emit('browser-window-focus', createEvent({}), this);
  }

  blur(): void {
    if (!this.#state.focused) return;
    this.#change({ focused: false }, 'blur');
    this.webContents.emit('blur', createEvent({}));
    this.#parts.app.emit('browser-window-blur', createEvent({}), this);
  }

  minimize(): void {
    if (this.#isDestroyed || this.#state.minimized) return;
    this.blur();
    this.#change({ minimized: true }, 'minimize');
  }

  restore(): void {
    if (this.#isDestroyed || !this.#state.minimized) return;
    this.#change({ minimized: false }, 'restore');
    this.focus();
  }

  maximize(): void {
    if (this.#isDestroyed || this.#state.maximized) return;
    this.#change({ maximized: true, shown: true }, 'maximize');
  }

  unmaximize(): void {
    if (this.#isDestroyed || !this.#state.maximized) return;
    this.#change({ maximized: false }, 'unmaximize');
  }

  setFullScreen(fullScreen: boolean): void {
    if (this.#isDestroyed || this.#state.fullScreen === fullScreen) return;
    this.#change({ fullScreen }, fullScreen ? 'enter-full-screen' : 'leave-full-screen');
  }

  close(): void {
    void this.closeAsUser();
  }

  async closeAsUser(): Promise<boolean> {
    if (this.#isDestroyed) return true;
    const event = createEvent({});
    this.emit('close', event);
    if (event.defaultPrevented) return false;
    // A listener may have called destroy().
    if (!this.isDestroyed() && !(await this.webContents.closePage())) return false;
    this.destroy();
    return true;
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    const { windows, app, tell } = this.#parts;
    this.#isDestroyed = true;
    this.#state = { ...this.#state, focused: false, shown: false };
    windows.remove(this);
    this.webContents.destroyNow();
    this.emit('closed');
    tell('window-closed', { id: this.id });
    if (windows.all().length === 0 && !app.isQuitting) setImmediate(() => app.lastWindowClosed());
  }

  isVisible(): boolean {
    return this.#state.shown && !this.#state.minimized;
  }

  isFocused(): boolean {
    return this.#state.focused;
  }

  isMinimized(): boolean {
    return this.#state.minimized;
  }

  isMaximized(): boolean {
    return this.#state.maximized;
  }

  isNormal(): boolean {
    return !this.#state.minimized && !this.#state.maximized && !this.#state.fullScreen;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  isFullScreen(): boolean {
    return this.#state.fullScreen;
  }

  getNormalBounds(): Electron.Rectangle {
    return { ...this.#normal };
  }

  /** Maximised and full-screen windows fill the one display of `screen.ts`. */
  getBounds(): Electron.Rectangle {
    const { maximized, fullScreen } = this.#state;
    if (fullScreen) return { x: 0, y: 0, width: 1920, height: 1080 };
    return maximized ? { x: 0, y: 0, width: 1920, height: 1040 } : this.getNormalBounds();
  }

  getContentBounds(): Electron.Rectangle {
    return this.getBounds();
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    const before = this.#normal;
    const next = { ...before, ...bounds };
    const [minWidth, minHeight] = this.#minimum;
    this.#normal = {
      ...next,
      width: Math.max(next.width, minWidth),
      height: Math.max(next.height, minHeight),
    };
    const { x, y, width, height } = this.#normal;
    if (width !== before.width || height !== before.height) {
      this.webContents.resize({ width, height });
      for (const event of ['resize', 'resized']) this.emit(event, createEvent({}));
    }
    if (x !== before.x || y !== before.y)
      for (const event of ['move', 'moved']) this.emit(event, createEvent({}));
  }

  getSize(): [number, number] {
    const { width, height } = this.getBounds();
    return [width, height];
  }

  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }

  getPosition(): [number, number] {
    const { x, y } = this.getBounds();
    return [x, y];
  }

  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }

  getMinimumSize(): [number, number] {
    return [...this.#minimum];
  }

  setMinimumSize(width: number, height: number): void {
    this.#minimum = [width, height];
  }

  center(): void {
    const { width, height } = this.#normal;
    this.setBounds({ x: Math.round((1920 - width) / 2), y: Math.round((1040 - height) / 2) });
  }
}
