/**
 * `session.webRequest`: the listeners an app puts on every request of its windows. One listener a stage, the last one wins, `null`
 * takes it away, as in Electron. `network.ts` asks here; only the stages named below exist.
 */
import { strict } from './strict.ts';

export interface RequestDetails {
  readonly id: number;
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly webContentsId: number;
  readonly timestamp: number;
}

export interface HeadersDetails extends RequestDetails {
  readonly statusCode: number;
  readonly statusLine: string;
  readonly responseHeaders: Record<string, string[]>;
}

export interface BeforeAnswer {
  readonly cancel?: boolean;
  readonly redirectURL?: string;
}

export interface HeadersAnswer {
  readonly cancel?: boolean;
  readonly responseHeaders?: Readonly<Record<string, string | readonly string[]>>;
  readonly statusLine?: string;
}

type Listener<D, A> = (details: D, callback: (answer: A) => void) => void;
interface Filter {
  readonly urls: readonly string[];
}

const toPattern = (pattern: string): RegExp => {
  if (pattern === '<all_urls>') return /^/;
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
};

/** One stage: at most one listener, with an optional filter of URL patterns. */
class Stage<D extends RequestDetails, A> {
  #listener: Listener<D, A> | undefined;
  #patterns: readonly RegExp[] = [];

  get isUsed(): boolean {
    return this.#listener !== undefined;
  }

  set(...args: readonly [Filter, Listener<D, A> | null] | readonly [Listener<D, A> | null]): void {
    const listener = args.length === 2 ? args[1] : args[0];
    this.#listener = listener ?? undefined;
    this.#patterns = args.length === 2 ? args[0].urls.map(toPattern) : [/^/];
  }

  /** Undefined: nobody listens for this URL. */
  async ask(details: D): Promise<A | undefined> {
    const listener = this.#listener;
    if (listener === undefined || !this.#patterns.some((pattern) => pattern.test(details.url)))
      return undefined;
    return new Promise((resolve) => listener(details, resolve));
  }
}

export class WebRequest {
  readonly before = new Stage<RequestDetails, BeforeAnswer>();
  readonly headers = new Stage<HeadersDetails, HeadersAnswer>();
  /** What the app sees. */
  readonly door = strict('session.webRequest', {
    onBeforeRequest: (...args: Parameters<typeof this.before.set>) => this.before.set(...args),
    onHeadersReceived: (...args: Parameters<typeof this.headers.set>) => this.headers.set(...args),
  });
}
