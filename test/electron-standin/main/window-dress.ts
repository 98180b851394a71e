/** What a window manager shows of a window besides its page: title, colours, marks on the taskbar. Kept, or told to the harness. */
import type { Tell } from './notes.ts';
import { StrictEmitter, createEvent } from './strict.ts';

export interface Dress {
  readonly title: string;
  readonly background: string;
  readonly isOnTop: boolean;
  readonly hasMenuBar: boolean;
}

export abstract class DressedWindow extends StrictEmitter {
  readonly #tell: Tell;
  #title: string;
  #background: string;
  #isOnTop: boolean;
  #hasMenuBar: boolean;

  constructor(tell: Tell, { title, background, isOnTop, hasMenuBar }: Dress) {
    super();
    this.#tell = tell;
    this.#title = title;
    this.#background = background;
    this.#isOnTop = isOnTop;
    this.#hasMenuBar = hasMenuBar;
  }

  isAlwaysOnTop(): boolean {
    return this.#isOnTop;
  }

  setAlwaysOnTop(flag: boolean): void {
    this.#isOnTop = flag;
    this.emit('always-on-top-changed', createEvent({}), flag);
  }

  setTitle(title: string): void {
    this.#title = title;
  }

  getTitle(): string {
    return this.#title;
  }

  flashFrame(on: boolean): void {
    this.#tell('flash', { on });
  }

  setOverlayIcon(_overlay: Electron.NativeImage | null, description: string): void {
    this.#tell('overlay', { description });
  }

  setProgressBar(progress: number): void {
    this.#tell('progress', { progress });
  }

  setBackgroundColor(color: string): void {
    this.#background = color;
  }

  getBackgroundColor(): string {
    return this.#background;
  }

  // What only a desktop's window manager would show, and nothing reads back.
  setMenu(_menu: Electron.Menu | null): void {}
  removeMenu(): void {}
  setAutoHideMenuBar(_hide: boolean): void {}
  setIcon(_icon: Electron.NativeImage | string): void {}
  setTitleBarOverlay(_options: Electron.TitleBarOverlayOptions): void {}
  setSkipTaskbar(_skip: boolean): void {}
  moveTop(): void {}

  setMenuBarVisibility(visible: boolean): void {
    this.#hasMenuBar = visible;
  }

  isMenuBarVisible(): boolean {
    return this.#hasMenuBar;
  }
}
