/**
 * `session.defaultSession`, the only session there is. Permissions: Chromium does not tell over its debugging protocol when a page
 * asks, so both of the app's handlers are asked for every permission before a page loads, and Chromium is told the answers; with
 * no handler all is granted, as in Electron.
 */
import type { Protocol } from '../../../node_modules/playwright-core/types/protocol.d.ts';
import type { BrowserLink } from './browser-link.ts';
import { StrictEmitter, notImplemented } from './strict.ts';
import { WebRequest } from './web-request.ts';

type Descriptor = Protocol.Browser.PermissionDescriptor;
type RequestHandler = (
  contents: unknown,
  permission: string,
  callback: (granted: boolean) => void,
  details: object,
) => void;
type CheckHandler = (
  contents: unknown,
  permission: string,
  origin: string,
  details: object,
) => boolean;

/** Electron's name → what Chromium calls it. */
const PERMISSIONS: Readonly<Record<string, readonly Descriptor[]>> = {
  notifications: [{ name: 'notifications' }],
  geolocation: [{ name: 'geolocation' }],
  media: [{ name: 'camera' }, { name: 'microphone' }],
  midi: [{ name: 'midi' }],
  midiSysex: [{ name: 'midi', sysex: true }],
  'clipboard-read': [{ name: 'clipboard-read' }],
  'clipboard-sanitized-write': [{ name: 'clipboard-write' }],
  'idle-detection': [{ name: 'idle-detection' }],
  'screen-wake-lock': [{ name: 'screen-wake-lock' }],
  'persistent-storage': [{ name: 'persistent-storage' }],
  'window-management': [{ name: 'window-management' }],
  'local-fonts': [{ name: 'local-fonts' }],
};

export class Session extends StrictEmitter {
  readonly #link: BrowserLink;
  readonly #webRequest = new WebRequest();
  readonly protocol: object;
  #mayRequest: RequestHandler | undefined;
  #mayCheck: CheckHandler | undefined;
  #userAgent = '';
  #spellCheckerLanguages: readonly string[] = [];
  spellCheckerEnabled = true;

  constructor(link: BrowserLink, protocol: object) {
    super();
    this.#link = link;
    this.protocol = protocol;
  }

  /** `will-download` and the rest are never raised by the stand-in: headless Chromium refuses downloads. A test may emit them. */
  protected override get raises(): readonly string[] {
    return ['will-download', 'spellcheck-dictionary-download-failure'];
  }

  get webRequest(): object {
    return this.#webRequest.door;
  }

  /** For the stand-in's own network part. */
  get requestStages(): WebRequest {
    return this.#webRequest;
  }

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.#mayRequest = handler ?? undefined;
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.#mayCheck = handler ?? undefined;
  }

  /** Without such a handler Electron denies every device; Chromium headless has none to offer. */
  setDevicePermissionHandler(_handler: unknown): void {}

  setDisplayMediaRequestHandler(_handler: unknown): void {}

  /** @param origin  as the app knows it; @param wireOrigin  as Chromium does */
  async applyPermissions(contents: unknown, origin: string, wireOrigin: string): Promise<void> {
    const details = { isMainFrame: true, requestingUrl: `${origin}/`, securityOrigin: origin };
    const { contextId } = this.#link;
    for (const [permission, descriptors] of Object.entries(PERMISSIONS)) {
      const checked = this.#mayCheck?.(contents, permission, origin, details) ?? true;
      const ask = this.#mayRequest;
      const granted =
        checked &&
        (ask === undefined ||
          (await new Promise<boolean>((resolve) => ask(contents, permission, resolve, details))));
      for (const descriptor of descriptors) {
        await this.#link.root.send('Browser.setPermission', {
          permission: descriptor,
          setting: granted ? 'granted' : 'denied',
          origin: wireOrigin,
          ...(contextId === undefined ? {} : { browserContextId: contextId }),
        });
      }
    }
  }

  setSpellCheckerEnabled(enabled: boolean): void {
    this.spellCheckerEnabled = enabled;
  }

  isSpellCheckerEnabled(): boolean {
    return this.spellCheckerEnabled;
  }

  setSpellCheckerLanguages(languages: readonly string[]): void {
    this.#spellCheckerLanguages = languages;
  }

  getSpellCheckerLanguages(): string[] {
    return [...this.#spellCheckerLanguages];
  }

  get availableSpellCheckerLanguages(): string[] {
    return ['en-US', 'en-GB'];
  }

  setSpellCheckerDictionaryDownloadURL(_url: string): void {}

  setUserAgent(userAgent: string): void {
    this.#userAgent = userAgent;
  }

  getUserAgent(): string {
    return this.#userAgent;
  }

  /** The stand-in never uses a proxy, which is the one setting it can promise. */
  async setProxy(config: Electron.ProxyConfig): Promise<void> {
    if (config.mode !== 'direct')
      notImplemented(`session.setProxy with mode ${config.mode ?? 'unset'}`);
  }

  async clearCache(): Promise<void> {}

  async clearStorageData(): Promise<void> {
    notImplemented('session.clearStorageData');
  }

  isPersistent(): boolean {
    return true;
  }
}
