/**
 * One Chromium target as a window of the app: runs the preload in a world of its own before any script of the page, carries texts
 * between main and that world, and holds what main says about screen and focus, theme, language and user agent. It knows nothing
 * of Electron's events; `web-contents.ts` turns what it reports into them.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import type { CdpSession } from '../browser/cdp.ts';
import { pageScript, preloadScript, presenceScript } from '../page/document-scripts.ts';
import type { Presence } from '../page/page-world.ts';
import type { RendererProcess, ToMain, ToPage } from '../page/preload-world.ts';
import type { BrowserLink, TargetSize } from './browser-link.ts';

const WORLD = 'standin-preload';
const BINDING = 'standinToMain';

export interface PageLinkParts {
  readonly link: BrowserLink;
  readonly size: TargetSize;
  readonly preload: string;
  readonly about: RendererProcess;
  readonly locale: string;
  readonly languages: readonly string[];
  readonly isDark: boolean;
  readonly presence: Presence;
  readonly received: (message: ToMain, documentId: number) => void;
}

/** The preload's source.
 *  @throws SyntaxError  it is not CommonJS: Electron cannot run an ES module in a sandbox either */
export function readPreload(path: string | undefined): string {
  if (path === undefined) return '';
  const source = readFileSync(path, 'utf8');
  new Script(`(function (exports, require, module, process) {${source}\n})`, { filename: path });
  return source;
}

export class PageLink {
  readonly session: CdpSession;
  readonly targetId: string;
  readonly #parts: PageLinkParts;
  readonly #secret = randomBytes(16).toString('hex');
  /** The preload's world of the document now shown; its id changes with every document. */
  #world: number | undefined;
  #presence: Presence;
  /** The last change to the script that tells new documents; changes are made one after another. */
  #presenceScript: Promise<string | undefined> = Promise.resolve(undefined);

  private constructor(parts: PageLinkParts, targetId: string, session: CdpSession) {
    this.#parts = parts;
    this.#presence = parts.presence;
    this.targetId = targetId;
    this.session = session;
  }

  static async open(parts: PageLinkParts): Promise<PageLink> {
    const { targetId, session } = await parts.link.createTarget(parts.size);
    const page = new PageLink(parts, targetId, session);
    await page.#prepare();
    return page;
  }

  get hasDocument(): boolean {
    return this.#world !== undefined;
  }

  /** Whether the document a message came from is still the one shown. */
  isCurrent(documentId: number): boolean {
    return documentId === this.#world;
  }

  /** To the preload of the document now shown; lost when there is none, as in Electron. */
  toPage(message: ToPage): void {
    if (this.#world === undefined) return;
    this.session
      .send('Runtime.callFunctionOn', {
        executionContextId: this.#world,
        functionDeclaration: 'function (text) { globalThis.standinToPage(text); }',
        arguments: [{ value: JSON.stringify(message) }],
        silent: true,
      })
      .catch(() => undefined);
  }

  async setPresence(presence: Presence): Promise<void> {
    this.#presence = presence;
    this.toPage({ op: 'presence', presence });
    await this.#renewPresenceScript();
  }

  async setDark(isDark: boolean): Promise<void> {
    await this.session.send('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }],
    });
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as unknown;
  }

  async #prepare(): Promise<void> {
    const { session } = this;
    const { about, preload, received, isDark, locale, languages, link } = this.#parts;
    session.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING) received(JSON.parse(payload) as ToMain, executionContextId);
    });
    session.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = (context.auxData ?? {}) as { readonly frameId?: string };
      if (context.name !== WORLD || frameId !== this.targetId) return;
      this.#world = context.id;
      this.toPage({ op: 'presence', presence: this.#presence });
    });
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === this.#world) this.#world = undefined;
    });
    session.on('Runtime.executionContextsCleared', () => {
      this.#world = undefined;
    });
    const { userAgent } = await link.root.send('Browser.getVersion');
    await Promise.all([
      session.send('Page.enable'),
      session.send('Page.setLifecycleEventsEnabled', { enabled: true }),
      session.send('Runtime.enable'),
      session.send('Inspector.enable'),
      session.send('Runtime.addBinding', { name: BINDING, executionContextName: WORLD }),
      session.send('Page.addScriptToEvaluateOnNewDocument', { source: pageScript(this.#secret) }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        worldName: WORLD,
        source: preloadScript(this.#secret, about, preload),
      }),
      this.#renewPresenceScript(),
      this.setDark(isDark),
      // Chromium thinks every window is in front, so that none is throttled; what main says goes to the page as presence.
      session.send('Emulation.setFocusEmulationEnabled', { enabled: true }),
      session.send('Emulation.setUserAgentOverride', {
        userAgent: userAgent
          .replace('HeadlessChrome', 'Chrome')
          .replace('Safari', `Electron/${about.versions['electron'] ?? ''} Safari`),
        acceptLanguage: languages.join(','),
      }),
      // A second window in the same process is refused: the first one's language already holds there.
      session.send('Emulation.setLocaleOverride', { locale }).catch(() => undefined),
    ]);
    await this.#fitContent();
  }

  /** A document that loads later starts with the presence of then, not of now. */
  async #renewPresenceScript(): Promise<void> {
    const source = presenceScript(this.#secret, this.#presence);
    this.#presenceScript = this.#presenceScript.then(async (before) => {
      const { identifier } = await this.session.send('Page.addScriptToEvaluateOnNewDocument', {
        source,
      });
      if (before !== undefined)
        await this.session.send('Page.removeScriptToEvaluateOnNewDocument', { identifier: before });
      return identifier;
    });
    await this.#presenceScript;
  }

  /** Sets the size of the page; the headless window's own frame comes on top of it. */
  async resize({ width, height }: TargetSize): Promise<void> {
    const { windowId } = await this.#parts.link.root.send('Browser.getWindowForTarget', {
      targetId: this.targetId,
    });
    const frame = (await this.evaluate(
      '({ width: outerWidth - innerWidth, height: outerHeight - innerHeight })',
    )) as TargetSize;
    await this.#parts.link.root.send('Browser.setWindowBounds', {
      windowId,
      bounds: { width: width + frame.width, height: height + frame.height },
    });
  }

  async #fitContent(): Promise<void> {
    await this.resize(this.#parts.size);
  }
}
