/**
 * `webContents`: loading, navigation, messages and the events of one page. Refuses web preferences that would open the page to the
 * machine, and a `window.open` that main would allow: the app denies them all.
 */
import { readPreload, PageLink } from './page-link.ts';
import type { Presence } from '../page/page-world.ts';
import type { ToMain } from '../page/preload-world.ts';
import { createCodec } from '../page/codec.ts';
import type { BrowserLink, TargetSize } from './browser-link.ts';
import { createIpcCarrier } from './ipc-carrier.ts';
import { createIpcRegister } from './ipc-main.ts';
import type { IpcDoor, IpcRegister } from './ipc-main.ts';
import type { NativeImageMaker } from './native-image.ts';
import type { NativeTheme } from './native-theme.ts';
import { Network } from './network.ts';
import type { Tell } from './notes.ts';
import type { Schemes } from './schemes.ts';
import type { Session } from './session.ts';
import { PageLoads, isSamePage, loadFailure } from './page-loads.ts';
import { PageManners } from './page-manners.ts';
import { createEvent, notImplemented, strict } from './strict.ts';
import { CONTENTS_EVENTS } from './surface.ts';
import type { ContentsMembers } from './surface.ts';
import { createMainFrame } from './web-frame-main.ts';
import type { MainFrame } from './web-frame-main.ts';
import { watchPage } from './page-watch.ts';
import { refuseUnsafe } from './web-preferences.ts';

export interface WebContentsParts {
  readonly link: BrowserLink;
  readonly tell: Tell;
  readonly schemes: Schemes;
  readonly session: Session;
  readonly ipcMain: IpcRegister;
  readonly theme: NativeTheme;
  readonly images: NativeImageMaker;
  readonly locale: () => string;
  readonly languages: () => readonly string[];
  /** `app` hears of a page that died. */
  readonly processGone: (contents: WebContents, details: Electron.RenderProcessGoneDetails) => void;
}

/** What a page asks of the window it is in. */
export interface Host {
  readonly windowId: number;
  readonly size: TargetSize;
  readonly presence: Presence;
  readonly isFocused: () => boolean;
  readonly focus: () => void;
  readonly firstPaint: () => void;
  readonly titled: (title: string) => void;
}

type OpenHandler = (details: Electron.HandlerDetails) => { readonly action: 'allow' | 'deny' };

