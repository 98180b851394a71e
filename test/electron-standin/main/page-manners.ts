/** Settings of a page that are kept and told back, and change nothing a headless page could show. */
import type { Tell } from './notes.ts';
import { StrictEmitter } from './strict.ts';

const ZOOM_STEP = 1.2;

export abstract class PageManners extends StrictEmitter {
  readonly #tell: Tell;
  #zoomFactor = 1;
  #isMuted = false;
  #throttles = true;
  #hasDevTools = false;

  constructor(tell: Tell) {
    super();
    this.#tell = tell;
  }

  openDevTools(): void {
    this.#hasDevTools = true;
    this.#tell('devtools', { open: true });
  }

  closeDevTools(): void {
    this.#hasDevTools = false;
    this.#tell('devtools', { open: false });
  }

  toggleDevTools(): void {
    if (this.#hasDevTools) this.closeDevTools();
    else this.openDevTools();
  }

  isDevToolsOpened(): boolean {
    return this.#hasDevTools;
  }

  /** Kept and told back, not shown: the layout of the page does not change. */
  setZoomFactor(factor: number): void {
    this.#zoomFactor = factor;
  }

  getZoomFactor(): number {
    return this.#zoomFactor;
  }

  setZoomLevel(level: number): void {
    this.#zoomFactor = ZOOM_STEP ** level;
  }

  getZoomLevel(): number {
    return Math.log(this.#zoomFactor) / Math.log(ZOOM_STEP);
  }

  async setVisualZoomLevelLimits(): Promise<void> {}

  setBackgroundThrottling(allowed: boolean): void {
    this.#throttles = allowed;
  }

  getBackgroundThrottling(): boolean {
    return this.#throttles;
  }

  setAudioMuted(muted: boolean): void {
    this.#isMuted = muted;
  }

  isAudioMuted(): boolean {
    return this.#isMuted;
  }
}
