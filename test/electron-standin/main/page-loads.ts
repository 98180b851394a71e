/** Which loads of a page main asked for, and when each has come whole. */
import { EventEmitter, once } from 'node:events';

const withoutFragment = (url: string): string => url.replace(/#.*$/, '');

export interface LoadFailure extends Error {
  readonly code: string;
  readonly errno: number;
  readonly url: string;
}

export class PageLoads {
  readonly #expected = new Set<string>();
  /** Raises the loader of each document that has loaded. */
  readonly #arrivals = new EventEmitter();
  #last = '';

  /** Main itself is about to load this: nobody has to be asked. */
  expect(wireUrl: string): void {
    this.#expected.add(withoutFragment(wireUrl));
  }

  /** Whether main asked for it; true only once for each time. */
  takeExpected(wireUrl: string): boolean {
    return this.#expected.delete(withoutFragment(wireUrl));
  }

  arrived(loaderId: string): void {
    this.#last = loaderId;
    this.#arrivals.emit(loaderId);
  }

  /** @param loaderId  absent when the page stayed and only the fragment changed */
  async whenArrived(loaderId: string | undefined): Promise<void> {
    if (loaderId !== undefined && loaderId !== this.#last) await once(this.#arrivals, loaderId);
  }
}

/** Chromium's reason in Electron's words. */
export function loadFailure(errorText: string, url: string): LoadFailure {
  const code = errorText.replace(/^net::/, '');
  const errno = code === 'ERR_ABORTED' ? -3 : -2;
  return Object.assign(new Error(`${code} (${errno}) loading '${url}'`), { code, errno, url });
}

/** As a reload by the test tool looks: the address the page already has. */
export const isSamePage = (wireUrl: string, shownUrl: string): boolean =>
  withoutFragment(wireUrl) === withoutFragment(shownUrl);