export class WebContents
  extends PageManners
  implements Pick<Electron.WebContents, ContentsMembers>
{
  readonly id: number;
  readonly #parts: WebContentsParts;
  readonly #host: Host;
  readonly #codec = createCodec();
  readonly #ipc = createIpcRegister('webContents.ipc');
  readonly #page: Promise<PageLink>;
  readonly #loads = new PageLoads();
  readonly mainFrame: MainFrame;
  #attached: PageLink | undefined;
  #openHandler: OpenHandler | undefined;
  #url = '';
  #title = '';
  #isLoading = false;
  #isDestroyed = false;
  #isCrashed = false;

  constructor(parts: WebContentsParts, host: Host, preferences: Electron.WebPreferences) {
    super(parts.tell);
    refuseUnsafe(preferences);
    this.id = host.windowId;
    this.#parts = parts;
    this.#host = host;
    this.mainFrame = createMainFrame({
      contentsId: this.id,
      url: () => this.getURL(),
      originOf: (url) => parts.schemes.originOf(url),
      isDestroyed: () => this.#isDestroyed,
    });
    this.#page = this.#attach(
      readPreload(preferences.preload),
      preferences.additionalArguments ?? [],
    );
    this.#page.catch((error: unknown) => {
      if (!this.#isDestroyed) console.error('stand-in:', error);
    });
  }

  protected override get raises(): readonly string[] {
    return CONTENTS_EVENTS;
  }

  async #attach(preload: string, additionalArguments: readonly string[]): Promise<PageLink> {
    const { link, theme, locale, languages, session, schemes } = this.#parts;
    const deliver = createIpcCarrier({
      registers: [this.#ipc, this.#parts.ipcMain],
      sender: () => ({ sender: this, senderFrame: this.mainFrame, frameId: 1, processId: this.id }),
      reply: (documentId, message) => {
        if (this.#attached?.isCurrent(documentId) === true) this.#attached.toPage(message);
      },
      sendTo: (channel, ...args) => this.send(channel, ...args),
      heard: (event, channel, args) => void this.emit('ipc-message', event, channel, ...args),
    });
    const received = (message: ToMain, documentId: number): void => {
      switch (message.op) {
        case 'open':
          this.#windowOpen(message.url, message.features, 'foreground-tab');
          return;
        case 'title':
          this.#retitle(message.title);
          return;
        case 'context-menu': {
          const pageURL = schemes.fromWire(message.params.pageURL);
          this.emit(
            'context-menu',
            createEvent({}),
            strict('the parameters of context-menu', {
              ...message.params,
              pageURL,
              frame: this.mainFrame,
            }),
          );
          return;
        }
        default:
          deliver(message, documentId);
      }
    };
    const versions = {
      node: process.versions.node,
      electron: process.versions['electron'] ?? '',
      chrome: link.chromeVersion,
    };
    const { platform, arch } = process;
    const page = await PageLink.open({
      link,
      size: this.#host.size,
      preload,
      about: {
        type: 'renderer',
        platform,
        arch,
        sandboxed: true,
        contextIsolated: true,
        versions,
        env: { ...process.env },
        argv: [process.execPath, ...additionalArguments],
      },
      locale: locale(),
      languages: languages(),
      isDark: theme.shouldUseDarkColors,
      presence: this.#host.presence,
      received,
    });
    this.#attached = page;
    theme.watch((isDark) => {
      if (!this.#isDestroyed) void page.setDark(isDark);
    });
    this.#watch(page);
    await new Network({
      session: page.session,
      mainFrameId: page.targetId,
      contentsId: this.id,
      schemes,
      webRequest: session.requestStages,
      mayNavigate: (url, wireUrl) =>
        this.#loads.takeExpected(wireUrl) || this.#mayNavigate(url, wireUrl),
      failed: (url, error) => {
        if (!this.#isDestroyed) console.error(`stand-in: ${url} failed:`, error);
      },
    }).start();
    this.#parts.tell('window', { id: this.#host.windowId, targetId: page.targetId });
    return page;
  }

  #watch(page: PageLink): void {
    const { link, tell, schemes } = this.#parts;
    watchPage({
      link,
      session: page.session,
      targetId: page.targetId,
      navigated: (wireUrl) => {
        this.#url = wireUrl;
        this.emit('did-navigate', createEvent({}), schemes.fromWire(wireUrl), 200, 'OK');
      },
      navigatedInPage: (wireUrl) => {
        this.#url = wireUrl;
        this.emit(
          'did-navigate-in-page',
          createEvent({}),
          schemes.fromWire(wireUrl),
          true,
          this.id,
          1,
        );
      },
      // Chromium does not fetch such a URL, so the network part never sees it.
      leaveForUnknownScheme: (url) => void this.#mayNavigate(url, url),
      opened: (url, disposition) => this.#windowOpen(url, '', disposition),
      domReady: () => void this.emit('dom-ready', createEvent({})),
      loaded: (loaderId) => {
        this.#isLoading = false;
        this.#loads.arrived(loaderId);
        this.emit('did-finish-load', createEvent({}));
        this.emit('did-stop-loading', createEvent({}));
        this.#host.firstPaint();
        tell('loaded', { id: this.#host.windowId, url: this.getURL() });
      },
      crashed: () => {
        this.#isCrashed = true;
        const details: Electron.RenderProcessGoneDetails = { reason: 'crashed', exitCode: 5 };
        this.emit('render-process-gone', createEvent({}), details);
        this.#parts.processGone(this, details);
      },
      revived: () => {
        this.#isCrashed = false;
      },
      said: (level, text) => {
        tell('console', { level, text });
        const known =
          level === 'warning' || level === 'error' || level === 'debug' ? level : 'info';
        this.emit(
          'console-message',
          createEvent({
            level: known,
            message: text,
            lineNumber: 0,
            sourceId: this.getURL(),
            frame: this.mainFrame,
          }),
        );
      },
      threw: (text) => tell('page-error', { text }),
      mayUnload: () => {
        const event = createEvent({});
        this.emit('will-prevent-unload', event);
        return event.defaultPrevented;
      },
    });
  }

  #mayNavigate(url: string, wireUrl: string): boolean {
    // A reload by the test tool asks for the page's own address; Electron raises nothing for a reload from outside the page.
    if (isSamePage(wireUrl, this.#url)) return true;
    const details = {
      url,
      isSameDocument: false,
      isMainFrame: true,
      frame: this.mainFrame,
      initiator: this.mainFrame,
    };
    const event = createEvent(details);
    this.emit('will-frame-navigate', event);
    this.emit('will-navigate', event, url, false, true, this.id, 1);
    this.#parts.tell('will-navigate', { url, prevented: event.defaultPrevented });
    return !event.defaultPrevented;
  }

  #windowOpen(
    wireUrl: string,
    features: string,
    disposition: Electron.HandlerDetails['disposition'],
  ): void {
    const url = this.#parts.schemes.fromWire(wireUrl);
    const answer = this.#openHandler?.({
      url,
      frameName: '',
      features,
      disposition,
      referrer: { url: this.getURL(), policy: 'default' },
    });
    const action = answer?.action ?? 'allow';
    this.#parts.tell('window-open', { url, action });
    if (action === 'allow') notImplemented('a window.open that main allows');
  }

  #retitle(title: string): void {
    if (title === this.#title) return;
    this.#title = title;
    const event = createEvent({});
    this.emit('page-title-updated', event, title, true);
    if (!event.defaultPrevented) this.#host.titled(title);
  }

  get session(): Session {
    return this.#parts.session;
  }

  get ipc(): IpcDoor {
    return this.#ipc.door;
  }

  /** @throws Error  a value that cannot be cloned */
  send(channel: string, ...args: readonly unknown[]): void {
    if (this.#isDestroyed) throw new TypeError('Object has been destroyed');
    const message = { op: 'emit', channel, args: this.#codec.encode(args) } as const;
    if (this.#attached?.hasDocument === true) this.#attached.toPage(message);
    else this.#parts.tell('send-dropped', { channel });
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#page;
    const { schemes, session } = this.#parts;
    const wireUrl = schemes.toWire(url);
    await session.applyPermissions(
      this,
      schemes.originOf(url),
      URL.canParse(wireUrl) ? new URL(wireUrl).origin : wireUrl,
    );
    this.#isLoading = true;
    this.#loads.expect(wireUrl);
    this.emit('did-start-loading', createEvent({}));
    const { errorText, loaderId } = await page.session.send('Page.navigate', { url: wireUrl });
    if (errorText === undefined) return this.#loads.whenArrived(loaderId);
    this.#isLoading = false;
    const failure = loadFailure(errorText, url);
    this.emit('did-fail-load', createEvent({}), failure.errno, failure.code, url, true, this.id, 1);
    throw failure;
  }

  reload(): void {
    this.#loads.expect(this.#url);
    this.#isLoading = true;
    this.#do((page) => page.session.send('Page.reload'));
  }

  forcefullyCrashRenderer(): void {
    this.#do(async (page) => page.session.send('Page.crash').catch(() => undefined));
  }

  async executeJavaScript(code: string): Promise<unknown> {
    return (await this.#page).evaluate(code);
  }

  async capturePage(): Promise<Electron.NativeImage> {
    const { data } = await (
      await this.#page
    ).session.send('Page.captureScreenshot', { format: 'png' });
    return this.#parts.images.createFromBuffer(Buffer.from(data, 'base64'));
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  getURL(): string {
    return this.#parts.schemes.fromWire(this.#url);
  }

  getTitle(): string {
    return this.#title;
  }

  getType(): 'window' {
    return 'window';
  }

  getUserAgent(): string {
    return this.#parts.session.getUserAgent();
  }

  isLoading(): boolean {
    return this.#isLoading;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  isCrashed(): boolean {
    return this.#isCrashed;
  }

  isFocused(): boolean {
    return this.#host.isFocused();
  }

  focus(): void {
    this.#host.focus();
  }

  /** For the window. */
  setPresence(presence: Presence): void {
    this.#do((page) => page.setPresence(presence));
  }

  /** For the window. */
  resize(size: TargetSize): void {
    this.#do((page) => page.resize(size));
  }

  /** For the window: lets the page's `beforeunload` speak, then resolves with whether the page went. */
  async closePage(): Promise<boolean> {
    const page = await this.#page;
    const gone = this.#parts.link.whenGone(page.targetId).then(() => true);
    const stays = new Promise<boolean>((resolve) => {
      page.session.on('Page.javascriptDialogClosed', ({ result }) => {
        if (!result) resolve(false);
      });
    });
    await page.session.send('Page.close').catch(() => undefined);
    return Promise.race([gone, stays]);
  }

  /** For the window. */
  destroyNow(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#page
      .then((page) => this.#parts.link.root.send('Target.closeTarget', { targetId: page.targetId }))
      .catch(() => undefined);
    this.emit('destroyed', createEvent({}));
  }

  #do(work: (page: PageLink) => Promise<unknown>): void {
    this.#page.then(work).catch((error: unknown) => {
      if (!this.#isDestroyed) console.error('stand-in:', error);
    });
  }
}
