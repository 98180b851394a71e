/**
 * The app's own URL schemes. Chromium cannot be told of a new scheme over its debugging protocol, so a page at `app://bundle/x` is
 * loaded as `https://bundle.app.standin.invalid/x` and every URL is turned back before the app sees it. Pictures and other parts
 * a page asks for by a scheme of their own need no such name: Chromium asks for them as they are.
 */
import { notImplemented } from './strict.ts';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

const SUFFIX = '.standin.invalid';
const OWN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;
const WIRE = /^https?:\/\/(.+)\.([a-z0-9-]+)\.standin\.invalid(?::\d+)?(.*)$/i;

export class Schemes {
  readonly #privileges = new Map<string, Electron.Privileges>();
  readonly #handlers = new Map<string, SchemeHandler>();

  register(schemes: readonly Electron.CustomScheme[]): void {
    for (const { scheme, privileges = {} } of schemes) {
      if (privileges.bypassCSP === true) notImplemented(`bypassCSP for the scheme ${scheme}`);
      this.#privileges.set(scheme, privileges);
    }
  }

  handle(scheme: string, handler: SchemeHandler): void {
    if (this.#handlers.has(scheme))
      throw new Error(`Failed to register protocol: ${scheme} is already handled`);
    this.#handlers.set(scheme, handler);
  }

  unhandle(scheme: string): void {
    this.#handlers.delete(scheme);
  }

  isHandled(scheme: string): boolean {
    return this.#handlers.has(scheme);
  }

  /** The handler for a URL as the app knows it. */
  handlerFor(url: string): SchemeHandler | undefined {
    return this.#handlers.get(url.slice(0, url.indexOf(':')));
  }

  /** App's URL → what Chromium is told to load. */
  toWire(url: string): string {
    const [, scheme, host, rest] = OWN.exec(url) ?? [];
    if (scheme === undefined || !this.#handlers.has(scheme)) return url;
    const privileges = this.#privileges.get(scheme);
    if (privileges?.standard !== true)
      notImplemented(`loading a page from ${scheme}:, a scheme that is not registered as standard`);
    if (!/^[a-z0-9-]+$/.test(scheme) || !/^[a-z0-9.-]+$/i.test(host ?? ''))
      notImplemented(`a page at ${scheme}://${host ?? ''}`);
    return `${privileges?.secure === true ? 'https' : 'http'}://${host ?? ''}.${scheme}${SUFFIX}${rest === '' ? '/' : (rest ?? '/')}`;
  }

  /** What Chromium says → the app's URL. */
  fromWire(url: string): string {
    const [, host, scheme, rest] = WIRE.exec(url) ?? [];
    return host === undefined || scheme === undefined ? url : `${scheme}://${host}${rest ?? ''}`;
  }

  /** The origin Electron would report for one of the app's URLs. */
  originOf(url: string): string {
    const [, scheme, host] = OWN.exec(url) ?? [];
    if (scheme === 'file') return 'file://';
    if (scheme !== undefined && this.#privileges.get(scheme)?.standard === true)
      return `${scheme}://${host ?? ''}`;
    return URL.canParse(url) ? new URL(url).origin : 'null';
  }

  /** A policy that names one of the app's page schemes also has to name what Chromium knows it by. */
  policyToWire(policy: string): string {
    return policy.replaceAll(
      /(?<=^|[\s;])([a-z][a-z0-9-]*):(?:\/\/([a-z0-9.-]+))?(?=[\s;]|$)/gi,
      (source, scheme: string, host?: string) =>
        this.#privileges.get(scheme)?.standard === true
          ? `${source} https://${host ?? '*'}.${scheme}${SUFFIX}`
          : source,
    );
  }
}
