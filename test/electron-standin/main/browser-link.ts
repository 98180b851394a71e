/**
 * The stand-in's hold on Chromium: its own, or one that several stand-in apps share (`STANDIN_CDP`), in which each has a browser
 * context of its own that vanishes with it. Opens and closes targets; what happens inside one is `page-link.ts`.
 */
import { Cdp } from '../browser/cdp.ts';
import type { CdpSession } from '../browser/cdp.ts';
import { startChromium } from '../browser/chromium.ts';
import type { Chromium } from '../browser/chromium.ts';
import type { Tell } from './notes.ts';

export interface BrowserLinkParts {
  readonly env: NodeJS.ProcessEnv;
  readonly tell: Tell;
  /** Chromium went away although nobody ended it. */
  readonly lost: () => void;
}

export interface TargetSize {
  readonly width: number;
  readonly height: number;
}

export class BrowserLink {
  readonly #parts: BrowserLinkParts;
  #cdp: Cdp | undefined;
  #chromium: Chromium | undefined;
  #ending = false;
  /** Absent in a Chromium of one's own, where targets live in the default context. */
  contextId: string | undefined;
  chromeVersion = '';

  constructor(parts: BrowserLinkParts) {
    this.#parts = parts;
  }

  /** @param profile  folder for a Chromium of one's own */
  async open(profile: string): Promise<void> {
    const { env, tell } = this.#parts;
    const shared = env['STANDIN_CDP'];
    if (shared === undefined) this.#chromium = await startChromium({ profile, env });
    const endpoint = shared ?? this.#chromium?.endpoint ?? '';
    this.#cdp = await Cdp.connect(endpoint, () => {
      if (!this.#ending) this.#parts.lost();
    });
    const { product } = await this.root.send('Browser.getVersion');
    this.chromeVersion = product.split('/')[1] ?? '';
    if (shared !== undefined) {
      const { browserContextId } = await this.root.send('Target.createBrowserContext', {
        disposeOnDetach: true,
      });
      this.contextId = browserContextId;
    }
    await this.root.send('Target.setDiscoverTargets', { discover: true });
    tell('browser', { endpoint, pid: this.#chromium?.pid });
  }

  get root(): CdpSession {
    if (this.#cdp === undefined)
      throw new Error('stand-in: Chromium is not up yet (is the app ready?)');
    return this.#cdp.root;
  }

  async createTarget({
    width,
    height,
  }: TargetSize): Promise<{ readonly targetId: string; readonly session: CdpSession }> {
    const { targetId } = await this.root.send('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      width,
      height,
      ...(this.contextId === undefined ? {} : { browserContextId: this.contextId }),
    });
    const { sessionId } = await this.root.send('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    return { targetId, session: this.session(sessionId) };
  }

  session(sessionId: string): CdpSession {
    if (this.#cdp === undefined) throw new Error('stand-in: Chromium is not up');
    return this.#cdp.session(sessionId);
  }

  /** Resolves when the target is gone, however it went. */
  whenGone(targetId: string): Promise<void> {
    return new Promise((resolve) => {
      this.root.on('Target.targetDestroyed', (gone) => {
        if (gone.targetId === targetId) resolve();
      });
    });
  }

  /** Lets go at once: a Chromium of one's own is killed, a shared one loses this app's context. */
  async end(): Promise<void> {
    this.#ending = true;
    this.#cdp?.close();
    await this.#chromium?.kill();
  }
}
