/**
 * The one window. It is made when first wanted, hides instead of closing while something else (tray, dock) can bring it back,
 * remembers its place, and when its page crashes or hangs loads the page again: everything the page knows is in the core.
 */
import type {
  BrowserWindow,
  BrowserWindowConstructorOptions,
  Rectangle,
  WebContents,
} from 'electron';
import type { Clock, Log } from '../core/ports.ts';
import { MINIMUM, placeOnDisplays, readPlace, writePlace } from './window-place.ts';

export interface AppWindowParts {
  readonly makeWindow: (options: BrowserWindowConstructorOptions) => BrowserWindow;
  readonly options: BrowserWindowConstructorOptions;
  readonly pageUrl: string;
  readonly placePath: string;
  /** The work areas of the displays, the main one first. */
  readonly areas: () => readonly Rectangle[];
  /** Whether a closed window can be brought back: a tray or a dock is there. */
  readonly canHide: () => boolean;
  readonly isQuitting: () => boolean;
  readonly onMade: (window: BrowserWindow) => void;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly log: Log;
}

/** A page that has drawn nothing by then is shown as it is. */
const DRAW_LIMIT_MS = 3_000;
/** A page that hangs this long after the system noticed is ended. */
const HANG_LIMIT_MS = 15_000;
/** Crashes closer together than this are one illness, and the next reload waits. */
const CRASH_WINDOW_MS = 60_000;
const CRASHES_AT_ONCE = 3;
const CRASH_REST_MS = 10_000;

export class AppWindow {
  readonly #parts: AppWindowParts;
  #window: BrowserWindow | undefined;
  #isDrawn = false;
  #crashes: readonly number[] = [];
  readonly #cancels = new Set<() => void>();

  constructor(parts: AppWindowParts) {
    this.#parts = parts;
  }

  get current(): BrowserWindow | undefined {
    return this.#window;
  }

  get page(): WebContents | undefined {
    return this.#window?.webContents;
  }

  /** Brings the window up and to the front: from hidden, minimised, or none. */
  show(): void {
    if (this.#window === undefined) this.#make();
    else if (this.#isDrawn) this.#reveal(this.#window);
  }

  isOurs(contents: WebContents | null): boolean {
    return contents !== null && contents === this.page;
  }

  dispose(): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.#window?.destroy();
  }

  #make(): BrowserWindow {
    const { makeWindow, options, placePath, areas, onMade, pageUrl, log } = this.#parts;
    const place = placeOnDisplays(readPlace(placePath), areas());
    const window = makeWindow({ ...options, ...MINIMUM, ...place.bounds, show: false });
    this.#window = window;
    this.#revealWhenDrawn(window, place.isMaximised);
    this.#keepPlace(window);
    this.#keepAlive(window);
    window.on('close', (event) => {
      if (this.#parts.isQuitting() || !this.#parts.canHide()) return;
      event.preventDefault();
      window.hide();
    });
    window.on('closed', () => {
      if (this.#window === window) this.#window = undefined;
    });
    onMade(window);
    window.loadURL(pageUrl).catch((error: unknown) => log.error('window.load-failed', { error }));
    return window;
  }

  /** An empty frame on the screen is worse than a frame that comes a moment later. */
  #revealWhenDrawn(window: BrowserWindow, isMaximised: boolean): void {
    this.#isDrawn = false;
    const once = (): void => {
      if (this.#isDrawn || window.isDestroyed()) return;
      this.#isDrawn = true;
      cancel();
      // Not before: maximising shows a window that is hidden.
      if (isMaximised) window.maximize();
      this.#reveal(window);
    };
    const cancel = this.#after(DRAW_LIMIT_MS, once);
    window.once('ready-to-show', once);
  }

  #reveal(window: BrowserWindow): void {
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  #keepPlace(window: BrowserWindow): void {
    const write = (): void =>
      writePlace(this.#parts.placePath, window.getNormalBounds(), window.isMaximized());
    for (const moment of ['resized', 'moved', 'maximize', 'unmaximize', 'hide', 'close'] as const) {
      // The events' types are overloads, which a loop cannot choose from.
      (window.on as (name: string, listener: () => void) => unknown).call(window, moment, write);
    }
  }

  #keepAlive(window: BrowserWindow): void {
    const { log } = this.#parts;
    const contents = window.webContents;
    contents.on('render-process-gone', (_event, { reason, exitCode }) => {
      log.error('window.page-gone', { reason, exitCode });
      if (reason !== 'clean-exit') this.#reloadAfterCrash(window);
    });
    let cancelHang = (): void => undefined;
    window.on('unresponsive', () => {
      log.warn('window.hangs');
      cancelHang();
      cancelHang = this.#after(HANG_LIMIT_MS, () => {
        // Ends in `render-process-gone`, and so in a fresh page.
        if (!window.isDestroyed()) contents.forcefullyCrashRenderer();
      });
    });
    window.on('responsive', () => cancelHang());
  }

  #reloadAfterCrash(window: BrowserWindow): void {
    const now = this.#parts.clock.monotonic();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    const restMs = this.#crashes.length > CRASHES_AT_ONCE ? CRASH_REST_MS : 0;
    this.#after(restMs, () => {
      if (!window.isDestroyed()) window.webContents.reload();
    });
  }

  #after(ms: number, run: () => void): () => void {
    const cancel = this.#parts.clock.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
    return cancel;
  }
}
